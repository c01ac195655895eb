"""Holds a function to its word: what it returns is JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from plugbay.errors import InvalidOutput

if TYPE_CHECKING:
    from plugbay_adapters.priostack.bundle.version import Route

_SHOWN: Final = 80
"""Bytes of a wrong output that the log gets."""


def check_output(output: bytes, route: Route) -> None:
    """Raises :class:`InvalidOutput` for an output that is neither JSON nor empty."""
    if not output:
        return
    try:
        orjson.loads(output)
    except orjson.JSONDecodeError as error:
        raise InvalidOutput(
            f"returned no JSON but {output[:_SHOWN]!r}: {error}",
            plugin=route.target.service,
            function=route.target.export,
            hint="the function of an endpoint returns a JSON text in UTF-8, or nothing",
        ) from None
