"""One live guest beside its driver: calls, batches, the deadline, fuel, and what went wrong."""

from __future__ import annotations

from array import array
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import wasmtime

from plugbay.engines.wasmtime.answers import Answers
from plugbay.engines.wasmtime.batch import Batch, Inputs
from plugbay.engines.wasmtime.diagnosis import Diagnosis
from plugbay.engines.wasmtime.failures import input_too_large, status_error
from plugbay.engines.wasmtime.functions import FunctionTable
from plugbay.engines.wasmtime.mailbox import INPUT, ROW_BYTES, Cause, Row, Word, rows_offset, write_limits
from plugbay.engines.wasmtime.unchecked import Crossing
from plugbay.engines.wasmtime.watch import GuestWatch
from plugbay.errors import CallError, InitFailed, InputTooLarge, LimitExceeded, PlugbayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from plugbay.engines.wasmtime.service_calls import ServiceCalls
    from plugbay.limits import Limits
    from plugbay.outcome import LogRecord
    from plugbay.services import HostServices

T = TypeVar("T")
_LINKING_FUEL = 2**63 - 1
"""Linking is the host's own work; what the guest runs is metered from its first start function on."""


class DrivenInstance:
    """A guest, its driver and the mailbox between; used by one thread at a time.

    ``poisoned`` is set when the guest is in an unknown condition; no call may follow. ``answers`` reads what the last
    crossing left.
    """

    def __init__(self, store: wasmtime.Store, plugin: str, limits: Limits, services: HostServices) -> None:
        self.poisoned = False
        self.services = services
        self._store = store
        self._plugin = plugin
        self._limits = limits
        self._metered = limits.fuel is not None
        self.watch = GuestWatch(store, plugin, limits, services)  # the epoch may ask while the instances are linked
        if self._metered:
            store.set_fuel(_LINKING_FUEL)

    def attach(
        self,
        driver: Mapping[str, Any],
        exports: Mapping[str, Any],
        calls: ServiceCalls,
        *,
        memory: wasmtime.Memory | None,
        serves: bool,
        starts: Sequence[wasmtime.Func],
        code_shift: int,
        keep: tuple[object, ...],
    ) -> None:
        """Join the instantiated driver, the guest's exports and memory, and the host's side of its requests.

        ``serves`` says whether the guest imports anything that is answered in Python; its messages then run one by one,
        each with a clock and a state transaction of its own. ``keep`` must live as long as the store.
        """
        self._driver = driver
        self._exports = exports
        self._crossing = Crossing(self._store, driver["invoke"], driver["invoke_many"], driver["mailbox"])
        self._invoke = self._crossing.invoke
        self.answers = Answers(self._crossing)
        self._room = min(self._crossing.capacity, self._limits.input_bytes)
        self._header = self.watch.header = self._crossing.header
        self._diagnosis = Diagnosis(
            self._store, self.watch, memory, plugin=self._plugin, limits=self._limits, code_shift=code_shift
        )
        self._calls = calls
        calls.connect(self._crossing.read, self._crossing.write)
        self._serves = self.watch.serves = serves
        self._starts = starts
        self._exit_is_success = "exited" in driver
        self._keep = keep
        self.batches = not serves and not self._metered
        write_limits(self._header, self._limits, self.services.permissions)

    def setup(self, data: bytes) -> None:
        """Give a driver that exports ``setup`` what it starts with. Raises :class:`CallError`."""
        if len(data) > self._crossing.capacity and not self._crossing.reserve(len(data)):
            raise self._too_large(len(data))
        self._crossing.write(INPUT, data)
        self._ask_driver("setup")

    def dump(self) -> tuple[int, bytes]:
        """What a driver that exports ``dump`` gives away when the instance is replaced, and how many items they are.

        Works on a poisoned instance too. Raises :class:`CallError`.
        """
        self._header[Word.OPEN] = 0
        self._header[Word.CAUSE] = 0
        if self._metered:
            self._store.set_fuel(_LINKING_FUEL)
        self._ask_driver("dump")
        row = self.answers.row()
        return row.status, self.answers.output(row)

    @cached_property
    def functions(self) -> FunctionTable:
        """The exports that a driver with a table of ``functions`` can be told to call."""
        return FunctionTable(self._store, self._driver["functions"], self._exports)

    def select(self, function: int) -> None:
        """The function, by its number in ``functions``, that the next messages go to."""
        self._crossing.select(function)

    def start(self) -> bytes:
        """Run the guest's start functions, once, under the limits; returns the records that they left.

        Raises :class:`LimitExceeded`, and :class:`InitFailed` for any other failure.
        """
        self._begin()
        start = self._header[Word.TOP]
        self._header[Word.AREA_START] = start
        self._header[Word.OPEN] = 1
        try:
            for function in self._starts:
                self._crossing.run(function)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            failure = self._failure(error)
            if isinstance(failure, PlugbayError) and not isinstance(failure, LimitExceeded):
                raise InitFailed(f"its start-up failed: {failure.reason}", plugin=self._plugin) from failure
            raise failure from failure.__cause__
        self._header[Word.OPEN] = 0
        return self._crossing.read(start, self._header[Word.TOP] - start)

    def invoke(self, payload: bytes) -> bytes | None:
        """One message: its output, or None when :meth:`row` says more.

        Raises :class:`InputTooLarge`, or another :class:`CallError` or :class:`PermissionDenied` and is poisoned.
        """
        if len(payload) > self._room or not self.batches:
            self._prepare(payload)
        try:
            return self._invoke(payload)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            if self._exited_well():
                return None
            failure = self._failure(error)
            raise failure from failure.__cause__

    def row(self) -> Row:
        """What the driver says of the last :meth:`invoke`. Raises when the guest broke its ABI, and is poisoned."""
        row = self.answers.row()
        error = self._row_error(row)
        if error is not None:
            raise error
        return row

    def invoke_many(
        self,
        payloads: Sequence[bytes],
        plain: Callable[[bytes], T],
        special: Callable[[Row], T],
        failed: Callable[[PlugbayError], T],
    ) -> list[T]:
        """Messages in order, as few crossings as their sizes allow; one entry each, shorter only when poisoned.

        ``plain`` gets the output of an ordinary message, ``special`` the row of one that left more, ``failed`` the
        error of one that failed.
        """
        results: list[T] = []
        inputs = Inputs(payloads, most=self._limits.input_bytes)
        while len(results) < len(payloads) and not self.poisoned:
            batch = inputs.batch(len(results))
            if batch is None:
                results.append(failed(self._too_large(len(payloads[len(results)]))))
                continue
            words, error = self._cross(batch)
            if any(words[2::4]):
                results.extend(self._settled(batch.rows(words), plain, special, failed))
            else:
                results.extend(map(plain, batch.outputs(words, self._crossing.read)))
            if error is not None:
                results.append(failed(error))
        return results

    def unfinished(self) -> bytes:
        """The records that a message left before it poisoned the instance; none when it did not."""
        return self.answers.unfinished() if self.poisoned else b""

    def notes(self) -> tuple[LogRecord, ...]:
        """Log lines of the host about services that it refused during the last message."""
        return self._calls.take_notes()

    @property
    def fuel_used(self) -> int | None:
        """Fuel units of the last single call; None when not metered."""
        return (self._limits.fuel or 0) - self._store.get_fuel() if self._metered else None

    def interrupt(self) -> None:
        """Stop the guest at the next tick of the epoch, for good; the one method for other threads."""
        self.watch.interrupt()

    def close(self) -> None:
        """Free the store and all in it."""
        self._store.close()
        # Callbacks refer to what made them: without this, closed instances would wait for the collector of cycles.
        self.watch.close()
        del self._keep, self._calls

    def _prepare(self, payload: bytes) -> None:
        size = len(payload)
        if size > self._limits.input_bytes or (size > self._crossing.capacity and not self._crossing.reserve(size)):
            raise self._too_large(size)
        self._room = min(self._crossing.capacity, self._limits.input_bytes)
        self._begin()

    def _begin(self) -> None:
        if self._metered:
            self._store.set_fuel(self._limits.fuel or 0)
        if self._serves:
            self.services.begin()

    def _cross(self, batch: Batch) -> tuple[array[int], PlugbayError | None]:
        """One crossing: the words of the rows that hold, and the error of the message after them, if one failed."""
        words = array("I")
        crossing = self._crossing
        if len(batch.frames) > crossing.capacity and not crossing.reserve(len(batch.frames)):
            return words, self._too_large(len(batch.frames))
        error: PlugbayError | None = None
        try:
            crossing.invoke_many(batch.frames, batch.count)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as raised:
            if not self._exited_well():
                failure = self._failure(raised)
                if not isinstance(failure, PlugbayError):
                    raise failure from None
                error = failure
        words.frombytes(crossing.read(rows_offset(len(batch.frames)), ROW_BYTES * self._header[Word.INDEX]))
        if self.poisoned and error is None:
            words.extend(self._header[Word.OUTPUT_START : Word.TOP])  # the row of a message that exited well
        return words, error

    def _settled(
        self,
        rows: Iterable[Row],
        plain: Callable[[bytes], T],
        special: Callable[[Row], T],
        failed: Callable[[PlugbayError], T],
    ) -> Iterator[T]:
        for row in rows:
            error = self._row_error(row)
            if error is not None:
                yield failed(error)
            else:
                yield special(row) if row.status else plain(self.answers.output(row))

    def _row_error(self, row: Row) -> CallError | None:
        error = status_error(row.status, row.output_length, plugin=self._plugin, limits=self._limits)
        if error is not None:
            self.poisoned = True
        return error

    def _too_large(self, size: int) -> InputTooLarge:
        return input_too_large(size, plugin=self._plugin, limits=self._limits)

    def _ask_driver(self, function: str) -> None:
        try:
            self._crossing.run(self._driver[function])
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            failure = self._failure(error)
            raise failure from failure.__cause__

    def _exited_well(self) -> bool:
        """Whether the guest ended itself with code 0 where that is success: the header's row then is the message's.

        What it was in the middle of stays as it is, so the instance is not used again.
        """
        header = self._header
        if self.watch.pending or header[Word.CAUSE] != Cause.EXIT or header[Word.DETAIL] or not self._exit_is_success:
            return False
        self.poisoned = True
        header[Word.CAUSE] = 0
        self._ask_driver("exited")
        return True

    def _failure(self, error: wasmtime.Trap | wasmtime.WasmtimeError) -> BaseException:
        """Why the guest stopped; poisons the instance."""
        self.poisoned = True
        return self._diagnosis.failure(error)
