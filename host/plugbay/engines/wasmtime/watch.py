"""Watches over one guest while it runs: its deadline, whether it was interrupted, and what is raised afterwards."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from plugbay.engines.wasmtime.failures import deadline_exceeded
from plugbay.engines.wasmtime.mailbox import Word
from plugbay.engines.wasmtime.unchecked import EpochWatch, blank_header
from plugbay.errors import CallInterrupted

if TYPE_CHECKING:
    import wasmtime

    from plugbay.limits import Limits
    from plugbay.services import HostServices


class GuestWatch:
    """The epoch's questions about one guest, answered from its mailbox's header.

    ``header`` is blank until the mailbox exists; ``serves`` says whether the guest asks the host for anything, so that
    its messages run one by one by the clock of the services. ``pending`` is what the host stopped it for.
    """

    def __init__(self, store: wasmtime.Store, plugin: str, limits: Limits, services: HostServices) -> None:
        self.header: Any = blank_header()
        self.serves = False
        self.pending: BaseException | None = None
        self._plugin = plugin
        self._limits = limits
        self._services = services
        self._interrupted = False
        self._seen = -1
        self._since = 0.0
        self._epoch = EpochWatch(store, self._may_go_on, self.keep_error)

    def keep_error(self, error: BaseException) -> None:
        """Keep an exception that can't pass through wasm; the call raises it after the guest stopped."""
        self.pending = error

    def take_pending(self) -> BaseException | None:
        """What is to be raised, once."""
        pending, self.pending = self.pending, None
        return pending

    def close(self) -> None:
        """Let go of the callback, which refers to this object: else it would wait for the collector of cycles."""
        del self._epoch

    def interrupt(self) -> None:
        """Stop the guest at the next tick, for good; for other threads."""
        self._interrupted = True

    def _may_go_on(self) -> bool:
        """The question at each tick: whether the message that runs is still within its deadline."""
        if not self.header[Word.OPEN]:
            return True  # the driver was just entered, and the serial is that of the message before
        now = monotonic()
        serial = self.header[Word.SERIAL]
        if serial != self._seen:
            self._seen = serial
            self._since = now
        ends = self._services.deadline_at if self.serves else self._since + self._limits.deadline
        if self._interrupted:
            self.pending = CallInterrupted("was stopped, since the plugin is closing", plugin=self._plugin)
            return False
        if now < ends:
            return True
        self.pending = deadline_exceeded(plugin=self._plugin, limits=self._limits)
        return False
