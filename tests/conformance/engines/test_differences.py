"""Where two engines disagree, and where they only seem to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from tests.conformance.engines.conftest import HOST, subject_of

from plugbay_conformance.case import Case, CaseContext, CaseKind, fail
from plugbay_conformance.differences import compare_steps, find_differences
from plugbay_conformance.engines.contract import (
    Allocator,
    CallOutcome,
    CallStatus,
    Event,
    GuestStopped,
    LogLine,
    OutOfBounds,
    Repeated,
    Setting,
    StopKind,
)
from plugbay_conformance.engines.recording import Aspect, Step, shortened
from plugbay_conformance.results import Difference
from plugbay_conformance.specification import Level, Requirement

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import CallSession, ConformanceEngine, PointerSession
    from plugbay_conformance.host_profile import HostProfile

REQUIREMENT = Requirement("FLX-001", "fluxrig", Level.MUST, ("core",), "Title", "Text", "Source", "Reason")
ECHO = """(module (import "env" "log" (func $log (param i32 i32 i32)))
  (import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 64)) (func (export "free") (param i32 i32))
  (func (export "process") (param i32 i32) (result i64)
    (call $log (i32.const 2) (local.get 0) (local.get 1))
    (drop (call $put (local.get 0) (local.get 1) (local.get 0) (local.get 1)))
    (i64.extend_i32_u (local.get 1)))
  (func (export "trap") (unreachable)))"""


class FakePointers:
    """A session that answers what it was told to."""

    def __init__(self, answers: dict[str, object]) -> None:
        self._answers = answers

    def _answer(self, name: str, default: object) -> object:
        answer = self._answers.get(name, default)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def call(self, export: str, *arguments: int) -> object:
        return self._answer("call", (1,))

    def read(self, pointer: int, length: int) -> object:
        return self._answer("read", b"same")

    def write(self, pointer: int, data: bytes) -> object:
        return self._answer("write", None)

    def pages(self) -> object:
        return self._answer("pages", 1)

    def events(self) -> object:
        return self._answer("events", [])

    def state(self) -> object:
        return self._answer("state", {})

    def close(self) -> None: ...


class FakeCalls:
    """The same for plugins."""

    def __init__(self, answers: dict[str, object]) -> None:
        self._answers = answers

    def call(self, function: str, payload: bytes) -> object:
        return self._answers.get("call", CallOutcome(CallStatus.OK, b"out"))

    def repeat(self, function: str, payloads: list[bytes], count: int) -> object:
        return self._answers.get("repeat", Repeated(count, 1, 1, "d"))

    def logs(self) -> object:
        return self._answers.get("logs", [])

    def requests(self) -> object:
        return self._answers.get("requests", [])

    def sent(self) -> object:
        return self._answers.get("sent", [])

    def state(self) -> object:
        return self._answers.get("state", {})

    def close(self) -> None: ...


class FakeEngine:
    """Opens sessions that answer what they were told to."""

    version = "1"

    def __init__(self, name: str = "one", **answers: object) -> None:
        self.name = name
        self._answers = answers

    def open_pointers(self, subject: Subject, host: HostProfile, setting: Setting) -> PointerSession:
        if "open" in self._answers:
            raise cast("Exception", self._answers["open"])
        return cast("PointerSession", FakePointers(self._answers))

    def open_calls(self, subject: Subject, host: HostProfile, setting: Setting) -> CallSession:
        return cast("CallSession", FakeCalls(self._answers))

    def close(self) -> None: ...


def case_of(run: Callable[[CaseContext], None], kind: CaseKind = CaseKind.MODULE) -> Case:
    return Case("FLX-001", "case", kind, run)


def ask_all(context: CaseContext) -> None:
    session = context.engine.open_pointers(context.subject, context.host, Setting())
    session.write(0, b"in")
    session.call("process", 0, 2)
    session.read(0, 4)
    session.pages()
    session.events()
    session.state()
    session.close()


def ask_plugin(context: CaseContext) -> None:
    session = context.engine.open_calls(context.subject, context.host, Setting())
    outcome = session.call("f", b"in")
    if outcome.code is not None and outcome.error:
        session.call("the code is known", b"")
    if session.repeat("f", [b"a"], 10).pages:
        session.call("the pages are known", b"")
    if session.logs():
        session.call("the logs are known", b"")
    session.requests()
    session.sent()
    session.state()
    session.close()


def found_by(
    run: Callable[[CaseContext], None], first: FakeEngine, second: FakeEngine, kind: CaseKind = CaseKind.MODULE
) -> list[Difference]:
    engines = cast("tuple[ConformanceEngine, ConformanceEngine]", (first, second))
    subject = subject_of("(module)")
    return list(find_differences(case_of(run, kind), REQUIREMENT, subject, engines, HOST, 1))


def test_engines_that_answer_alike_do_not_differ() -> None:
    assert found_by(ask_all, FakeEngine(), FakeEngine("two")) == []
    assert found_by(ask_plugin, FakeEngine(), FakeEngine("two")) == []


@pytest.mark.parametrize(
    ("answers", "aspect", "told"),
    [
        ({"call": (2,)}, "output", "instance 1: process(0, 2): (2,)"),
        ({"read": b"other"}, "output", "instance 1: read 4 bytes at 0x0: b'other'"),
        ({"pages": 2}, "output", "instance 1: pages: 2"),
        ({"events": [Event("log", (b"x",), 2)]}, "logs", "instance 1: events: (('log', (b'x',), 2),)"),
        ({"state": {"k": b"v"}}, "state", "instance 1: state: {'k': b'v'}"),
        ({"call": GuestStopped(StopKind.TRAP, "why")}, "trap", "instance 1: process(0, 2): trap (why)"),
        ({"read": OutOfBounds("far out")}, "trap", "instance 1: read 4 bytes at 0x0: out of bounds (far out)"),
        ({"open": GuestStopped(StopKind.LINK, "no")}, "trap", "open instance 1: link (no)"),
    ],
)
def test_the_first_difference_on_an_aspect_is_told(answers: dict[str, object], aspect: str, told: str) -> None:
    (difference,) = found_by(ask_all, FakeEngine(), FakeEngine("two", **answers))
    assert (difference.what, difference.engines) == (aspect, ("one", "two"))
    assert difference.found[1] == told
    assert (difference.requirement, difference.case) == ("FLX-001", "case")


def test_each_aspect_may_differ() -> None:
    other = FakeEngine("two", call=(2,), read=b"x", events=[Event("log")], state={"k": b""})
    assert [difference.what for difference in found_by(ask_all, FakeEngine(), other)] == ["output", "logs", "state"]


def test_engines_may_say_in_their_own_words_why_a_guest_trapped() -> None:
    first = FakeEngine(call=GuestStopped(StopKind.TRAP, "unreachable executed"))
    second = FakeEngine("two", call=GuestStopped(StopKind.TRAP, "wasm trap: unreachable"))
    assert found_by(ask_all, first, second) == []


def test_the_kind_of_an_end_counts() -> None:
    first = FakeEngine(call=GuestStopped(StopKind.TRAP, ""))
    second = FakeEngine("two", call=GuestStopped(StopKind.DEADLINE, ""))
    assert [difference.what for difference in found_by(ask_all, first, second)] == ["trap"]


@pytest.mark.parametrize(
    ("answers", "aspect"),
    [
        ({"call": CallOutcome(CallStatus.OK, b"other")}, "output"),
        ({"call": CallOutcome(CallStatus.ERROR, error="no")}, "trap"),
        ({"repeat": Repeated(10, 1, 1, "other")}, "output"),
        ({"logs": [LogLine("info", "x")]}, "logs"),
        ({"sent": [{"out": 1.0}]}, "output"),
        ({"state": {"k": True}}, "state"),
    ],
)
def test_plugins_are_compared_by_what_they_answer(answers: dict[str, object], aspect: str) -> None:
    base: dict[str, object] = {"sent": [{"out": 1}], "state": {"k": 1}}
    found = found_by(ask_plugin, FakeEngine("one", **base), FakeEngine("two", **{**base, **answers}))
    assert aspect in [difference.what for difference in found]


def test_what_not_every_engine_tells_is_no_difference() -> None:
    with_code = CallOutcome(CallStatus.ERROR, error="no", code=3)
    first = FakeEngine(call=with_code, repeat=Repeated(10, 5, 6, "d"))
    second = FakeEngine("two", call=replace(with_code, code=None), repeat=Repeated(10, 0, 0, "d"))
    assert found_by(ask_plugin, first, second) == []


def test_libextism_tells_no_logs() -> None:
    first = FakeEngine("wasmtime", logs=[LogLine("info", "x")])
    assert found_by(ask_plugin, first, FakeEngine("libextism")) == []
    assert found_by(ask_plugin, first, FakeEngine("wazero")) != []


def test_a_case_that_goes_another_way_is_told_only_when_nothing_else_differs() -> None:
    def depends_on_the_engine(context: CaseContext) -> None:
        session = context.engine.open_pointers(context.subject, context.host, Setting())
        session.call("process" if context.engine.name == "one" else "other")

    (difference,) = found_by(depends_on_the_engine, FakeEngine(), FakeEngine("two"))
    assert difference.found == ("the case went on: instance 1: process()", "the case went on: instance 1: other()")

    def ends_early(context: CaseContext) -> None:
        session = context.engine.open_pointers(context.subject, context.host, Setting())
        if session.call("process") != (1,):
            fail("no", expected=1, found=2)
        session.pages()

    (difference,) = found_by(ends_early, FakeEngine(), FakeEngine("two", call=(2,)))
    assert difference.found[1] == "instance 1: process(): (2,)"


def test_what_needs_no_engine_or_another_one_is_not_compared() -> None:
    first, second = FakeEngine(), FakeEngine("two", call=(2,))
    assert found_by(ask_all, first, second, CaseKind.BINARY) == []
    assert found_by(ask_all, first, second, CaseKind.GUEST) == []
    case = replace(case_of(ask_all), engines=frozenset({"one"}))
    engines = cast("tuple[ConformanceEngine, ConformanceEngine]", (first, second))
    assert list(find_differences(case, REQUIREMENT, subject_of("(module)"), engines, HOST, 1)) == []


def test_a_long_conversation_ends_where_one_side_does() -> None:
    step = Step("a", Aspect.OUTPUT, 1)
    assert compare_steps([step, step], [step]) == [(Aspect.OUTPUT, ("the case went on: a", "the case ended"))]


def test_an_answer_is_never_taken_for_a_trap() -> None:
    output, trap = Step("a", Aspect.OUTPUT, "trap"), Step("a", Aspect.TRAP, StopKind.TRAP)
    assert [aspect for aspect, _ in compare_steps([output], [trap])] == [Aspect.TRAP]


def test_large_values_are_kept_as_what_tells_them_apart() -> None:
    assert shortened(b"x" * 4096) == b"x" * 4096
    assert str(shortened(b"x" * 5000)).startswith("5000 bytes, SHA-256 ")
    assert shortened(b"x" * 5000) != shortened(b"x" * 4999 + b"y")


def test_what_is_shown_is_cut() -> None:
    (difference,) = found_by(ask_all, FakeEngine(read=b"a" * 4000), FakeEngine("two", read=b"b" * 4000))
    assert max(map(len, difference.found)) == 400


def test_real_engines_do_not_differ_on_a_guest(
    wasmtime_engine: ConformanceEngine, wazero_engine: ConformanceEngine
) -> None:
    def converse(context: CaseContext) -> None:
        session = context.engine.open_pointers(context.subject, context.host, Setting())
        session.write(0, b"key")
        session.call("process", 0, 3)
        session.events()
        session.state()
        session.repeat_packed(Allocator("alloc", "free"), "process", [b"a", b""], 250)
        session.close()
        session = context.engine.open_pointers(context.subject, context.host, Setting())
        session.call("trap")

    subject = subject_of(ECHO)
    engines = (wasmtime_engine, wazero_engine)
    assert find_differences(case_of(converse), REQUIREMENT, subject, engines, HOST, 1) == ()
