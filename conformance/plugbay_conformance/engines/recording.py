"""An engine that notes what cases ask of their sessions and what comes back, so that two engines can be compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from plugbay_conformance.engines.contract import (
    AllocatorRun,
    CallOutcome,
    CallStatus,
    Event,
    GuestStopped,
    OutOfBounds,
    Repeated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import (
        Allocator,
        AllocatorStep,
        CallSession,
        ConformanceEngine,
        LogLine,
        PointerSession,
        SentRequest,
        Setting,
    )
    from plugbay_conformance.host_profile import HostProfile

_T = TypeVar("_T")
_MOST_KEPT: Final = 4096
"""Bytes of one value that are kept as they are; of a larger one its digest says whether it is the same."""


class Aspect(StrEnum):
    """What two engines can disagree on."""

    OUTPUT = "output"
    STATE = "state"
    LOGS = "logs"
    TRAP = "trap"


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a case to a session, and the answer.

    Two engines agree when ``asked`` and ``found`` are equal; ``told`` is for people: an engine's own words on a trap.
    """

    asked: str
    aspect: Aspect
    found: object
    told: str = ""


class Recorder:
    """The steps of one case, in order."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def note(self, asked: str, aspect: Aspect, ask: Callable[[], _T], kept: Callable[[_T], object]) -> _T:
        """Ask, and note the answer, or how there was none. Raises what asking raises."""
        try:
            answer = ask()
        except GuestStopped as stopped:
            self.steps.append(Step(asked, Aspect.TRAP, stopped.kind, stopped.reason))
            raise
        except OutOfBounds as outside:
            self.steps.append(Step(asked, Aspect.TRAP, "out of bounds", str(outside)))
            raise
        self.steps.append(Step(asked, aspect, kept(answer)))
        return answer


class RecordingEngine:
    """A :class:`~plugbay_conformance.engines.contract.ConformanceEngine` on top of another one, for one case.

    What not every engine tells is hidden from the case, or it would go another way for no fault of the guest's: the
    pages of an Extism plugin, the code beside its error text, and its logs unless ``tells_logs``.
    """

    def __init__(self, engine: ConformanceEngine, *, tells_logs: bool = True) -> None:
        self._tells_logs = tells_logs
        self.name = engine.name
        self.version = engine.version
        self.recorder = Recorder()
        self._engine = engine
        self._sessions = 0

    def open_pointers(self, subject: Subject, host: HostProfile, setting: Setting) -> PointerSession:
        """A session whose steps are noted. Raises what the engine does."""
        name = self._next()
        session = self.recorder.note(
            f"open {name}", Aspect.TRAP, lambda: self._engine.open_pointers(subject, host, setting), _nothing
        )
        return RecordingPointers(session, self.recorder, name)

    def open_calls(self, subject: Subject, host: HostProfile, setting: Setting) -> CallSession:
        """A session whose steps are noted. Raises what the engine does."""
        name = self._next()
        session = self.recorder.note(
            f"open {name}", Aspect.TRAP, lambda: self._engine.open_calls(subject, host, setting), _nothing
        )
        return RecordingCalls(session, self.recorder, name, tells_logs=self._tells_logs)

    def close(self) -> None:
        """Nothing to free: the engine below is its owner's."""

    def _next(self) -> str:
        self._sessions += 1
        return f"instance {self._sessions}"


