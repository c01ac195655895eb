"""The functions of one guest beside a driver that calls them through a table: bytes in, bytes out, by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.records import LogReader
from plugbay.errors import GuestError, GuestTrap, PlugbayError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.engines.wasmtime.driven import DrivenInstance
    from plugbay.engines.wasmtime.mailbox import Row
    from plugbay.outcome import LogRecord


class DrivenFunctions(ABC):
    """A :class:`~plugbay.byte_guest.ByteGuest` on wasmtime. An ABI says what a special row and a report mean."""

    def __init__(self, plugin: str) -> None:
        self.poisoned = False
        self.unsettled = True
        self._plugin = plugin
        self._selected = ""
        self._logs: list[LogRecord] = []

    @abstractmethod
    def _result(self, row: Row) -> bytes:
        """The output of a row that is special. Raises :class:`GuestError`."""

    @abstractmethod
    def _report(self, kind: int, data: bytes) -> str | None:
        """The error text that a record which is no log line reports; None when it is no report."""

    def attach(self, guest: DrivenInstance) -> None:
        """Join the instance; before that there is only its host side."""
        self._guest = guest
        self._invoke = guest.invoke
        self.services = guest.services
        self.batches = guest.batches

    def start(self) -> None:
        """Run the start-up functions."""
        try:
            self._take_records(self._guest.start())
        except PlugbayError as error:
            self.poisoned = True
            text = self._take_records(self._guest.unfinished())
            if text:
                error.reason = f"{error.reason} ({text})"
            raise

    def invoke(self, function: str, payload: bytes) -> bytes:
        """One call of an export: its output."""
        if function != self._selected:
            self._select(function)
        try:
            output = self._invoke(payload)
            if output is not None:
                return output
            self.unsettled = True
            row = self._guest.row()
        except PlugbayError as error:
            self.unsettled = True
            failure = self._failure(error)
            raise failure from failure.__cause__
        return self._result(row)

    def invoke_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Calls in order, in as few crossings as their sizes allow."""
        if function != self._selected:
            self._select(function)
        self.unsettled = True
        results = self._guest.invoke_many(payloads, _same, self._either, self._failure)
        self.poisoned = self._guest.poisoned
        return results

    def take_logs(self) -> tuple[LogRecord, ...]:
        """The log lines since they were last taken, and the host's notes on services that it refused."""
        if self.batches and not self._logs:
            self.unsettled = False
            return ()
        logs = (*self._logs, *self._guest.notes())
        self._logs.clear()
        self.unsettled = not self.batches
        return logs

    @property
    def fuel_used(self) -> int | None:
        """Fuel units of the last single call; None when not metered."""
        return self._guest.fuel_used

    def interrupt(self) -> None:
        """Stop what runs; for other threads."""
        self._guest.interrupt()

    def close(self) -> None:
        """Free it."""
        self._guest.close()

    def _select(self, function: str) -> None:
        self._guest.select(self._guest.functions.number(function))
        self._selected = function

    def _either(self, row: Row) -> bytes | PlugbayError:
        try:
            return self._result(row)
        except GuestError as error:
            return error

    def _failure(self, error: PlugbayError) -> PlugbayError:
        """The error of a call that did not return: what the guest reported before it trapped comes first."""
        self.poisoned = self._guest.poisoned
        text = self._take_records(self._guest.unfinished())
        # That it ran out of memory may be the host's guess about a trap: what the guest says is better.
        trapped = isinstance(error, GuestTrap) or isinstance(error.__cause__, GuestTrap)
        if text and trapped:
            reported = GuestError(text, plugin=self._plugin, function=self._selected)
            reported.__cause__ = error
            return reported
        error.function = error.function or self._selected
        return error

    def _take_records(self, area: bytes) -> str | None:
        """Keep the log lines of an area; the error text that the guest reported last, if any."""
        reader = LogReader()
        others = reader.take(area)
        self._logs += reader.finish()
        for kind, data in reversed(others):
            report = self._report(kind, data)
            if report is not None:
                return report
        return None


def _same(output: bytes) -> bytes | PlugbayError:
    return output
