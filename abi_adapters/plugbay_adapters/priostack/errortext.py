"""The errors that guests report in words: a JSON object whose only key is ``error``, and AssemblyScript's aborts."""

from __future__ import annotations

import struct
from typing import Any, Final, NamedTuple, cast

import orjson

SILENT: Final = "failed without saying why"
TOO_DEEP: Final = "failed with an error that is nested too deep to be shown"
_KEY: Final = "error"
_ABORT: Final = struct.Struct("<III")


class ReportedError(NamedTuple):
    """What a guest reports: ``text`` for people, and the ``value`` that it gave where that was no text."""

    text: str
    value: Any = None


def error_in(output: bytes) -> ReportedError | None:
    """The error that an output means; None for an output that is one."""
    try:
        value = orjson.loads(output)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Any]", value)
    if fields.keys() != {_KEY}:
        return None
    error = fields[_KEY]
    if isinstance(error, str):
        return ReportedError(error or SILENT)
    try:
        return ReportedError(orjson.dumps(error).decode(), error)
    except orjson.JSONEncodeError:  # it reads deeper values than it writes
        return ReportedError(TOO_DEEP)


def abort_text(record: bytes) -> str:
    """The text of an abort, as AssemblyScript's own loaders write it: ``message at file:line:column``."""
    line, column, size = _ABORT.unpack_from(record)
    message = record[_ABORT.size : _ABORT.size + size].decode("utf-16-le", "replace")
    file = record[_ABORT.size + size :].decode("utf-16-le", "replace")
    return f"{message or 'aborted'} at {file or 'unknown place'}:{line}:{column}"
