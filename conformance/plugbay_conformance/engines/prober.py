"""The module beside a guest that calls it by the thousand (``prober.wat``), from the host's side."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import wasmtime

from plugbay_conformance.engines.bulk import (
    COLLECT,
    MESSAGES_PER_CROSSING,
    OUTPUT_PER_CROSSING,
    PIN,
    STACK_POINTER,
    STEPS_PER_CROSSING,
    Fault,
    FaultKind,
    check_plan,
    raise_fault,
    shape_number,
)
from plugbay_conformance.engines.contract import Allocator, AllocatorRun, AllocatorStep, Repeated
from plugbay_conformance.engines.guest_memory import GuestMemory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Run = Callable[..., Any]
    """Calls a wasm function of these arguments under the deadline of one call."""

_START: Final = 1024
_SLOT_BYTES: Final = 16
_FREE: Final = 2**32 - 1
_U32: Final = 2**32 - 1


@cache
def prober_text() -> str:
    """The module's text."""
    return files("plugbay_conformance.engines").joinpath("prober.wat").read_text()


@dataclass(frozen=True, slots=True)
class _Layout:
    """The prober's memory: ``table`` of steps or payloads, then slots or bytes, then outputs from ``end`` on."""

    table: int
    end: int


class Prober:
    """An instance of the prober; lives as long as the guest's store."""

    def __init__(
        self, store: wasmtime.Store, module: wasmtime.Module, guest: wasmtime.Memory, memory: GuestMemory, run: Run
    ) -> None:
        exports: Mapping[str, Any] = dict(wasmtime.Instance(store, module, [guest]).exports(store).items())
        self._store = store
        self._exports = exports
        self._own = GuestMemory(store, exports["own"])
        self._guest = memory
        self._run = run

    def run_plan(
        self, allocator: Allocator, functions: Mapping[str, Any], plan: Sequence[AllocatorStep], rounds: int
    ) -> AllocatorRun:
        """Run a plan. Raises :class:`ValueError` for one that makes no sense, :class:`GuestStopped`."""
        slots = check_plan(plan, rounds)
        self._prepare(allocator, functions)
        layout = self._write_plan(plan, slots)
        done, pages_after_first = 0, 0
        while done < rounds:
            several = max(1, STEPS_PER_CROSSING // len(plan)) if done else 1
            wanted = min(several, rounds - done)
            finished = int(self._run(self._exports["run_plan"], layout.table, len(plan), wanted))
            done += finished
            if finished < wanted:
                sentence = f"round {done + 1}: {self._fault(done).sentence()}"
                return AllocatorRun(done, pages_after_first or self._guest.pages, self._guest.pages, sentence)
            pages_after_first = pages_after_first or self._guest.pages
        return AllocatorRun(done, pages_after_first, self._guest.pages, None)

    def send(
        self,
        allocator: Allocator,
        functions: Mapping[str, Any],
        function: str,
        payloads: Sequence[bytes],
        count: int,
    ) -> Repeated:
        """Send messages. Raises :class:`GuestStopped`, :class:`OutOfBounds`."""
        self._prepare(allocator, functions, function)
        layout = self._write_payloads(payloads)
        digest = hashlib.sha256()
        done, pages_after_first = 0, 0
        while done < count:
            end = min(done - done % MESSAGES_PER_CROSSING + MESSAGES_PER_CROSSING, count)
            self._set("top", layout.end)
            arguments = layout.table, len(payloads), done, end, OUTPUT_PER_CROSSING
            done += int(self._run(self._exports["send"], *arguments))
            digest.update(self._own.read(layout.end, self._get("top") - layout.end))
            if self._get("fault"):
                raise_fault(self._fault(done))
            if done == MESSAGES_PER_CROSSING:
                pages_after_first = self._guest.pages
        return Repeated(done, pages_after_first or self._guest.pages, self._guest.pages, digest.hexdigest())

    def _prepare(self, allocator: Allocator, functions: Mapping[str, Any], function: str | None = None) -> None:
        for place, name in enumerate((allocator.alloc, allocator.free, function, STACK_POINTER, PIN, COLLECT)):
            if name is not None and name in functions:
                self._exports["functions"].set(self._store, place, functions[name])
        self._set("shape", shape_number(allocator))
        self._set("fault", 0)

    def _write_plan(self, plan: Sequence[AllocatorStep], slots: int) -> _Layout:
        places = _START + len(plan) * 8
        places += -places % _SLOT_BYTES
        end = places + slots * _SLOT_BYTES
        steps = (
            struct.pack("<II", places + step.slot * _SLOT_BYTES, _FREE if step.size is None else step.size)
            for step in plan
        )
        self._own.grow_to(end)
        self._own.write(_START, b"".join(steps))
        return _Layout(_START, end)

    def _write_payloads(self, payloads: Sequence[bytes]) -> _Layout:
        if not payloads:
            raise ValueError("there is no payload to send")
        place = _START + len(payloads) * 8
        table: list[bytes] = []
        for payload in payloads:
            table.append(struct.pack("<II", place, len(payload)))
            place += len(payload)
        self._own.grow_to(place)
        self._own.write(_START, b"".join((*table, *payloads)))
        return _Layout(_START, place)

    def _fault(self, position: int) -> Fault:
        pointer, size = self._get("fault_pointer") & _U32, self._get("fault_size") & _U32
        return Fault(FaultKind(self._get("fault")), pointer, size, position, self._guest.pages * 65536)

    def _get(self, name: str) -> int:
        return int(self._exports[name].value(self._store))

    def _set(self, name: str, value: int) -> None:
        self._exports[name].set_value(self._store, value)
