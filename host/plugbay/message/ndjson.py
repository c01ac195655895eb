"""fluxMsg as a line of JSON, for people.

The keys are those of the wire. Ids are UUID texts (8-4-4-4-12). What JSON can't hold is a map with one marker key:
``{"$bytes": "<base64>"}``, ``{"$float": "nan"}`` (or ``inf``, ``-inf``). A map of the data that looks like a marker is
wrapped: ``{"$map": {"$bytes": "not base64"}}``. Integers and floats stay apart (``1`` and ``1.0``), integers are exact
to 64 bits. Every message comes back from its line equal to itself, but for the bits inside a NaN.

A line may be partial: ``{"data": {"amount": 12}}`` is a message with a new id and the present time; other fields that
are missing are empty, and empty ones are left out of lines that are written. A key that no message has is an error.
Only ``port`` is passed over: a line of what a plugin sent has it, where the message came out by another port than
``out``.
"""

from __future__ import annotations

import base64
import json
import math
import time
from typing import Any, cast

import orjson

from plugbay.errors import InvalidMessage
from plugbay.message.identifier import NIL_ID, EntityId, EntityType, id_from_text, id_to_text, new_id
from plugbay.message.message import PORT_OUT, Hop, Message
from plugbay.message.plain import INT_MAX, INT_MIN, refuse, require_depth
from plugbay.message.rules import validate

_FIELDS = ("id", "ref_id", "trace", "src_id", "meta", "data", "flags", "raw", "path", "ts")
_PORT = "port"
_MARKERS = frozenset({"$bytes", "$float", "$map"})
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_EXACT_BELOW = 2.0**63
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS


def to_line(message: Message, *, port: str = PORT_OUT) -> bytes:
    """The message as one line of UTF-8 JSON, its newline included; ``port`` is the one that it came out by.

    Raises :class:`InvalidMessage` when it breaks the rules of :mod:`plugbay.message.rules`.
    """
    validate(message)
    return to_line_judged(message, port=port)


