"""Sessions on wazero: each call of a session is a request to the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugbay.limits import PAGE_BYTES
from plugbay_conformance.engines.bulk import (
    Fault,
    FaultKind,
    check_plan,
    exports_of,
    raise_fault,
    shape_number,
)
from plugbay_conformance.engines.contract import (
    AllocatorRun,
    Event,
    GuestStopped,
    OutOfBounds,
    Repeated,
    StopKind,
)
from plugbay_conformance.engines.journal import DROPPED
from plugbay_conformance.engines.signatures import callable_type, require_type
from plugbay_conformance.engines.wazero_process import GRACE_SECONDS, Patience, decoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.module.info import ModuleInfo
    from plugbay_conformance.engines.contract import Allocator, AllocatorStep
    from plugbay_conformance.engines.wazero_process import WazeroProcess

PREPARE_SECONDS: Final = 180.0
"""How long the program may take to compile a module and start it, on a machine that is busy with much else."""


class WazeroSession:
    """One session of the program; the requests that both kinds have in common."""

    def __init__(self, process: WazeroProcess, number: int, deadline: float) -> None:
        self._process = process
        self._number = number
        self._deadline = deadline
        self._ended: GuestStopped | None = None
        self._is_watched = False

    def ask(self, operation: str, *, seconds: float | None = None, **fields: object) -> dict[str, Any]:
        """The reply to a request. Raises :class:`GuestStopped`, :class:`OutOfBounds`.

        ``seconds`` is how long its first line may take; by default, as long as a call of the guest and some more.
        """
        if self._ended is not None:
            raise GuestStopped(self._ended.kind, self._ended.reason)
        request = {"op": operation, "session": self._number, **fields}
        patience = Patience(self._deadline + GRACE_SECONDS if seconds is None else seconds, self._deadline)
        if self._is_watched:
            patience.note_progress(is_watched=True)
        try:
            return checked(self._process.ask(request, patience))
        except GuestStopped as stopped:
            if self._process.dead is not None:
                self._ended = stopped
            raise
        finally:
            self._is_watched = patience.overrun is not None

    def recall(self, operation: str) -> dict[str, Any]:
        """The reply to a request for what the guest did until now: nothing when its process is gone."""
        return {} if self._process.dead is not None else self.ask(operation)

    def close(self) -> None:
        """Free the instance."""
        if self._process.dead is None:
            self.ask("close")


def checked(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply that has a result. Raises :class:`GuestStopped`, :class:`OutOfBounds`."""
    if "stopped" in reply:
        raise GuestStopped(StopKind(reply["stopped"]["kind"]), reply["stopped"]["reason"])
    if "outside" in reply:
        raise OutOfBounds(reply["outside"])
    if "broken" in reply:
        raise GuestStopped(StopKind.ENGINE, f"the engine's program failed: {reply['broken'][:500]}")
    return reply


class WazeroPointers(WazeroSession):
    """A :class:`~plugbay_conformance.engines.contract.PointerSession`."""

    def __init__(self, process: WazeroProcess, number: int, deadline: float, info: ModuleInfo) -> None:
        super().__init__(process, number, deadline)
        self._info = info

    def call(self, export: str, *arguments: int) -> tuple[int, ...]:
        """Call an export. Raises :class:`GuestStopped`."""
        callable_type(self._info, export, arguments)
        return tuple(self.ask("call", export=export, arguments=arguments).get("results", ()))

    def read(self, pointer: int, length: int) -> bytes:
        """Bytes of the guest's memory. Raises :class:`OutOfBounds`."""
        return decoded(self.ask("read", at=_checked_place(pointer, length), size=length).get("data"))

    def write(self, pointer: int, data: bytes) -> None:
        """Put bytes into the guest's memory. Raises :class:`OutOfBounds`."""
        self.ask("write", at=_checked_place(pointer, len(data)), data=data)

    def pages(self) -> int:
        """Size of the guest's memory now, in pages of 64 KiB."""
        return int(self.recall("pages").get("pages", 0))

    def events(self) -> list[Event]:
        """What the guest called in the host since the last time; see :mod:`plugbay_conformance.engines.journal`."""
        reply = self.recall("events")
        events = [
            Event(item["name"], tuple(map(decoded, item["data"] or ())), item.get("level"))
            for item in reply.get("events", ())
        ]
        if reply.get("dropped"):
            events.append(Event(DROPPED, (str(reply["dropped"]).encode(),)))
        return events

    def state(self) -> dict[str, bytes]:
        """What the host's store holds now."""
        return {key: decoded(value) for key, value in self.recall("state").get("state", {}).items()}

    def run_allocator(self, allocator: Allocator, plan: Sequence[AllocatorStep], rounds: int) -> AllocatorRun:
        """Run a plan over and over. Raises :class:`GuestStopped`, :class:`ValueError` for a plan without sense."""
        check_plan(plan, rounds)
        steps = [(step.slot, -1 if step.size is None else step.size) for step in plan]
        found = self._bulk("run_allocator", allocator, None, plan=steps, rounds=rounds)
        fault = _fault(found)
        sentence = None if fault is None else f"round {fault.position + 1}: {fault.sentence()}"
        return AllocatorRun(found["done"], found["pages_after_first"], found["pages"], sentence)

    def repeat_packed(self, allocator: Allocator, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        """Send messages by the thousand. Raises :class:`GuestStopped`, :class:`OutOfBounds`."""
        if not payloads:
            raise ValueError("there is no payload to send")
        found = self._bulk("repeat_packed", allocator, function, payloads=list(payloads), count=count)
        fault = _fault(found)
        if fault is not None:
            raise_fault(fault)
        return Repeated(found["done"], found["pages_after_first"], found["pages"], found["digest"])

    def _bulk(self, operation: str, allocator: Allocator, function: str | None, **fields: object) -> dict[str, Any]:
        for name, kind in exports_of(allocator, function).items():
            require_type(self._info, name, kind)
        names = {"alloc": allocator.alloc, "free": allocator.free, "shape": shape_number(allocator)}
        reply = self.ask(operation, seconds=PREPARE_SECONDS, allocator=names, export=function or "", **fields)
        found: dict[str, Any] = reply["bulk"]
        return found


def _checked_place(pointer: int, length: int) -> int:
    """The pointer of a range that the program takes. Raises :class:`OutOfBounds` when no memory could hold it."""
    if not (0 <= pointer < 2**32 and 0 <= length < 2**32):
        raise OutOfBounds(f"{length} bytes at {pointer:#x} do not lie in any memory")
    return pointer


def _fault(found: dict[str, Any]) -> Fault | None:
    wrong = found["fault"]
    if wrong is None:
        return None
    memory_bytes = found["pages"] * PAGE_BYTES
    return Fault(FaultKind(wrong["kind"]), wrong["pointer"], wrong["size"], found["done"], memory_bytes)
