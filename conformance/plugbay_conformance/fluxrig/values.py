"""FLX-054 to FLX-062: the values of ``data``, read and written by the conformance guest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from plugbay_conformance.fluxrig.fields import ARGUMENTS
from plugbay_conformance.fluxrig.guest import open_guest
from plugbay_conformance.fluxrig.making import guest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugbay_conformance.case import Case, CaseContext

INTEGERS: Final = (
    *(0, 1, 23, 24, 255, 256, 65535, 65536, 4294967295, 4294967296),
    *(9223372036854775807, 9223372036854775808, 18446744073709551615),
    *(-1, -24, -25, -256, -257, -65536, -65537, -4294967296, -4294967297, -9223372036854775808),
)
FLOATS: Final = (0.0, -0.0, 1.5, 0.1, 1.0e300, 5.0e-324, math.inf, -math.inf, math.nan)
TYPES: Final[dict[str, Any]] = {
    "null": None,
    "yes": True,
    "no": False,
    "int": -42,
    "uint": 18446744073709551615,
    "float": 0.1,
    "text": "Grüße, 世界 🚀",
    "empty_text": "",
    "bytes": b"\x00\x7f\x80\xff",
    "empty_bytes": b"",
    "list": [1, "two", b"\x03", None, []],
    "empty_list": [],
    "map": {"a": {"b": {"c": 1}}},
    "empty_map": {},
}
_MAX_DEPTH: Final = 32
_TEXTS: Final = (
    "",
    "a",
    "Grüße",
    "世界",
    "🚀👩‍👩‍👧",
    "nul\x00inside",
    "line\nline\r\n\ttab",
    "\u0301combining",
    "\ufeffbom",
    "\U0010ffff",
    '"quoted" \\ back',
)
_LONG: Final = ("ä" * 20_000, "🚀" * 300, "x" * 255, "x" * 256)


def _echoes(named: Iterable[tuple[str, object]]) -> Callable[[CaseContext], None]:
    """A case that has each value come back, alone and inside a list and a map."""
    values = tuple(named)

    def run(context: CaseContext) -> None:
        with open_guest(context) as asked:
            for place, value in values:
                asked.echo(place, value)
            asked.echo("all of them in a list", [[value] for _, value in values])
            asked.echo("all of them in a map", {f"k{index}": value for index, (_, value) in enumerate(values)})

    return run


def _set(changes: Iterable[tuple[str, object, object]]) -> Callable[[CaseContext], None]:
    """A case for the operation `fields`: an argument, its value, and what becomes of it."""

    def run(context: CaseContext) -> None:
        with open_guest(context) as asked:
            for name, before, after in changes:
                exchange = asked.call("fields", **{**ARGUMENTS, name: before})
                data = exchange.message().data
                exchange.require({name: after}, {name: data[name]} if name in data else {}, "data")

    return run


def _fields_only(context: CaseContext) -> None:
    """`fields` answers with its own keys and no others; the values are the matter of the other requirements."""
    with open_guest(context) as asked:
        exchange = asked.call("fields", **ARGUMENTS, stranger=1)
        exchange.require(sorted(("op", *ARGUMENTS)), sorted(exchange.message().data), "data's keys")


def _texts(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for text in (*_TEXTS, *_LONG):
            expected = {"bytes": len(text.encode()), "scalars": len(text), "text": f"{text} ✓🚀"}
            asked.require("text", expected, text=text)


def _keys(context: CaseContext) -> None:
    with open_guest(context) as asked:
        asked.echo("a map with keys in many scripts", {text: True for text in _TEXTS if text})


def _nesting(context: CaseContext) -> None:
    levels = _MAX_DEPTH - 2  # the message and data are containers as well
    lists: object = []
    maps: object = {}
    for _ in range(levels - 1):
        lists, maps = [lists], {"in": maps}
    with open_guest(context) as asked:
        asked.echo(f"{levels} lists inside each other", lists)
        asked.echo(f"{levels} maps inside each other", maps)


def _types(context: CaseContext) -> None:
    with open_guest(context) as asked:
        asked.require("types", TYPES)


def _numbers(context: CaseContext) -> None:
    with open_guest(context) as asked:
        asked.require("numbers", {"integers": list(INTEGERS), "floats": list(FLOATS)})


def _named(values: Iterable[object]) -> list[tuple[str, object]]:
    return [(str(value)[:40] or "an empty text", value) for value in values]


_DOUBLED: Final = ((0.0, 0.0), (-0.0, -0.0), (2.0, 4.0), (0.1, 0.2), (1e308, math.inf), (math.nan, math.nan))
_NEXT: Final = (0, 22, 23, 255, 65535, 2**32 - 1, 2**53, 2**63 - 2, -1, -24, -(2**32), -(2**53) - 2, -(2**63))
_BYTES: Final = (b"", b"\x00", b"text", b"\xff\xfe", bytes(range(256)), b"\x80" * 5_000)
_LISTS: Final[tuple[list[Any], ...]] = ([], [1], [None, True, -1, "x", 1.5, [], {}], list(range(300)), [[1, 2], [3]])
_MAPS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"": 1},
    {"a": {}},
    {"a": {"": {"b": None}}},
    {f"key {number}": number for number in range(300)},
)

CASES: Final[tuple[Case, ...]] = (
    guest(54, "echo", _echoes(_named((None, True, False)))),
    guest(54, "set", _set([("bool", True, False), ("bool", False, True)])),
    guest(55, "echo", _echoes(_named(INTEGERS))),
    guest(55, "set", _set([("int", number, number + 1) for number in _NEXT])),
    guest(56, "echo", _echoes(_named((*FLOATS, 1.0, -3.0, 2.0**53, 1.7976931348623157e308, 1e-310)))),
    guest(56, "set", _set([("float", before, after) for before, after in _DOUBLED])),
    guest(57, "echo", _echoes(_named((*_TEXTS, *_LONG)))),
    guest(57, "keys", _keys),
    guest(57, "set", _set([("text", text, f"{text}!") for text in _TEXTS])),
    guest(57, "text", _texts),
    guest(58, "echo", _echoes([(f"{len(value)} bytes", value) for value in _BYTES])),
    guest(58, "set", _set([("bytes", value, value[::-1]) for value in _BYTES])),
    guest(59, "echo", _echoes([(f"a list of {len(value)}", value) for value in _LISTS])),
    guest(59, "set", _set([("list", value, value[::-1]) for value in _LISTS])),
    guest(60, "echo", _echoes([(f"a map of {len(value)}", value) for value in _MAPS])),
    guest(60, "set", _set([("map", value, {**value, "added": 1}) for value in (*_MAPS, {"added": 7})])),
    guest(60, "fields_only", _fields_only),
    guest(61, "nesting", _nesting),
    guest(62, "types", _types),
    guest(62, "numbers", _numbers),
)
