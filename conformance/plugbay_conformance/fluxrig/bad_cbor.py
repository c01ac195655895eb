"""What nobody should send, and somebody does: titled inputs, by the requirement that they are for."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import cbor2

from plugbay_conformance.fluxrig.samples import base_message, id_of

if TYPE_CHECKING:
    from plugbay_conformance.case import CaseContext

Input = tuple[str, bytes]

_DEPTHS: Final = (33, 500, 60_000)
_HUGE: Final = (2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
_FIELDS: Final = ("id", "ref_id", "trace", "src_id", "meta", "data", "flags", "raw", "path", "ts")
_STRINGS: Final[dict[int, str]] = {0x40: "a byte string", 0x60: "a text"}
_CONTAINERS: Final[dict[int, str]] = {0x80: "an array", 0xA0: "a map"}
_ID: Final = id_of(9)


def no_cbor(context: CaseContext) -> list[Input]:
    """Cut off, flipped, random, and other formats."""
    good = base_message(context, {"op": "echo", "amount": 2500, "name": "Grüße"}).to_cbor()
    inputs = [(f"a message cut off after {size} of {len(good)} bytes", good[:size]) for size in range(1, len(good))]
    inputs += [
        (f"the reserved first byte {first:#04x}", bytes((first,))) for first in (0x1C, 0x3D, 0x5E, 0x7C, 0x9D, 0xBE)
    ]
    inputs += [
        ("a break alone", b"\xff"),
        ("a map that ends after a key", b"\xbf\x62id\xff"),
        ("a text that is no UTF-8", b"\xa1\x65trace\x63\xc3\x28\x80"),
        ("JSON", b'{"id": "1", "data": {"amount": 12}}'),
        ("zeros", bytes(64)),
        ("ones", b"\xff" * 64),
        ("a message with bytes after it", good + b"\x00"),
        ("a message twice", good + good),
    ]
    inputs += [("random bytes", context.random.randbytes(context.random.randint(1, 200))) for _ in range(60)]
    for _ in range(60):
        flipped = bytearray(good)
        for _ in range(context.random.randint(1, 4)):
            flipped[context.random.randrange(len(flipped))] ^= 1 << context.random.randrange(8)
        inputs.append(("a message with flipped bits", bytes(flipped)))
    return inputs


def huge_lengths(_context: CaseContext) -> list[Input]:
    """Heads that promise far more than there is."""
    inputs: list[Input] = []
    for major, name in (_STRINGS | _CONTAINERS).items():
        for count in _HUGE:
            head = bytes((major | 27,)) + struct.pack(">Q", count)
            inputs.append((f"{name} of {count}, and nothing", head))
            inputs.append((f"{name} of {count} in data", b"\xa1\x64data\xa2\x62op\x64echo\x61x" + head + b"\x01\x02"))
            inputs.append((f"{name} of {count} in path", b"\xa1\x64path" + head))
    inputs += [(f"a key of {count} bytes", b"\xa1\x7b" + struct.pack(">Q", count) + b"id") for count in _HUGE]
    return inputs


def deep_nesting(_context: CaseContext) -> list[Input]:
    """Containers and tags inside each other, closed and cut off."""
    inputs: list[Input] = []
    openings = {"arrays": (b"\x81", b""), "maps": (b"\xa1\x61k", b""), "arrays without a length": (b"\x9f", b"\xff")}
    openings |= {"maps without a length": (b"\xbf\x61k", b"\xff"), "tags": (b"\xc6", b"")}
    for name, (opening, closing) in openings.items():
        for depth in _DEPTHS:
            levels = min(depth, 60_000 // len(opening))
            tower, end = opening * levels, closing * levels
            inputs += [
                (f"{levels} {name} inside each other", tower + b"\x00" + end),
                (f"{levels} {name} inside each other, cut off", tower),
                (f"{levels} {name} in data", b"\xa1\x64data\xa2\x62op\x64echo\x61x" + tower + b"\x00" + end),
            ]
    return inputs


def no_flux_messages(context: CaseContext) -> list[Input]:
    """Good CBOR, of wrong types and ranges."""
    wrong = _values()
    inputs = [(f"{title} in place of the message", cbor2.dumps(value)) for title, value in wrong]
    good: dict[str, Any] = cbor2.loads(base_message(context, {"op": "echo"}).to_cbor())
    inputs += [(f"{title} as {name}", cbor2.dumps({**good, name: value})) for name in _FIELDS for title, value in wrong]
    for size in (0, 1, 15, 17, 32, 36):
        inputs += [(f"an id of {size} bytes", cbor2.dumps({**good, name: bytes(size)})) for name in ("id", "src_id")]
    inputs += [(f"a hop that is {title}", cbor2.dumps({**good, "path": [value]})) for title, value in wrong]
    for key in ("g", "p", "t"):
        hop = {"g": _ID, "p": _ID, "t": 1}
        inputs += [
            (f"{title} as {key} of a hop", cbor2.dumps({**good, "path": [{**hop, key: value}]}))
            for title, value in wrong
        ]
    inputs += [(f"{title} in meta", cbor2.dumps({**good, "meta": {"k": value}})) for title, value in wrong]
    inputs += [("65 hops", cbor2.dumps({**good, "path": [{"g": _ID, "p": _ID, "t": 1}] * 65}))]
    inputs += [(f"{title} as op", cbor2.dumps({**good, "data": {"op": value}})) for title, value in wrong]
    return inputs


def _values() -> list[tuple[str, Any]]:
    return [
        ("null", None),
        ("true", True),
        ("0", 0),
        ("-1", -1),
        ("2^32", 2**32),
        ("2^63", 2**63),
        ("2^64 - 1", 2**64 - 1),
        ("-2^63", -(2**63)),
        ("a float", 1.5),
        ("NaN", float("nan")),
        ("an empty text", ""),
        ("a text", "text"),
        ("no bytes", b""),
        ("bytes", b"\x00\xff"),
        ("an empty list", []),
        ("a list", [1, "two", None]),
        ("an empty map", {}),
        ("a map", {"k": 1}),
        ("a list of maps", [{"k": 1}]),
    ]


_UNUSUAL: Final[tuple[tuple[str, str], ...]] = (
    ("a key that is there twice", "a2 616b 01 616b 02"),
    ("a key that is a number", "a1 01 02"),
    ("a key that is a byte string", "a1 416b 02"),
    ("a key that is a float", "a1 fb3ff0000000000000 02"),
    ("a key that is null", "a1 f6 02"),
    ("a key that is a list", "a1 80 02"),
    ("a key that is a map", "a1 a0 02"),
    ("a key of indefinite length", "a1 7f 616b 616c ff 02"),
    ("a date as text", "c0 74 323032362d31312d32315431303a30303a30305a"),
    ("a date as a number", "c1 1a 6553f100"),
    ("a large number", "c2 49 010000000000000000"),
    ("a large negative number", "c3 49 010000000000000000"),
    ("a decimal fraction", "c4 82 21 19 6ab3"),
    ("CBOR in bytes", "d818 43 820102"),
    ("the tag of CBOR itself", "d9d9f7 01"),
    ("an unknown tag", "db ffffffffffffffff 01"),
    ("a tag of a container", "c6 a1 616b 01"),
    ("undefined", "f7"),
    ("the simple value 0", "e0"),
    ("the simple value 19", "f3"),
    ("the simple value 255", "f8ff"),
    ("a float of 16 bits", "f9 3e00"),
    ("the smallest float of 16 bits", "f9 0001"),
    ("NaN of 16 bits", "f9 7e00"),
    ("NaN with bits of its own", "fb 7ff8000000000123"),
    ("a signalling NaN of 32 bits", "fa 7fa00000"),
    ("a float of 32 bits", "fa 47c35000"),
    ("a list without a length", "9f 01 02 ff"),
    ("an empty list without a length", "9f ff"),
    ("a map without a length", "bf 616b 01 ff"),
    ("a text without a length", "7f 6161 6162 ff"),
    ("an empty text without a length", "7f ff"),
    ("bytes without a length", "5f 4101 40 4102 ff"),
    ("a number in 64 bits", "1b 0000000000000001"),
    ("a negative number in 32 bits", "3a 00000001"),
    ("an integer below -2^63", "3b ffffffffffffffff"),
    ("a length in 64 bits", "7b 0000000000000001 61"),
    ("an array whose length is in 32 bits", "9a 00000001 01"),
)


def unusual(context: CaseContext) -> list[Input]:
    """Well-formed CBOR that nobody expects: in place of the message, in ``data``, as a field that nobody knows."""
    good = base_message(context, {"op": "echo"})
    parts = _encoded_fields(good)
    inputs: list[Input] = []
    for title, digits in _UNUSUAL:
        odd = bytes.fromhex(digits.replace(" ", ""))
        in_data = {**parts, "data": b"\xa2\x62op\x64echo\x61x" + odd}
        inputs += [
            (f"{title} in place of the message", odd),
            (f"{title} in data", _joined(in_data)),
            (f"{title} in an unknown field", _joined({**parts, "eleventh": odd})),
        ]
    inputs += [(f"{name} twice", _joined(parts, twice=name)) for name in _FIELDS]
    inputs.append(("a bare message in a map without a length", b"\xbf" + _joined(parts)[1:] + b"\xff"))
    return inputs


def forgettable(context: CaseContext) -> list[Input]:
    """Messages that are malformed or no fluxMsg, with another's values in their good part."""
    other = replace(base_message(context, {"op": "echo", "left": "over"}), trace="left over", raw=b"left over")
    fields: dict[str, Any] = cbor2.loads(other.to_cbor())
    bad_last = {key: fields[key] for key in fields if key != "src_id"} | {"src_id": b"too short"}
    return [
        ("a message with a wrong id at its end", cbor2.dumps(bad_last)),
        ("a message with bytes after it", other.to_cbor() + b"\x01"),
        ("a text that is no UTF-8", b"\xa2\x65trace\x64left\x66src_id\x62\xc3\x28"),
    ]


def _encoded_fields(message: Any) -> dict[str, bytes]:
    fields: dict[str, Any] = cbor2.loads(message.to_cbor())
    return {name: cbor2.dumps(value) for name, value in fields.items()}


def _joined(parts: dict[str, bytes], *, twice: str | None = None) -> bytes:
    """A map of these encoded values; the field ``twice`` stands a second time at the end."""
    entries = list(parts.items())
    if twice is not None:
        entries.append((twice, parts[twice]))
    return bytes((0xA0 | len(entries),)) + b"".join(cbor2.dumps(name) + value for name, value in entries)
