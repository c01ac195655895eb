"""Why a guest stopped: what the host kept, what its driver meant, or what the engine reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.failures import cause_error, out_of_memory
from plugbay.engines.wasmtime.mailbox import Word
from plugbay.engines.wasmtime.traps import call_error
from plugbay.errors import CallError, GuestTrap

if TYPE_CHECKING:
    import wasmtime

    from plugbay.engines.wasmtime.watch import GuestWatch
    from plugbay.limits import Limits


class Diagnosis:
    """Turns the engine's errors of one guest into plugbay's. ``memory`` is the guest's, where it exports any."""

    def __init__(
        self,
        store: wasmtime.Store,
        watch: GuestWatch,
        memory: wasmtime.Memory | None,
        *,
        plugin: str,
        limits: Limits,
        code_shift: int,
    ) -> None:
        self._store = store
        self._watch = watch
        self._memory = memory
        self._initial_pages = self._pages()
        self._plugin = plugin
        self._limits = limits
        self._code_shift = code_shift

    def failure(self, error: wasmtime.Trap | wasmtime.WasmtimeError) -> BaseException:
        """Why the guest stopped."""
        pending = self._watch.take_pending()
        if pending is not None:
            return pending
        header = self._watch.header
        meant = cause_error(header[Word.CAUSE], header[Word.DETAIL], plugin=self._plugin, limits=self._limits)
        if meant is not None:
            return meant
        failure = call_error(error, plugin=self._plugin, fuel=self._limits.fuel, code_shift=self._code_shift)
        return self._out_of_memory(failure) if isinstance(failure, GuestTrap) else failure

    def _out_of_memory(self, trap: GuestTrap) -> CallError:
        """A guest that aborts (``unreachable``) after it grew its memory to the limit ran out of it."""
        pages = self._pages()
        if trap.trap != "unreachable" or pages < self._limits.memory_pages or pages == self._initial_pages:
            return trap
        error = out_of_memory(pages, plugin=self._plugin)
        error.__cause__ = trap
        return error

    def _pages(self) -> int:
        return self._memory.size(self._store) if self._memory is not None else 0
