"""Handlers as files spell them: ``wasm:SERVICE:FUNCTION``, or ``func:FUNCTION`` for the service's own."""

from __future__ import annotations

import re
from typing import Final

from plugbay_adapters.priostack.bundle.documents import Handler
from plugbay_adapters.priostack.bundle.fields import NAME
from plugbay_adapters.priostack.bundle.yaml_text import short

_FUNCTION: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]{0,127}")
_SPELLINGS: Final = "wasm:SERVICE:FUNCTION or func:FUNCTION"


def parse_handler(text: str, own_service: str | None = None) -> Handler:
    """A handler. ``func:`` means ``own_service``.

    Raises :class:`ValueError` with one sentence that says what would be right.
    """
    kind, *parts = text.split(":")
    if kind == "func" and len(parts) == 1 and own_service is not None:
        service, function = own_service, parts[0]
    elif kind == "wasm" and len(parts) == 2:
        service, function = parts
    else:
        expected = _SPELLINGS if own_service is not None else "wasm:SERVICE:FUNCTION"
        raise ValueError(f"{short(text)} is no handler; write {expected}")
    if not _FUNCTION.fullmatch(function):
        raise ValueError(f"{short(text)} names no function; one begins with a letter, and has no spaces")
    if kind == "wasm" and not NAME.fullmatch(service):
        raise ValueError(f"{short(text)} names no service; write {_SPELLINGS}")
    return Handler(service, function)
