"""The payload of a sensor event as bytes of JSON."""

from __future__ import annotations

import orjson

from plugbay.errors import ConfigInvalid, InputTooLarge


def encode_payload(payload: object, most: int) -> bytes:
    """``bytes`` are JSON already and stay as they are; anything else is written as JSON.

    Raises :class:`~plugbay.errors.ConfigInvalid` for what is no JSON and :class:`~plugbay.errors.InputTooLarge` for
    more than ``most`` bytes.
    """
    if isinstance(payload, bytes):
        _check_size(len(payload), most)
        _check_json(payload)
        return payload
    try:
        text = orjson.dumps(payload)
    except (orjson.JSONEncodeError, RecursionError) as error:
        hint = "fire plain values (None, bool, int, float, str, list, dict), or bytes of JSON"
        raise ConfigInvalid(f"the payload can't be written as JSON: {error}", hint=hint) from error
    _check_size(len(text), most)
    return text


def _check_json(text: bytes) -> None:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigInvalid(f"the payload is no JSON: {error}", hint="fire bytes of JSON, or a plain value") from error


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise InputTooLarge(
            "the payload of a sensor event is too large",
            limit="payload_bytes",
            expected=most,
            found=size,
            hint="fire a reference to the data, or raise QueueBounds.payload_bytes",
        )
