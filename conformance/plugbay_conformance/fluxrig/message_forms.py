"""One message in other words: fields missing or null, unknown ones beside them, and CBOR as other encoders write it."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import cbor2

from plugbay.message.identifier import NIL_ID

if TYPE_CHECKING:
    from plugbay.message import Message

_ZERO: Final[dict[str, Any]] = {
    "id": NIL_ID,
    "ref_id": NIL_ID,
    "trace": "",
    "src_id": NIL_ID,
    "meta": {},
    "flags": 0,
    "raw": None,
    "path": None,
    "ts": 0,
}
_NULLABLE: Final = ("meta", "raw", "path")
_INDEFINITE, _WIDE, _BREAK = 31, 27, b"\xff"


def incomplete(message: Message) -> list[tuple[str, bytes, Message]]:
    """Titled messages without some fields, or with unknown ones, and what each means."""
    fields: dict[str, Any] = cbor2.loads(message.to_cbor())
    found: list[tuple[str, bytes, Message]] = []
    for name, zero in _ZERO.items():
        rest = {key: value for key, value in fields.items() if key != name}
        found.append((f"a message without {name}", cbor2.dumps(rest), replace(message, **{name: zero})))
    for name in _NULLABLE:
        null = cbor2.dumps({**fields, name: None})
        found.append((f"a message whose {name} is null", null, replace(message, **{name: _ZERO[name]})))
    bare = cbor2.dumps({"data": fields["data"]})
    found.append(("a message of data alone", bare, replace(message, **_ZERO)))
    unknown: dict[str, Any] = {
        "eleventh": {"a": [1, None, {"b": b"\x00"}]},
        "": 1,
        "ID": "x",
        **fields,
        "zz": [[], {}, 1.5],
    }
    found.append(("a message with fields that nobody knows", cbor2.dumps(unknown), message))
    hops = [{"x": None, **hop, "hop": {"n": 1}} for hop in fields["path"]]
    found.append(("a message with keys in its hops that nobody knows", cbor2.dumps({**fields, "path": hops}), message))
    return found


def rewritten(message: Message) -> list[tuple[str, bytes]]:
    """The same message in other forms of CBOR, each with a phrase that names it."""
    fields: dict[str, Any] = cbor2.loads(message.to_cbor())
    backwards = dict(reversed(fields.items()))
    return [
        ("with its keys backwards", cbor2.dumps(backwards)),
        ("with indefinite lengths", _Form(indefinite=True).encode(fields)),
        ("with heads of 64 bits", _Form(wide=True).encode(fields)),
        ("with floats of 16 bits", _Form(short_floats=True).encode(fields)),
        ("with floats of 32 bits", _Form(single_floats=True).encode(fields)),
        ("with its keys backwards and indefinite lengths", _Form(indefinite=True).encode(backwards)),
    ]


class _Form:
    """An encoder with habits."""

    def __init__(
        self,
        *,
        indefinite: bool = False,
        wide: bool = False,
        short_floats: bool = False,
        single_floats: bool = False,
    ) -> None:
        self._indefinite = indefinite
        self._wide = wide
        self._short_floats = short_floats
        self._single_floats = single_floats

    def encode(self, value: object) -> bytes:
        match value:
            case bool() | None:
                return cbor2.dumps(value)
            case int():
                return self._head(0, value) if value >= 0 else self._head(1, -1 - value)
            case float():
                return self._float(value)
            case bytes():
                return self._string(2, [value[:3], value[3:]], value)
            case str():
                return self._string(3, [value[:1].encode(), value[1:].encode()], value.encode())
            case list():
                return self._container(4, [self.encode(item) for item in cast("list[object]", value)])
            case dict():
                pairs = cast("dict[object, object]", value).items()
                return self._container(5, [self.encode(key) + self.encode(item) for key, item in pairs])
            case _:
                raise TypeError(f"no message holds {value!r}")

    def _float(self, value: float) -> bytes:
        if self._short_floats:
            return b"\xf9" + struct.pack(">e", value)
        if self._single_floats:
            return b"\xfa" + struct.pack(">f", value)
        return cbor2.dumps(value)

    def _string(self, major: int, chunks: list[bytes], whole: bytes) -> bytes:
        if not self._indefinite:
            return self._head(major, len(whole)) + whole
        return bytes((major << 5 | _INDEFINITE,)) + b"".join(self._head(major, len(c)) + c for c in chunks) + _BREAK

    def _container(self, major: int, items: list[bytes]) -> bytes:
        if self._indefinite:
            return bytes((major << 5 | _INDEFINITE,)) + b"".join(items) + _BREAK
        return self._head(major, len(items)) + b"".join(items)

    def _head(self, major: int, argument: int) -> bytes:
        if self._wide:
            return bytes((major << 5 | _WIDE,)) + struct.pack(">Q", argument)
        encoded = bytearray(cbor2.dumps(argument))
        encoded[0] |= major << 5
        return bytes(encoded)
