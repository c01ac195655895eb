"""One instance on wasmtime of a module whose calls pass pointers.

A referee's host: it makes the calls that a case asks for, one by one, and relies on none of plugbay's drivers, so that
a mistake of theirs can't hide in a verdict. Only the engine, its cache, its clock and its raw callbacks are shared.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import wasmtime

from plugbay.engines.wasmtime.traps import call_error
from plugbay.engines.wasmtime.unchecked import EpochWatch, HostFunction, guest_export
from plugbay.module.info import FuncType
from plugbay.module.rewrite import START_EXPORT
from plugbay_conformance.engines.bulk import MOST_DEADLINES, exports_of
from plugbay_conformance.engines.contract import GuestStopped, StopKind
from plugbay_conformance.engines.env_imports import EnvImports
from plugbay_conformance.engines.guest_memory import GuestMemory
from plugbay_conformance.engines.imports import WASI, glue_role
from plugbay_conformance.engines.limits import TABLE_ELEMENTS
from plugbay_conformance.engines.prober import Prober
from plugbay_conformance.engines.signatures import callable_type, require_type, start_up, to_signed, to_unsigned
from plugbay_conformance.engines.surroundings import Surroundings
from plugbay_conformance.engines.timer import Timer
from plugbay_conformance.engines.wasi_imports import WasiImports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plugbay.engines.wasmtime.engine import GuestCode
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import Allocator, AllocatorRun, AllocatorStep, Event, Repeated, Setting
    from plugbay_conformance.host_profile import HostProfile

    Body = Callable[..., int | None]

_MASKS: Final = {"i32": 2**32 - 1, "i64": 2**64 - 1}
_ALLOCATORS: Final = ("alloc", "malloc")
_T = TypeVar("_T")


class WasmtimePointers:
    """A :class:`~plugbay_conformance.engines.contract.PointerSession`."""

    def __init__(
        self,
        native: wasmtime.Engine,
        code: GuestCode,
        prober: Callable[[], wasmtime.Module],
        subject: Subject,
        host: HostProfile,
        setting: Setting,
    ) -> None:
        self._subject = subject
        self._host = host
        self._code = code
        self._prober_module = prober
        self._around = Surroundings(setting)
        self._bulk_timer = Timer()
        self._stopped: GuestStopped | None = None
        self._pending: BaseException | None = None
        self._functions: dict[str, Any] = {}
        self._prober: Prober | None = None
        self._store = wasmtime.Store(native)
        self._store.set_limits(table_elements=TABLE_ELEMENTS)
        self._watch = EpochWatch(self._store, self._may_go_on, self._keep)
        self._imports: list[HostFunction] = []
        self._raw_memory: wasmtime.Memory | None = None
        self._instance: wasmtime.Instance | None = None

    def start(self) -> None:
        """Instantiate, and run what makes the module ready. Raises :class:`GuestStopped` (kind LINK)."""
        info = self._subject.info
        try:
            self._link()
            steps = start_up(info, self._subject.abi) if self._host.runs_initialize else []
            if info.start is not None:
                steps.insert(0, START_EXPORT)
            for name in steps:
                self._enter(self._function(name))
        except GuestStopped as stopped:
            raise GuestStopped(StopKind.LINK, f"its start-up failed: {stopped.reason}") from None

    def call(self, export: str, *arguments: int) -> tuple[int, ...]:
        """Call an export. Raises :class:`GuestStopped`."""
        self._require_alive()
        kind = callable_type(self._subject.info, export, arguments)
        result = self._enter(self._function(export), *to_signed(arguments, kind.params))
        return to_unsigned(result, kind.results)

    def read(self, pointer: int, length: int) -> bytes:
        """Bytes of the guest's memory. Raises :class:`OutOfBounds`."""
        return self._around.require_memory().read(pointer, length)

    def write(self, pointer: int, data: bytes) -> None:
        """Put bytes into the guest's memory. Raises :class:`OutOfBounds`."""
        self._around.require_memory().write(pointer, data)

    def pages(self) -> int:
        """Size of the guest's memory now, in pages of 64 KiB."""
        return self._around.memory.pages if self._around.memory is not None else 0

    def events(self) -> list[Event]:
        """What the guest called in the host since the last time; see :mod:`plugbay_conformance.engines.journal`."""
        return self._around.journal.take()

    def state(self) -> dict[str, bytes]:
        """What the host's store holds now."""
        return dict(self._around.state.values)

    def run_allocator(self, allocator: Allocator, plan: Sequence[AllocatorStep], rounds: int) -> AllocatorRun:
        """Run a plan over and over. Raises :class:`GuestStopped`, :class:`ValueError` for a plan without sense."""
        self._require_alive()
        functions = self._bulk_functions(allocator, None)
        return self._bulk(lambda prober: prober.run_plan(allocator, functions, plan, rounds))

    def repeat_packed(self, allocator: Allocator, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        """Send messages by the thousand. Raises :class:`GuestStopped`, :class:`OutOfBounds`."""
        self._require_alive()
        functions = self._bulk_functions(allocator, function)
        return self._bulk(lambda prober: prober.send(allocator, functions, function, payloads, count))

    def close(self) -> None:
        """Free the instance."""
        self._around.memory = None
        self._around.allocate = None
        self._store.close()
        self._imports.clear()  # they hold the session, which holds them

    def _link(self) -> None:
        module = self._code.module
        env, wasi = EnvImports(self._around).bodies(), WasiImports(self._around).bodies()
        functions = [self._import(item, env, wasi) for item in module.imports]
        try:
            self._instance = wasmtime.Instance(self._store, module, functions)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise self._stop(error) from None
        memory = self._export("memory")
        if isinstance(memory, wasmtime.Memory):
            self._raw_memory = memory
            self._around.memory = GuestMemory(self._store, memory)
        for name in _ALLOCATORS:
            if self._subject.info.function(name) == FuncType(("i32",), ("i32",)):
                self._around.allocate = partial(self._allocate, self._function(name))
                break

    def _import(
        self,
        item: wasmtime.ImportType,
        env: Mapping[str, Body],
        wasi: Mapping[str, Body],
    ) -> wasmtime.Func:
        """The body of an import; that there is one, and of that type, was checked by ``check_imports``."""
        assert isinstance(item.type, wasmtime.FuncType)
        name = item.name or ""
        body = wasi[name] if item.module == WASI else env[glue_role(item.module, name) or name]
        function = HostFunction(self._store, item.type, _of_whole_words(body, item.type), self._keep)
        self._imports.append(function)
        return function.function

    def _allocate(self, function: Any, size: int) -> int:
        """Call the guest's allocator from within an import: under the clock of the call that is under way."""
        try:
            return int(function(self._store, *to_signed((size,), ("i32",)))) & _MASKS["i32"]
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise self._stop(error) from None

    def _enter(self, function: Any, *arguments: int) -> Any:
        self._around.timer.start(self._around.setting.deadline)
        try:
            return function(self._store, *arguments)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise self._stop(error) from None
        finally:
            self._around.journal.finish_lines()

    def _stop(self, error: wasmtime.Trap | wasmtime.WasmtimeError) -> BaseException:
        """What a call that did not return ends with: the host's own reason, or the trap."""
        pending, self._pending = self._pending, None
        if pending is not None and not isinstance(pending, GuestStopped):
            return pending
        if pending is None:
            shift = self._code.code_shift
            reason = call_error(error, plugin=self._subject.name, fuel=None, code_shift=shift).reason
            pending = GuestStopped(StopKind.TRAP, reason)
        if not (self._host.keeps_trapped_instance and pending.kind is StopKind.TRAP):
            self._stopped = pending
        return pending

    def _bulk_functions(self, allocator: Allocator, function: str | None) -> dict[str, Any]:
        wanted = exports_of(allocator, function)
        for name, kind in wanted.items():
            require_type(self._subject.info, name, kind)
        return {name: self._function(name) for name in wanted}

    def _bulk(self, run: Callable[[Prober], _T]) -> _T:
        """Let the prober do what takes many calls: each crossing under the deadline of a call, all under several."""
        self._bulk_timer.start(MOST_DEADLINES * self._around.setting.deadline)
        if self._prober is None:
            memory = self._around.require_memory()
            assert self._raw_memory is not None
            self._prober = Prober(self._store, self._prober_module(), self._raw_memory, memory, self._cross)
        return run(self._prober)

    def _cross(self, function: Any, *arguments: int) -> Any:
        self._bulk_timer.check()
        return self._enter(function, *arguments)

    def _function(self, name: str) -> Any:
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = self._export(name)
        return function

    def _export(self, name: str) -> Any:
        assert self._instance is not None
        try:
            return guest_export(self._store, self._instance, name)
        except KeyError:
            return None

    def _require_alive(self) -> None:
        if self._stopped is not None:
            raise GuestStopped(self._stopped.kind, self._stopped.reason)

    def _may_go_on(self) -> bool:
        if self._around.timer.is_over:
            self._pending = self._around.timer.overrun()
            return False
        return True

    def _keep(self, error: BaseException) -> None:
        self._pending = error


def _of_whole_words(body: Body, kind: wasmtime.FuncType) -> Body:
    """The body for raw arguments: the upper half of an i32's word may hold anything."""
    masks = tuple(_MASKS[str(param)] for param in kind.params)

    def called(*raw: int) -> int | None:
        return body(*(word & mask for word, mask in zip(raw, masks, strict=True)))

    return called
