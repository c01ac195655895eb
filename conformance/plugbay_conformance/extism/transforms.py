"""Cases for ``transform``: what the SDK's JSON does to each kind of value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.extism.json_values import difference, shown
from plugbay_conformance.extism.making import guest
from plugbay_conformance.extism.plugin import as_object, open_plugin

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.extism.plugin import Plugin

_LIST: Final[list[object]] = []
_OBJECT: Final[dict[str, object]] = {}
BIG: Final = 2**53 + 1
"""The smallest integer that a float of 64 bits has no place for."""
_PLAIN: Final[dict[str, object]] = {
    "name": "plain",
    "count": 1,
    "ratio": 1.5,
    "flags": [True, False],
    "nested": _OBJECT,
}
_COUNTS: Final = (0, -1, -2, 41, 2**31 - 1, 2**31, 2**32, -(2**31) - 1, BIG, -BIG, 2**63 - 2, -(2**63))
_RATIOS: Final = (0.1, 1.5, -2.25, 0.0, 3.0, 1e300, 5e-324, 0.30000000000000004, 123456789.123)
_NAMES: Final = ("", "plain", "Grüße, 世界 🚀", 'a "quoted" \\ back\nslash\ttab', "\u0000\u001f", "é" * 3000)
_FLAGS: Final[tuple[list[bool], ...]] = ([], [True], [True, False, False], [False] * 99 + [True])
_NESTED: Final[tuple[object, ...]] = (
    {"a": {"b": {"c": [1, "two", None, True, _LIST]}}, "empty": _OBJECT, "": "no name", "none": None},
    _LIST,
    [[[[[1]]]], {"x": None}],
    "a text",
    None,
    True,
    -7,
    {"ключ": "значение", "key with space": "🚀"},
)


def _each(context: CaseContext, key: str, values: tuple[object, ...], changed: tuple[object, ...]) -> None:
    """Send ``transform`` each value under a key, and look at what that key has become."""
    with open_plugin(context) as plugin:
        for value, expected in zip(values, changed, strict=True):
            _require(plugin, {**_PLAIN, key: value}, key, expected)


def _require(plugin: Plugin, request: dict[str, object], key: str, expected: object) -> None:
    payload = json.dumps(request, ensure_ascii=False).encode()
    answer = plugin.answer_json("transform", payload)
    found = as_object(answer)
    if found is None or key not in found:
        fail(f"transform answered without {key}", expected=f"an object with {key}", found=shown(answer), input=payload)
    different = difference(expected, found[key], key)
    if different is not None:
        fail(f"transform: {different}", expected=shown(expected), found=shown(found[key]), input=payload)


def _name(context: CaseContext) -> None:
    _each(context, "name", _NAMES, tuple(f"{name} ✓" for name in _NAMES))


def _count(context: CaseContext) -> None:
    _each(context, "count", _COUNTS, tuple(count + 1 for count in _COUNTS))


def _big(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        _require(plugin, _PLAIN, "big", BIG)


def _ratio(context: CaseContext) -> None:
    _each(context, "ratio", _RATIOS, tuple(ratio * 2 for ratio in _RATIOS))


def _whole_ratio(context: CaseContext) -> None:
    _each(context, "ratio", (4, 0), (8, 0))


def _flags(context: CaseContext) -> None:
    _each(context, "flags", _FLAGS, tuple(flags[::-1] for flags in _FLAGS))


def _nested(context: CaseContext) -> None:
    _each(context, "nested", _NESTED, _NESTED)


def _any_order(context: CaseContext) -> None:
    order = context.random.sample(sorted(_PLAIN), len(_PLAIN))
    spaced = json.dumps({key: _PLAIN[key] for key in order}, indent=3).encode()
    with open_plugin(context) as plugin:
        found = as_object(plugin.answer_json("transform", b" \r\n\t" + spaced + b"\n"))
        if found is None or found.get("count") != 2:
            fail(
                "keys in another order, or white space, changed the answer",
                expected="count 2",
                found=found,
                input=spaced,
            )


CASES: Final[tuple[Case, ...]] = (
    guest(40, "name", _name),
    guest(41, "count", _count),
    guest(42, "big", _big),
    guest(43, "ratio", _ratio),
    guest(43, "whole_ratio", _whole_ratio),
    guest(44, "flags", _flags),
    guest(45, "nested", _nested),
    guest(48, "any_order", _any_order),
)
