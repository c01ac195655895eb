"""A live Extism plugin on libextism."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay.engines.extism.failures import TIMED_OUT, call_error, was_stopped
from plugbay.errors import (
    CallInterrupted,
    ConfigInvalid,
    InitFailed,
    InputTooLarge,
    InvalidHandle,
    LimitExceeded,
    ModuleError,
    OutOfMemory,
    OutputTooLarge,
    PlugbayError,
)
from plugbay.functions import FunctionCall

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from plugbay.engines.extism.failures import Failure
    from plugbay.engines.extism.library import NativeCode
    from plugbay.outcome import LogRecord
    from plugbay.services import HostServices
    from plugbay_adapters.extism.reference import ReferenceCode
    from plugbay_adapters.extism.reference_functions import Switchboard

_ABSENT: Final = "plugbay:absent"
"""A function that no module exports: calling it makes libextism instantiate the plugin and run nothing."""
_NO_SUCH: Final = f"Function not found: {_ABSENT}"
_SETTLED: Final = 0.02
"""Seconds after which a call runs for sure. libextism forgets a call, with its deadline, that is cancelled between its
start in the timer and its start in the engine."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Native code, and the switchboard of its callbacks."""

    code: NativeCode
    board: Switchboard


class ReferenceGuest:
    """One live plugin; see :class:`~plugbay.byte_guest.ByteGuest`.

    It runs in the process that first used libextism: in a child of it, every call raises
    :class:`~plugbay.errors.ConfigInvalid` at once.
    """

    fuel_used = None
    """libextism's Python package does not meter fuel."""

    def __init__(self, code: ReferenceCode, seat: Seat, services: HostServices) -> None:
        self.poisoned = False
        self.unsettled = True
        self.batches = not seat.board.functions
        self.services = services
        self._code = code
        self._seat = seat
        self._native = seat.code.instantiate()
        self._check_process = seat.code.library.check_process
        self._plugin = code.plan.options.name
        self._limits = code.plan.options.limits
        self._interrupted = False
        self._since = 0.0
        self._closed = False

    def start(self) -> None:
        """Instantiate it and run its start-up, each function under the deadline."""
        try:
            failure = self._call(_ABSENT, b"")
            if failure is not None and failure.text != _NO_SUCH:
                self._judge(failure, "instantiation")
            for function in self._code.plan.start_ups:
                self._run(function, b"")
        except (LimitExceeded, CallInterrupted, ConfigInvalid):
            raise
        except PlugbayError as error:
            raise InitFailed(f"its start-up failed: {error.reason}", plugin=self._plugin) from error

    def invoke(self, function: str, payload: bytes) -> bytes:
        """One call of an export: its output; see :class:`~plugbay.byte_guest.ByteGuest`."""
        if len(payload) > self._limits.input_bytes:
            raise InputTooLarge(
                f"an input of {len(payload)} bytes is over the limit of {self._limits.input_bytes}",
                plugin=self._plugin,
                limit="input_bytes",
                expected=self._limits.input_bytes,
                found=len(payload),
                hint="raise Limits.input_bytes",
            )
        self.services.begin()
        return self._run(function, payload)

    def invoke_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Calls in order, each a crossing of its own."""
        results: list[bytes | PlugbayError] = []
        for payload in payloads:
            try:
                results.append(self.invoke(function, payload))
            except PlugbayError as error:
                results.append(error)
            if self.poisoned:
                break
        return results

    def take_logs(self) -> tuple[LogRecord, ...]:
        """None: libextism has one log for the whole process."""
        return ()

    def interrupt(self) -> None:
        """End what runs, after 20 ms of it at the earliest, and any later call."""
        self._interrupted = True
        since = self._since
        if since:
            time.sleep(max(since + _SETTLED - time.monotonic(), 0))
            if self._since == since:
                self._native.cancel()

    def close(self) -> None:
        """Free it, and leave its code to the next guest."""
        if not self._closed:
            self._closed = True
            self._native.close()
            self._code.give_back(self._seat)

    def _run(self, function: str, payload: bytes) -> bytes:
        failure = self._call(function, payload)
        if failure is not None:
            self._judge(failure, function)
        output = self._native.output(self._limits.output_bytes)
        if output is None:
            raise self._output_too_large()
        return output

    def _call(self, function: str, payload: bytes) -> Failure | None:
        """Call an export, interrupts and exceptions of host functions seen to."""
        self._check_process(self._plugin)
        if not self.batches:
            self._seat.board.call = FunctionCall(self._plugin, function, self.services.deadline_at)
        self._since = time.monotonic()  # before the flag is read, so that whoever sets it goes on to cancel the call
        self._check_interrupted()
        self.poisoned = True  # until it is known what became of the call
        try:
            failure = self._native.call(function, payload)
        finally:
            self._since = 0.0
        fault = self._seat.code.take_fault()
        if fault is not None:
            if isinstance(fault, (InvalidHandle, OutOfMemory)) and (self._interrupted or not self.services.remaining()):
                self._judge(TIMED_OUT, function)  # a guest that is stopped has no memory to read or write
            raise fault
        self.poisoned = False
        return failure

    def _judge(self, failure: Failure, function: str) -> NoReturn:
        """Raise what the failure means."""
        if failure.text == "timeout":
            self._check_interrupted()
        shift = self._code.plan.code_shift
        error = call_error(failure, plugin=self._plugin, function=function, limits=self._limits, code_shift=shift)
        self.poisoned = was_stopped(failure) and not isinstance(error, ModuleError)
        raise error

    def _output_too_large(self) -> OutputTooLarge:
        size = self._native.output_size()
        return OutputTooLarge(
            f"an output of {size} bytes is over the limit of {self._limits.output_bytes}",
            plugin=self._plugin,
            limit="output_bytes",
            expected=self._limits.output_bytes,
            found=size,
            hint="raise Limits.output_bytes if so much is meant",
        )

    def _check_interrupted(self) -> None:
        if self._interrupted:
            self._since = 0.0
            self.poisoned = True
            raise CallInterrupted("was stopped, since the plugin is closing", plugin=self._plugin)
