"""The contract between cases and engines: sessions with one instance of the module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject
    from plugbay_conformance.host_profile import HostProfile


class StopKind(StrEnum):
    """Why a call ended without an answer."""

    TRAP = "trap"
    EXIT = "exit"
    """The guest called ``proc_exit``."""
    DEADLINE = "deadline"
    LINK = "link"
    """The module could not be instantiated: an import that the host lacks, too much memory, a failing start."""
    ENGINE = "engine"
    """The engine's process died or broke its protocol."""


class GuestStopped(Exception):
    """A call that ended without an answer; the session is of no more use, but for its events."""

    def __init__(self, kind: StopKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class OutOfBounds(Exception):
    """The host read or wrote beyond the guest's memory: the guest handed out a pointer that it does not have."""


@dataclass(frozen=True, slots=True)
class Event:
    """One call of the guest into the host: its import's name without the module, and the bytes handed over.

    ``level`` is that of ``log``; ``data`` holds the arguments that are bytes, in order.
    """

    name: str
    data: tuple[bytes, ...] = ()
    level: int | None = None


@dataclass(frozen=True, slots=True)
class CannedResponse:
    """What the host answers to one HTTP request; nothing ever reaches a network."""

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one session offers its guest, the same on every engine.

    ``state`` is what the host's store holds at the start. The clock stands still at ``clock`` (Unix nanoseconds).
    Random bytes are the blocks SHA-256(seed, counter), both as 8 little-endian bytes, counter from 0, one after the
    other. ``deadline`` is seconds for each call. ``config`` is Extism's.
    """

    state: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    responses: tuple[CannedResponse, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    clock: int = 1_700_000_000_123_456_789
    random_seed: int = 1
    deadline: float = 5.0
    grants_state: bool = True


@dataclass(frozen=True, slots=True)
class AllocatorStep:
    """Allocate ``size`` bytes into ``slot``, or free what the slot holds when ``size`` is None."""

    slot: int
    size: int | None


@dataclass(frozen=True, slots=True)
class AllocatorRun:
    """What became of a plan: ``fault`` is None when every block kept its own bytes and lay in the memory, else one
    sentence about the first that did not."""

    rounds: int
    pages_after_first: int
    pages: int
    fault: str | None


class FunctionShape(StrEnum):
    """How a function of bytes is called, and who frees what (docs/priostack.md, "The conventions")."""

    PACKED = "packed"
    """``alloc(n)``, ``free(p, n)`` or ``free(p)``; ``(p, n) -> i64``; the host frees input and output."""
    MULTI_VALUE = "multi-value"
    """wasm-bindgen: ``alloc(n, 1)``, ``free(p, n, 1)``; ``(p, n) -> (p, n)``; the host frees the output alone."""
    RETPTR = "retptr"
    """wasm-bindgen's older one: ``(at, p, n) -> ()``, the output's pointer and length lie at ``at``, which is
    ``__wbindgen_add_to_stack_pointer(-16)``; 16 is added again afterwards."""
    BUFFER = "buffer"
    """AssemblyScript: ``alloc`` is ``__new(n, 1)``, then ``__pin(p)``; ``free`` is ``__unpin(p)``; ``(p) -> p``, 0 or
    an object whose length is the i32 at p - 4. ``__collect()`` after each round of a plan and every 100 messages."""


@dataclass(frozen=True, slots=True)
class Allocator:
    """The guest's allocator: names of its exports, whether ``free`` takes the length too, and how both are called."""

    alloc: str
    free: str
    free_takes_length: bool = True
    shape: FunctionShape = FunctionShape.PACKED


@dataclass(frozen=True, slots=True)
class Repeated:
    """What became of ``count`` messages: pages of memory after the first hundred and at the end; SHA-256 over all
    outputs in order, each preceded by its length as 4 little-endian bytes (0xffffffff for one that failed)."""

    count: int
    pages_after_first: int
    pages: int
    digest: str


class PointerSession(Protocol):
    """One instance of a module whose calls pass pointers (fluxrig, PrioStack). Integers are unsigned both ways."""

    def call(self, export: str, *arguments: int) -> tuple[int, ...]:
        """Call an export. Raises :class:`GuestStopped`; after a TRAP the session goes on where the host's
        ``keeps_trapped_instance`` says so."""
        ...

    def read(self, pointer: int, length: int) -> bytes:
        """Bytes of the guest's memory. Raises :class:`OutOfBounds`."""
        ...

    def write(self, pointer: int, data: bytes) -> None:
        """Put bytes into the guest's memory. Raises :class:`OutOfBounds`."""
        ...

    def pages(self) -> int:
        """Size of the guest's memory now, in pages of 64 KiB."""
        ...

    def events(self) -> list[Event]:
        """What the guest called in the host since the last time this was asked, in order; at most 1 MiB is kept."""
        ...

    def state(self) -> dict[str, bytes]:
        """What the host's store holds now."""
        ...

    def run_allocator(self, allocator: Allocator, plan: Sequence[AllocatorStep], rounds: int) -> AllocatorRun:
        """Run a plan over and over, filling each block and looking at it before it is freed; fast for 100,000 steps.

        Raises :class:`GuestStopped`.
        """
        ...

    def repeat_packed(self, allocator: Allocator, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        """Send ``count`` messages, the payloads in turn, in the way of the allocator's shape; fast for 10,000.

        ``packed`` is fluxrig's way too; bit 63 of a result is taken for a part of the pointer that is cleared.

        Raises :class:`GuestStopped`, :class:`OutOfBounds`.
        """
        ...

    def close(self) -> None:
        """Free the instance."""
        ...


class CallStatus(StrEnum):
    """How a call of an Extism plugin ended."""

    OK = "ok"
    ERROR = "error"
    """The plugin set an error, or returned a code other than 0."""
    TRAP = "trap"
    DEADLINE = "deadline"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What a call of an Extism plugin answered.

    ``error`` is the plugin's text, or the engine's for a trap; "" for a code without a text. ``code`` is what the
    export returned, None where the engine does not tell.
    """

    status: CallStatus
    output: bytes = b""
    error: str = ""
    code: int | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """What a plugin logged: level is trace, debug, info, warn or error."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class SentRequest:
    """An HTTP request that a plugin made; names of headers in lower case."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes


class CallSession(Protocol):
    """One instance of an Extism plugin, or of a Reflow actor, with Reflow's three host functions in place."""

    def call(self, function: str, payload: bytes) -> CallOutcome:
        """Call an export with bytes. Never raises for what the guest does."""
        ...

    def repeat(self, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        """Call an export ``count`` times, the payloads in turn; fast for 10,000. A call that fails is no stop.

        Pages are those of the plugin's own memory, 0 where the engine can't tell. Raises :class:`GuestStopped` for a
        trap, an exit and an overrun.
        """
        ...

    def logs(self) -> list[LogLine]:
        """What was logged since the last time this was asked."""
        ...

    def requests(self) -> list[SentRequest]:
        """The HTTP requests that were made since the last time this was asked."""
        ...

    def sent(self) -> list[dict[str, object]]:
        """What ``__send_output`` was called with since the last time, parsed."""
        ...

    def state(self) -> dict[str, object]:
        """What ``__set_state`` and the setting have put into the store, JSON values by key."""
        ...

    def close(self) -> None:
        """Free the instance."""
        ...


class ConformanceEngine(Protocol):
    """An engine that sessions can be opened on. It lives in one worker process and is used by one thread."""

    name: str
    version: str

    def open_pointers(self, subject: Subject, host: HostProfile, setting: Setting) -> PointerSession:
        """A fresh instance under that host. Raises :class:`GuestStopped` (kind LINK) when it can't be made."""
        ...

    def open_calls(self, subject: Subject, host: HostProfile, setting: Setting) -> CallSession:
        """A fresh instance of an Extism plugin. Raises :class:`GuestStopped` (kind LINK)."""
        ...

    def close(self) -> None:
        """Free what the engine holds; end its process."""
        ...
