"""PRI-090 to PRI-095: what a function asks of its host, and what an instance keeps."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import Setting
from plugbay_conformance.priostack.answer import LEVELS
from plugbay_conformance.priostack.making import guest
from plugbay_conformance.priostack.opening import open_functions
from plugbay_conformance.priostack.samples import encoded

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.engines.contract import Event
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

_LINES: Final = ("started", "Grüße, 世界 🚀", 'a "quoted" \\ line\twith a tab', "", "long " * 2_000)
_CLOCKS: Final = (1_700_000_000_123_456_789, 1_000_000_001, 4_102_444_800_999_999_999)
_SIZES: Final = (0, 1, 31, 32, 33, 1_000)
_STREAM_BLOCKS: Final = 4_096


def _logged(functions: ByteFunctions, level: str, text: str) -> Event:
    """The one line that ``write_log`` logs. Raises ``CaseFailed`` when it is none, or several."""
    data = encoded({"level": level, "text": text})
    answer = functions.expect_output("write_log", data)
    lines = [event for event in answer.events if event.name == "log"]
    if len(lines) != 1:
        fail("write_log does not log one line", expected="1", found=len(lines), input=data, logs=answer.log_lines)
    if answer.data != b"ok":
        fail("write_log does not answer ok", expected="ok", found=repr(answer.data[:100]), input=data)
    return lines[0]


def _levels(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for level, number in LEVELS.items():
            found = _logged(functions, level, "a line").level
            if found != number:
                fail(f"a line of the level {level} is logged as another", expected=number, found=found)


def _lines(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for text in _LINES:
            found = _logged(functions, "info", text).data[0]
            if found != text.encode():
                fail(
                    "write_log logs another text",
                    expected=text[:200],
                    found=found[:200].decode("utf-8", "replace"),
                    output=found[:4096],
                )


def _time(context: CaseContext) -> None:
    for clock in _CLOCKS:
        with open_functions(context, Setting(clock=clock)) as functions:
            found = functions.expect_output("current_time").data
        if found != str(clock).encode():
            fail("current_time is not the host's", expected=clock, found=repr(found[:100]), output=found)


def _random(functions: ByteFunctions, size: int) -> bytes:
    return functions.expect_output("random_bytes", str(size).encode()).data


def _how_many(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for size in _SIZES:
            found = _random(functions, size)
            if len(found) != size:
                fail(
                    "random_bytes answers with another number of bytes",
                    expected=size,
                    found=len(found),
                    input=str(size).encode(),
                    output=found,
                )


def _of_the_host(context: CaseContext) -> None:
    for seed in (1, 2):
        stream = _stream(seed)
        with open_functions(context, Setting(random_seed=seed)) as functions:
            first, second = _random(functions, 40), _random(functions, 40)
        for found in (first, second):
            if found not in stream:
                fail(
                    "random_bytes are not those that the host gave",
                    expected="bytes of env.random, or of WASI's random_get, as they came",
                    found=found.hex(),
                    output=found,
                )
        if first == second:
            fail("two calls of random_bytes answer alike", expected="other bytes", found=second.hex(), output=second)


def _stream(seed: int) -> bytes:
    """What the host's randomness is with that seed; see ``Setting``."""
    head = seed.to_bytes(8, "little")
    blocks = (hashlib.sha256(head + counter.to_bytes(8, "little")).digest() for counter in range(_STREAM_BLOCKS))
    return b"".join(blocks)


def _counts(context: CaseContext) -> None:
    for _ in range(2):
        with open_functions(context) as functions:
            for expected in range(1, 6):
                found = functions.expect_output("count").data
                if found != str(expected).encode():
                    fail("count does not count the calls of its instance", expected=expected, found=repr(found))


CASES: Final[tuple[Case, ...]] = (
    guest(90, "levels", _levels),
    guest(91, "lines", _lines),
    guest(92, "time", _time),
    guest(93, "how_many", _how_many),
    guest(94, "of_the_host", _of_the_host),
    guest(95, "count", _counts),
)
