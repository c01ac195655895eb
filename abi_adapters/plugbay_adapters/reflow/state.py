"""An actor's state in the store: one key each, its value as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from plugbay.errors import InvalidOutput
from plugbay_adapters.reflow.jsontext import Misfit, loads, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_state_value(data: bytes, *, key: str, plugin: str | None = None) -> bytes:
    """The value of ``__set_state`` as the store keeps it: the guest's JSON, judged, in one form for equal values.

    Raises :class:`~plugbay.errors.InvalidOutput` that names the key, for what is not JSON or would not come back equal.
    """
    try:
        return encode_state({key: loads(data)}, plugin=plugin)[key]
    except Misfit as misfit:
        raise _unusable(key, misfit.expected, misfit.found, plugin) from None


def encode_state(state: Mapping[str, object], *, plugin: str | None = None) -> dict[str, bytes]:
    """A returned state, read by :func:`~plugbay_adapters.reflow.jsontext.loads`, as the store keeps it.

    Raises :class:`~plugbay.errors.InvalidOutput` that names the key of a value with integers beyond 64 bits or with
    more than 254 containers in each other.
    """
    encoded: dict[str, bytes] = {}
    for key, value in state.items():
        try:
            encoded[key] = orjson.dumps(value)
        except orjson.JSONEncodeError:
            expected = "JSON with integers of 64 bits and at most 254 containers in each other"
            raise _unusable(key, expected, "a value beyond that", plugin) from None
    return encoded


def _unusable(key: str, expected: str, found: str, plugin: str | None) -> InvalidOutput:
    where = f"state.{shorten(key)}"
    return InvalidOutput(
        f"{where}: expected {expected}, found {found}",
        plugin=plugin,
        function=where,
        expected=expected,
        found=found,
    )
