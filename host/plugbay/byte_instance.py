"""A live plugin as the host sees it: raw calls of its exports, and messages on their ports."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from plugbay.byte_guest import start_guest
from plugbay.errors import ConfigInvalid, InvalidOutput, ModuleError, PlugbayError
from plugbay.guest_log import GuestLog
from plugbay.message.payloads import decode_output, encode_input
from plugbay.one_by_one import calls_one_by_one, one_by_one
from plugbay.outcome import Disposition, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay.byte_guest import ByteGuest
    from plugbay.message import Message

PORT_IN = "in"
PORT_OUT = "out"


class ByteInstance:
    """One guest of any ABI. Port ``in`` is its default function; any other port the function of that name.

    ``find`` answers the function that any other name means, or raises what says why there is none.
    """

    def __init__(
        self,
        guest: ByteGuest,
        plugin: str,
        functions: frozenset[str],
        default_function: str,
        find: Callable[[str], str],
    ) -> None:
        self.poisoned = False
        self._guest = guest
        self._invoke = guest.invoke
        self._plugin = plugin
        self._functions = functions
        self._default = default_function
        self._find = find
        self._batches = guest.batches
        self._log = GuestLog(plugin)
        start_guest(guest, self._log)

    def call(self, function: str, payload: bytes) -> bytes:
        """The raw output of an export. Log lines go to Python's logging."""
        if function not in self._functions:
            function = self._find(function)
        try:
            output = self._invoke(function, payload)
        except BaseException:
            self._settle()
            raise
        if self._guest.unsettled:
            self._settle()
        return output

    def call_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Raw outputs, in order."""
        if function not in self._functions:
            function = self._find(function)
        if not self._batches:
            return calls_one_by_one(self, function, payloads)
        results = self._guest.invoke_many(function, payloads)
        self._settle()
        return results

    def process(self, message: Message, port: str) -> Outcome:
        """One message; its answer comes out of port ``out``."""
        function = self._function_at(port)
        started = perf_counter()
        try:
            result: bytes | PlugbayError = self._invoke(function, encode_input(message))
        except PlugbayError as error:
            result = error
        self.poisoned = self._guest.poisoned
        return self._outcome(message, result, perf_counter() - started, self._guest.fuel_used)

    def process_many(self, messages: Sequence[Message], port: str) -> list[Outcome]:
        """Messages in order."""
        return one_by_one(self, messages, lambda message: self.process(message, port))

    def interrupt(self) -> None:
        """Stop what runs; for other threads."""
        self._guest.interrupt()

    def close(self) -> None:
        """Free the plugin."""
        self._guest.poisoned = self._guest.poisoned or self.poisoned
        self._guest.close()

    def _outcome(self, message: Message, result: bytes | PlugbayError, seconds: float, fuel: int | None) -> Outcome:
        logs = self._guest.take_logs()
        if isinstance(result, PlugbayError):
            return Outcome(Disposition.ERROR, (), logs, None, None, fuel, seconds, result)
        if not result:
            return Outcome(Disposition.DROP, (), logs, None, None, fuel, seconds)
        try:
            answer = decode_output(message, result, plugin=self._plugin)
        except InvalidOutput as error:
            return Outcome(Disposition.ERROR, (), logs, None, None, fuel, seconds, error)
        return Outcome(Disposition.OK, ((PORT_OUT, answer),), logs, None, None, fuel, seconds)

    def _settle(self) -> None:
        """After raw calls: log what was logged."""
        self.poisoned = self._guest.poisoned
        self._log.write(self._guest.take_logs())

    def _function_at(self, port: str) -> str:
        if port == PORT_IN:
            return self._default
        if port in self._functions:
            return port
        try:
            return self._find(port)
        except ModuleError as error:
            raise ConfigInvalid(
                f"there is the port {PORT_IN} and one for each function, no {port}",
                plugin=self._plugin,
                function=port,
                expected=", ".join(sorted({PORT_IN, *self._functions})),
                found=port,
                hint=error.hint,
            ) from error
