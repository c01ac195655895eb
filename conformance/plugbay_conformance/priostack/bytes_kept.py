"""PRI-060 to PRI-068: bytes go in and come out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from plugbay_conformance.case import fail
from plugbay_conformance.priostack.making import guest
from plugbay_conformance.priostack.opening import open_functions
from plugbay_conformance.priostack.reading_contract import CONTRACT, CONTRACT_KEYS
from plugbay_conformance.priostack.samples import MIB, encoded

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

_LETTERS: Final = bytes(range(0x20, 0x7F))
_LENGTHS: Final = (
    *range(65),
    *(2**power + by for power in range(7, 17) for by in (-1, 0, 1)),
)


def letters(size: int) -> bytes:
    """ASCII of that length, in which no place looks like its neighbours."""
    return (_LETTERS * (size // len(_LETTERS) + 1))[:size]


def require_same(function: str, data: bytes, expected: bytes, found: bytes, reason: str) -> None:
    """Raise ``CaseFailed`` when a function's output is not the expected one; says where they part."""
    if found == expected:
        return
    pairs = enumerate(zip(expected, found, strict=False))
    at = next((index for index, (a, b) in pairs if a != b), min(len(expected), len(found)))
    fail(
        f"{function} {reason}",
        expected=f"{len(expected)} bytes, from byte {at} on {expected[at : at + 24]!r}",
        found=f"{len(found)} bytes, from byte {at} on {found[at : at + 24]!r}",
        input=data[:4096],
        output=found[:4096],
    )


def _echo(functions: ByteFunctions, data: bytes, reason: str) -> None:
    require_same("echo", data, data, functions.expect_output("echo", data).data, reason)


def _contract(context: CaseContext) -> None:
    with open_functions(context) as functions:
        answers = [functions.expect_output(CONTRACT, data).data for data in (b"", b"{}", b"\xff\x00 anything")]
    for answer in answers[1:]:
        require_same(CONTRACT, b"{}", answers[0], answer, "answers otherwise when it is given an input")
    said = _object(answers[0])
    missing = [key for key in CONTRACT_KEYS if not isinstance(said.get(key), str) or not said[key]]
    if missing:
        fail(f"contract does not say {', '.join(missing)}", expected="texts", found=said, output=answers[0])
    wanted = {"contract": "plugbay-conformance/1", "abi": "priostack", "profile": context.subject.profile}
    for key, value in wanted.items():
        if said[key] != value:
            fail(f"contract says another {key}", expected=value, found=said[key], output=answers[0])


def _object(answer: bytes) -> dict[str, Any]:
    try:
        said = json.loads(answer)
    except ValueError as error:
        fail("contract does not answer with JSON", expected="a JSON object", found=error, output=answer)
    if not isinstance(said, dict):
        fail("contract does not answer with an object", expected="a JSON object", found=said, output=answer)
    return cast("dict[str, Any]", said)


def _unchanged(context: CaseContext) -> None:
    samples = (
        bytes(range(256)),
        bytes(range(255, -1, -1)),
        b"\x00" * 33,
        b"\xff" * 33,
        "Grüße, 世界 🚀".encode(),
        b"caf\xe9",
        b"\xed\xa0\x80\xed\xb0\x80",
        b"\xef\xbb\xbftext\r\n\x1a",
        context.random.randbytes(3000),
    )
    with open_functions(context) as functions:
        for data in samples:
            _echo(functions, data, "does not give its bytes back")


def _every_length(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for size in _LENGTHS:
            _echo(functions, letters(size), f"does not give back an input of {size} bytes")


def _mebibyte(context: CaseContext) -> None:
    data = letters(MIB)
    with open_functions(context) as functions:
        for _ in range(3):
            _echo(functions, data, "does not give back 1 MiB")


def _length(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for data in (b"", b"a", b"\x00", b"a\x00b\x00", bytes(256), letters(65_536), b"\x00" + letters(MIB - 1)):
            found = functions.expect_output("length", data).data
            require_same("length", data, str(len(data)).encode(), found, f"does not see its {len(data)} bytes")


def _reverse(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for data in (b"", b"a", b"ab", b"abc", bytes(range(256)), letters(1_001), letters(65_537)):
            found = functions.expect_output("reverse", data).data
            require_same("reverse", data, data[::-1], found, "does not give its bytes back in reverse order")


def _empty(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for function, data in (("empty", b""), ("empty", b"something"), ("echo", b"")):
            found = functions.expect_output(function, data).data
            require_same(function, data, b"", found, "does not answer with an empty output")


def _larger(context: CaseContext) -> None:
    repeats = (("ab", 3), ("é", 1), ("x", 0), ("", 5), ("0123456789abcdef", 4_096), ("🚀✓ü", 7_000), ("x", MIB))
    with open_functions(context) as functions:
        for text, times in repeats:
            data = encoded({"text": text, "times": times})
            found = functions.expect_output("repeat", data).data
            require_same("repeat", data, text.encode() * times, found, f"does not answer its text {times} times")


def _all_zero(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for function in ("empty", "echo"):
            result = functions.invoke(function, functions.put(b""))
            if result.word and not result.block.length:
                fail(f"the empty output of {function} is not 0", expected=0, found=f"{result.word:#018x}")


CASES: Final[tuple[Case, ...]] = (
    guest(60, "contract", _contract),
    guest(61, "unchanged", _unchanged),
    guest(62, "every_length", _every_length),
    guest(63, "mebibyte", _mebibyte),
    guest(64, "length", _length),
    guest(65, "reverse", _reverse),
    guest(66, "empty", _empty),
    guest(67, "larger", _larger),
    guest(68, "zero", _all_zero),
)
