"""The steps of one message, as each host does them, seen from the instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import cast

import pytest
from tests.conformance.fluxrig.judging import RACK, SPECIFICATION, subject_of
from tests.conformance.fluxrig.mutants import right_gear

from plugbay_conformance.case import CaseContext, CaseFailed, CaseSkipped
from plugbay_conformance.engines.contract import (
    Allocator,
    AllocatorRun,
    AllocatorStep,
    ConformanceEngine,
    Event,
    GuestStopped,
    PointerSession,
    Repeated,
    Setting,
    StopKind,
)
from plugbay_conformance.fluxrig.gear import Gear, open_gear
from plugbay_conformance.host_profile import HostProfile
from plugbay_conformance.specification import load_specification

INPUT, RESULT = 1024, 2048
MESSAGE = b"message"


class RecordingSession:
    """An instance that notes what it is asked for; its result is ``answer``."""

    def __init__(self, answer: bytes = b"answer", *, wipes: bool = False) -> None:
        self.calls: list[str] = []
        self._answer = answer
        self._wipes = wipes

    def call(self, export: str, *arguments: int) -> tuple[int, ...]:
        self.calls.append(f"{export}{arguments}".replace(",)", ")"))
        if export == "alloc":
            return (INPUT,)
        if export == "process":
            return (RESULT << 32 | len(self._answer),)
        if self._wipes and arguments[0] == RESULT:
            self._answer = bytes(len(self._answer))
        return ()

    def read(self, pointer: int, length: int) -> bytes:
        self.calls.append(f"read({pointer}, {length})")
        return self._answer[:length]

    def write(self, pointer: int, data: bytes) -> None:
        self.calls.append(f"write({pointer}, {len(data)})")

    def pages(self) -> int:
        return 1

    def events(self) -> list[Event]:
        return [Event("log", (b"a line",), 4)]

    def state(self) -> dict[str, bytes]:
        return {}

    def run_allocator(self, allocator: Allocator, plan: Sequence[AllocatorStep], rounds: int) -> AllocatorRun:
        raise NotImplementedError

    def repeat_packed(self, allocator: Allocator, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        raise NotImplementedError

    def close(self) -> None:
        self.calls.append("close")


class OneSession:
    """An engine that opens the same session, or refuses to."""

    name = "fake"
    version = "1"

    def __init__(self, session: RecordingSession, *, refuses: frozenset[str] = frozenset()) -> None:
        self._session = session
        self._refuses = refuses

    def open_pointers(self, subject: object, host: HostProfile, setting: Setting) -> PointerSession:
        if host.name in self._refuses:
            raise GuestStopped(StopKind.LINK, f"it does not start on {host.name}")
        return self._session


def context_of(engine: OneSession, host: HostProfile = SPECIFICATION) -> CaseContext:
    requirement = load_specification("fluxrig").requirement("FLX-020")
    assert requirement is not None
    subject = subject_of(right_gear("core"), "core")
    return CaseContext(subject, requirement, cast("ConformanceEngine", engine), host, Random(1))


def gear_on(session: RecordingSession, host: HostProfile) -> Gear:
    return Gear(session, context_of(OneSession(session), host), host)


def test_the_result_is_read_before_input_and_result_are_freed() -> None:
    session = RecordingSession()
    answer = gear_on(session, SPECIFICATION).attempt(MESSAGE)
    assert answer.result == b"answer"
    assert answer.log_lines == ("error: a line",)
    assert session.calls == [
        "alloc(7)",
        "write(1024, 7)",
        "process(1024, 7)",
        "read(2048, 6)",
        "free(1024, 7)",
        "free(2048, 6)",
    ]


def test_the_input_of_a_dropped_message_is_freed() -> None:
    session = RecordingSession(b"")
    assert gear_on(session, SPECIFICATION).attempt(MESSAGE).result == b""
    assert session.calls[-1] == "free(1024, 7)"


def test_a_rack_does_not_free_the_input_of_a_dropped_message() -> None:
    session = RecordingSession(b"")
    gear_on(session, RACK).attempt(MESSAGE)
    assert not any(call.startswith("free") for call in session.calls)


def test_a_rack_reads_the_result_after_it_was_freed() -> None:
    session = RecordingSession()
    assert gear_on(session, RACK).attempt(MESSAGE).result == b"answer"
    assert session.calls[-3:] == ["free(1024, 7)", "free(2048, 6)", "read(2048, 6)"]


def test_a_free_that_wipes_the_result_is_told_on_a_rack_alone() -> None:
    assert gear_on(RecordingSession(wipes=True), SPECIFICATION).attempt(MESSAGE).result == b"answer"
    with pytest.raises(CaseFailed, match="free overwrites the result") as failure:
        gear_on(RecordingSession(wipes=True), RACK).attempt(MESSAGE)
    assert failure.value.evidence.output == bytes(6)


def test_an_empty_input_is_allocated_and_freed_but_not_written() -> None:
    session = RecordingSession(b"")
    gear_on(session, SPECIFICATION).attempt(b"")
    assert session.calls == ["alloc(0)", "process(1024, 0)", "free(1024, 0)"]


def test_what_does_not_start_is_skipped_since_another_requirement_says_so() -> None:
    engine = OneSession(RecordingSession(), refuses=frozenset({SPECIFICATION.name}))
    with pytest.raises(CaseSkipped, match="it does not start"), open_gear(context_of(engine)):
        pass


def test_what_does_not_start_on_a_host_of_the_cases_own_fails() -> None:
    small = replace(SPECIFICATION, name="small")
    engine = OneSession(RecordingSession(), refuses=frozenset({"small"}))
    with pytest.raises(GuestStopped, match="it does not start on small"), open_gear(context_of(engine), host=small):
        pass


def test_an_instance_is_closed_also_after_a_failure() -> None:
    session = RecordingSession()
    with pytest.raises(CaseFailed), open_gear(context_of(OneSession(session))):
        raise CaseFailed("no", None)  # type: ignore[arg-type] # the evidence is not looked at
    assert session.calls == ["close"]