def to_line_judged(message: Message, *, port: str = PORT_OUT) -> bytes:
    """:func:`to_line` for a message that was decoded or judged before: it is not judged again."""
    line: dict[str, object] = {} if port == PORT_OUT else {_PORT: port}
    line["id"] = id_to_text(message.id)
    if message.ref_id != NIL_ID:
        line["ref_id"] = id_to_text(message.ref_id)
    if message.trace:
        line["trace"] = message.trace
    if message.src_id != NIL_ID:
        line["src_id"] = id_to_text(message.src_id)
    if message.meta:
        line["meta"] = message.meta
    line["data"] = {key: _to_json(value) for key, value in message.data.items()}
    if message.flags:
        line["flags"] = message.flags
    if message.raw is not None:
        line["raw"] = _to_json(message.raw)
    if message.path is not None:
        line["path"] = [{"g": id_to_text(hop.gear), "p": id_to_text(hop.port), "t": hop.time} for hop in message.path]
    line["ts"] = message.ts
    try:
        return orjson.dumps(line, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        raise InvalidMessage(f"the message can't be written: {error}", hint="is all text valid Unicode?") from error


def from_line(line: bytes) -> Message:
    """The message in one line; space around it does not matter.

    Raises :class:`InvalidMessage` that names the field, also for a key that is none of a line's. Of a key that stands
    twice in one map the last counts, as usual in JSON.
    """
    try:
        value: object = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidMessage(f"the line is not JSON: {error}") from error
    if not isinstance(value, dict):
        refuse("line", "map", value)
    fields = cast("dict[str, Any]", value)
    unknown = [key for key in fields if key not in _FIELDS and key != _PORT]
    if unknown:
        raise InvalidMessage(
            f"no field is called {unknown[0]!r}",
            function=unknown[0],
            expected=", ".join(_FIELDS),
            found=unknown[0],
            hint="fields of your own go into `data`",
        )
    reader = _Reader()
    message = Message(
        _id(fields, "id", "id") if "id" in fields else new_id(EntityType.MESSAGE),
        _id(fields, "ref_id", "ref_id"),
        fields.get("trace", ""),
        _id(fields, "src_id", "src_id"),
        {} if (meta := fields.get("meta")) is None else meta,
        {} if (data := fields.get("data")) is None else reader.entries(data, "data", 2),
        fields.get("flags", 0),
        reader.value(fields.get("raw"), "raw", 1),
        _path(fields.get("path")),
        fields["ts"] if "ts" in fields else time.time_ns(),
    )
    validate(message)
    if reader.saw_huge_number:
        _require_exact_integers(line)
    return message


def _to_json(value: object) -> object:
    """A plain value as JSON values and markers."""
    if type(value) is dict:
        inner = {key: _to_json(item) for key, item in cast("dict[str, object]", value).items()}
        return {"$map": inner} if len(inner) == 1 and not _MARKERS.isdisjoint(inner) else inner
    if type(value) is list:
        return [_to_json(item) for item in cast("list[object]", value)]
    if type(value) is bytes:
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if type(value) is float and not math.isfinite(value):
        return {"$float": str(value)}
    return value


class _Reader:
    """Makes plain values from JSON values and markers."""

    def __init__(self) -> None:
        self.saw_huge_number = False
        """A float so large that the line may have had an integer there."""

    def value(self, value: object, where: str, depth: int) -> Any:
        """The plain value that a JSON value inside ``depth`` containers stands for."""
        if type(value) is dict:
            entries = cast("dict[str, object]", value)
            marker = next(iter(entries)) if len(entries) == 1 else ""
            if marker in _MARKERS:
                return self._unmark(marker, entries[marker], where, depth)
            return self.entries(entries, where, depth + 1)
        if type(value) is list:
            require_depth(where, depth + 1)
            items = cast("list[object]", value)
            return [self.value(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(items)]
        if type(value) is float and abs(value) >= _EXACT_BELOW:
            self.saw_huge_number = True
        return value

    def entries(self, value: object, where: str, depth: int) -> dict[str, Any]:
        """The entries of a map that is no marker, the ``depth``th container."""
        if type(value) is not dict:
            refuse(where, "map", value)
        require_depth(where, depth)
        entries = cast("dict[str, Any]", value)
        return {key: self.value(item, f"{where}.{key}", depth) for key, item in entries.items()}

    def _unmark(self, marker: str, value: Any, where: str, depth: int) -> object:
        if marker == "$map":
            return self.entries(value, f"{where}.$map", depth + 1)
        if marker == "$float":
            if type(value) is not str or value not in _FLOATS:
                refuse(f"{where}.$float", "nan, inf or -inf", value)
            return _FLOATS[value]
        try:
            return base64.b64decode(value, validate=True)
        except (ValueError, TypeError):
            refuse(f"{where}.$bytes", "base64 text", value)


def _require_exact_integers(line: bytes) -> None:
    """Refuse integers beyond 64 bits, which orjson would turn into floats."""

    def judge(digits: str) -> int:
        if len(digits) > 20 or not INT_MIN <= int(digits) <= INT_MAX:
            expected = "integer from -2**63 to 2**64 - 1"
            raise InvalidMessage(f"{digits[:30]} has more than 64 bits", expected=expected, found=digits[:30])
        return 0

    json.loads(line, parse_int=judge)


def _id(fields: dict[str, Any], key: str, where: str) -> EntityId:
    if key not in fields:
        return NIL_ID
    value = fields[key]
    if type(value) is not str:
        refuse(where, "UUID text", value)
    try:
        return id_from_text(value)
    except InvalidMessage as error:
        raise InvalidMessage(f"{where}: {error.reason}", function=where, expected=error.expected, found=value) from None


def _path(value: Any) -> tuple[Hop, ...] | None:
    if value is None:
        return None
    if type(value) is not list:
        refuse("path", "array of hops or null", value)
    return tuple(_hop(item, f"path[{index}]") for index, item in enumerate(cast("list[object]", value)))


def _hop(value: object, where: str) -> Hop:
    if not isinstance(value, dict):
        refuse(where, "map", value)
    fields = cast("dict[str, Any]", value)
    for key in fields:
        if key not in ("g", "p", "t"):
            raise InvalidMessage(f"{where}: no field of a hop is called {key!r}", function=f"{where}.{key}", found=key)
    return Hop(_id(fields, "g", f"{where}.g"), _id(fields, "p", f"{where}.p"), fields.get("t", 0))
