"""PRI-070 to PRI-079, but for numbers: values of JSON."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from plugbay_conformance.case import fail
from plugbay_conformance.priostack.making import guest
from plugbay_conformance.priostack.opening import open_functions
from plugbay_conformance.priostack.samples import TRANSFORM, encoded
from plugbay_conformance.priostack.transforming import read_object, refuse_value, require_value, transform

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugbay_conformance.case import Case, CaseContext

_KEYS: Final = {"name", "count", "ratio", "flags", "nested", "big"}
_NAMES: Final = (
    "",
    "Ada",
    "Grüße, 世界",
    "🚀",
    "a🚀b\U0001d4b3",
    '"quoted" \\ / back',
    "tab\tline\nreturn\rbell\x07\x1f",
    "\x00zero\x00",
    "\u2028\u2029\ufeff\ufffd\uffff",
    "e\u0301",
    "</script>&amp;",
    "x" * 5_000,
)
_FLAGS: Final[tuple[list[bool], ...]] = (
    [],
    [True],
    [False],
    [True, False],
    [True, True, False],
    [bool(i % 3) for i in range(100)],
)


_NESTED: Final = (
    "null",
    "true",
    "0",
    '"text"',
    "[]",
    "{}",
    "[[], {}, [[]], [{}]]",
    '{"null": null, "also": {"null": null}}',
    '{"": 1, "ü": {"🚀": "✓"}, "quo\\"te": [1, -2, 300], "a\\nb": "c\\td"}',
    '[1, "two", null, true, [false, {"x": [null, {}]}]]',
)


def _deep(levels: int) -> object:
    value: object = [None]
    for level in range(levels):
        value = {"k": value} if level % 2 else [value]
    return value


def _nested_values() -> Iterable[object]:
    for text in _NESTED:
        yield json.loads(text)
    yield _deep(30)


def _strict(context: CaseContext) -> None:
    data = encoded(TRANSFORM)
    with open_functions(context) as functions:
        answer = transform(functions, data)
    if answer.startswith(b"\xef\xbb\xbf"):
        fail("transform begins with a byte order mark", expected="{", found="EF BB BF", input=data, output=answer)
    counts = Counter(_pairs(data, answer))
    if counts != Counter(_KEYS):
        fail(
            "transform answers with other keys",
            expected=", ".join(sorted(_KEYS)),
            found=", ".join(sorted(counts.elements())),
            input=data,
            output=answer,
        )


def _pairs(data: bytes, answer: bytes) -> Sequence[str]:
    """The keys of the answer's object, as often as they are there; NaN and infinity are no JSON."""

    def refuse(word: str) -> None:
        fail("transform answers with what is no JSON", expected="JSON", found=word, input=data, output=answer)

    def keep(pairs: list[tuple[str, object]]) -> object:
        return _Pairs(key for key, _ in pairs)

    try:
        found = json.loads(answer.decode(), object_pairs_hook=keep, parse_constant=refuse)
    except ValueError as error:
        fail("transform does not answer with JSON", expected="a JSON object", found=error, input=data, output=answer)
    if not isinstance(found, _Pairs):
        fail("transform does not answer with an object", expected="an object", found=found, input=data, output=answer)
    return found


class _Pairs(tuple[str, ...]):
    """The keys of an object."""

    __slots__ = ()


def _names(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for name in _NAMES:
            for ascii_only in (False, True):
                data = json.dumps({**TRANSFORM, "name": name}, ensure_ascii=ascii_only).encode()
                answer = transform(functions, data)
                require_value("name", f"{name} ✓", read_object(data, answer).get("name"), data, answer)
        data = encoded({**TRANSFORM, "name": "%"}).replace(b"%", rb"\/\u0041\u00e9\ud83d\ude80")
        answer = transform(functions, data)
        require_value("name", "/Aé🚀 ✓", read_object(data, answer).get("name"), data, answer)


def _flags(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for flags in _FLAGS:
            data = encoded({**TRANSFORM, "flags": flags})
            answer = transform(functions, data)
            require_value("flags", flags[::-1], read_object(data, answer).get("flags"), data, answer)


def _canonical(value: object) -> str:
    """A value by which true and 1 differ, and the order of keys does not matter."""
    return json.dumps(value, sort_keys=True)


def _number(text: str) -> float:
    """1.0 is the integer 1: JSON has numbers only."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _nested(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for nested in _nested_values():
            data = encoded({**TRANSFORM, "nested": nested})
            answer = transform(functions, data)
            found = read_object(data, answer, parse_float=_number)
            if _canonical(found.get("nested", "no key nested")) != _canonical(nested):
                refuse_value("nested", nested, found.get("nested"), data, answer)


def _spellings(context: CaseContext) -> None:
    keys = list(TRANSFORM)
    written = [
        json.dumps(TRANSFORM, indent=2).encode(),
        b" \r\n\t" + json.dumps(TRANSFORM, separators=(" , ", " : ")).encode() + b"\n\t ",
        json.dumps(TRANSFORM, indent="\t").replace("\n", "\r\n").encode(),
        *(encoded({key: TRANSFORM[key] for key in context.random.sample(keys, len(keys))}) for _ in range(4)),
        encoded({key: TRANSFORM[key] for key in reversed(keys)}),
    ]
    with open_functions(context) as functions:
        plain = read_object(b"", transform(functions, encoded(TRANSFORM)))
        for data in written:
            answer = transform(functions, data)
            require_value("value when its input is written otherwise", plain, read_object(data, answer), data, answer)
        for data in (b'\n{\t"times" : 2 ,"text":"ab"}\r\n', b'{"text":"ab",\n"times":2}'):
            found = functions.expect_output("repeat", data).data
            if found != b"abab":
                fail("repeat minds how its input is written", expected="abab", found=found, input=data, output=found)


def _told(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for function, data in _wrong():
            message = functions.expect_failure(function, data).data
            if not message.strip():
                fail(f"{function} fails without saying why", expected="a message", found="none", input=data)


def _wrong() -> Iterable[tuple[str, bytes]]:
    wanted: dict[str, dict[str, Any]] = {
        "transform": TRANSFORM,
        "repeat": {"text": "a", "times": 1},
        "write_log": {"level": "info", "text": "a"},
    }
    for function, arguments in wanted.items():
        yield from ((function, data) for data in (b"", b"no JSON", encoded(arguments)[:-1], b"[1]", b"{}"))
        for key in arguments:
            yield function, encoded({name: value for name, value in arguments.items() if name != key})


def _error_object(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for text in ("no such user", 'a "quoted" \\ thing', "line\nline\t\x01\x00", "Grüße 世界 🚀", ""):
            data = text.encode()
            answer = functions.expect_output("fail_object", data).data
            try:
                found = json.loads(answer)
            except ValueError as error:
                fail("fail_object is no JSON", expected="an object", found=error, input=data, output=answer)
            if found != {"error": text}:
                fail(
                    "fail_object says something else", expected={"error": text}, found=found, input=data, output=answer
                )


CASES: Final[tuple[Case, ...]] = (
    guest(70, "strict", _strict),
    guest(71, "names", _names),
    guest(75, "flags", _flags),
    guest(76, "nested", _nested),
    guest(77, "spellings", _spellings),
    guest(78, "told", _told),
    guest(79, "error_object", _error_object),
)