class RecordingPointers:
    """A :class:`~plugbay_conformance.engines.contract.PointerSession` that notes its steps."""

    def __init__(self, session: PointerSession, recorder: Recorder, name: str) -> None:
        self._session = session
        self._recorder = recorder
        self._name = name

    def call(self, export: str, *arguments: int) -> tuple[int, ...]:
        """Call an export."""
        asked = f"{export}({', '.join(map(str, arguments))})"
        return self._note(asked, Aspect.OUTPUT, lambda: self._session.call(export, *arguments), _as_it_is)

    def read(self, pointer: int, length: int) -> bytes:
        """Bytes of the guest's memory."""
        asked = f"read {length} bytes at {pointer:#x}"
        return self._note(asked, Aspect.OUTPUT, lambda: self._session.read(pointer, length), shortened)

    def write(self, pointer: int, data: bytes) -> None:
        """Put bytes into the guest's memory."""
        asked = f"write {shortened(data)!r} at {pointer:#x}"
        self._note(asked, Aspect.OUTPUT, lambda: self._session.write(pointer, data), _nothing)

    def pages(self) -> int:
        """Size of the guest's memory."""
        return self._note("pages", Aspect.OUTPUT, self._session.pages, _as_it_is)

    def events(self) -> list[Event]:
        """What the guest called."""
        return self._note("events", Aspect.LOGS, self._session.events, _events)

    def state(self) -> dict[str, bytes]:
        """What the host's store holds."""
        return self._note("state", Aspect.STATE, self._session.state, _state)

    def run_allocator(self, allocator: Allocator, plan: Sequence[AllocatorStep], rounds: int) -> AllocatorRun:
        """Run a plan."""
        asked = f"{rounds} rounds of a plan of {len(plan)} steps for {allocator.alloc}"
        return self._note(asked, Aspect.OUTPUT, lambda: self._session.run_allocator(allocator, plan, rounds), _as_it_is)

    def repeat_packed(self, allocator: Allocator, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        """Send messages by the thousand."""
        asked = f"{count} messages to {function}, {shortened(b''.join(payloads))!r}"
        return self._note(
            asked,
            Aspect.OUTPUT,
            lambda: self._session.repeat_packed(allocator, function, payloads, count),
            _as_it_is,
        )

    def close(self) -> None:
        """Free the instance."""
        self._session.close()

    def _note(self, asked: str, aspect: Aspect, ask: Callable[[], _T], kept: Callable[[_T], object]) -> _T:
        return self._recorder.note(f"{self._name}: {asked}", aspect, ask, kept)


class RecordingCalls:
    """A :class:`~plugbay_conformance.engines.contract.CallSession` that notes its steps."""

    def __init__(self, session: CallSession, recorder: Recorder, name: str, *, tells_logs: bool) -> None:
        self._tells_logs = tells_logs
        self._session = session
        self._recorder = recorder
        self._name = name

    def call(self, function: str, payload: bytes) -> CallOutcome:
        """Call an export; how it ended and what it answered are noted apart."""
        asked = f"{self._name}: {function}({shortened(payload)!r})"
        outcome = self._session.call(function, payload)
        told = outcome.error if outcome.status is not CallStatus.ERROR else ""
        self._recorder.steps.append(Step(asked, Aspect.TRAP, outcome.status, told))
        self._recorder.steps.append(Step(f"{asked} answered", Aspect.OUTPUT, _answer(outcome)))
        return replace(outcome, code=None) if outcome.error else outcome

    def repeat(self, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        """Call an export by the thousand."""
        asked = f"{count} calls of {function}, {shortened(b''.join(payloads))!r}"

        def repeat() -> Repeated:
            return replace(self._session.repeat(function, payloads, count), pages_after_first=0, pages=0)

        return self._note(asked, Aspect.OUTPUT, repeat, _as_it_is)

    def logs(self) -> list[LogLine]:
        """What was logged."""
        return self._note("logs", Aspect.LOGS, self._session.logs, tuple) if self._tells_logs else []

    def requests(self) -> list[SentRequest]:
        """The HTTP requests."""
        return self._note("requests", Aspect.OUTPUT, self._session.requests, _as_it_is)

    def sent(self) -> list[dict[str, object]]:
        """What was sent."""
        return self._note("sent", Aspect.OUTPUT, self._session.sent, _json)

    def state(self) -> dict[str, object]:
        """What is in the store."""
        return self._note("state", Aspect.STATE, self._session.state, _json)

    def close(self) -> None:
        """Free the instance."""
        self._session.close()

    def _note(self, asked: str, aspect: Aspect, ask: Callable[[], _T], kept: Callable[[_T], object]) -> _T:
        return self._recorder.note(f"{self._name}: {asked}", aspect, ask, kept)


def shortened(data: bytes) -> object:
    """Bytes as they are, or of many of them what tells them from any others."""
    if len(data) <= _MOST_KEPT:
        return data
    return f"{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}"


def _answer(outcome: CallOutcome) -> object:
    """What a plugin itself answered; an engine's words for a trap are its own."""
    match outcome.status:
        case CallStatus.OK:
            return shortened(outcome.output)
        case CallStatus.ERROR:
            return outcome.error or f"the code {outcome.code}"
        case _:
            return None


def _events(events: list[Event]) -> object:
    return tuple((event.name, tuple(map(shortened, event.data)), event.level) for event in events)


def _state(state: dict[str, bytes]) -> object:
    return {key: shortened(value) for key, value in state.items()}


def _json(value: object) -> object:
    """Text, since Python takes 1 and 1.0 for the same; keys have no order."""
    return shortened(json.dumps(value, sort_keys=True, default=repr).encode())


def _as_it_is(value: object) -> object:
    return value


def _nothing(_: object) -> object:
    return None
