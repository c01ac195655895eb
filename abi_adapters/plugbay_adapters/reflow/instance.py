"""A live actor: messages on its ports, state that commits with them, and raw calls."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from plugbay.byte_guest import start_guest
from plugbay.errors import (
    InvalidMessage,
    InvalidOutput,
    MissingExport,
    PermissionDenied,
    PlugbayError,
    TooManyMessages,
)
from plugbay.guest_log import GuestLog
from plugbay.message.payloads import SURELY_SMALL, required_message
from plugbay.one_by_one import calls_one_by_one, one_by_one
from plugbay.outcome import Disposition, Outcome
from plugbay_adapters.reflow.ports import InputReader, to_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugbay.byte_guest import ByteGuest
    from plugbay.message import Message
    from plugbay.outcome import StateChange
    from plugbay_adapters.reflow.actor import Actor
    from plugbay_adapters.reflow.context import ContextWriter
    from plugbay_adapters.reflow.host_functions import ActorFunctions
    from plugbay_adapters.reflow.result import ResultReader
    from plugbay_adapters.reflow.values import Value


class ReflowInstance:
    """One actor on either engine. Its ports are its inports, and ``in`` for several of them at once.

    A message's state commits when it succeeds and is forgotten when it fails. What the actor sends while it runs comes
    before what it returns, and a message that fails has sent nothing.
    """

    context: ContextWriter

    def __init__(
        self,
        guest: ByteGuest,
        own: ActorFunctions,
        actor: Actor,
        functions: frozenset[str],
        entry: str,
        results: ResultReader,
    ) -> None:
        self.poisoned = False
        self.guest = guest
        self._own = own
        self._services = guest.services
        self._plugin = actor.plugin
        self._functions = functions
        self._entry = entry
        self._results = results
        self._inputs = InputReader(actor.metadata, plugin=actor.plugin)
        self._log = GuestLog(actor.plugin)
        start_guest(guest, self._log)

    def call(self, function: str, payload: bytes) -> bytes:
        """The raw output of an export, state committed. Log lines go to Python's logging; what it sends is lost."""
        if function not in self._functions:
            raise MissingExport(
                f"there is no function {function} to call",
                plugin=self._plugin,
                function=function,
                expected=", ".join(sorted(self._functions)),
                hint=f"messages go to {self._entry}",
            )
        try:
            self._own.begin()
            self._services.begin()
            output = self.guest.invoke(function, payload)
            self._services.commit()
        except BaseException:
            self._services.rollback()
            raise
        finally:
            self._settle()
        return output

    def call_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Raw outputs, in order."""
        return calls_one_by_one(self, function, payloads)

    def process(self, message: Message, port: str) -> Outcome:
        """One message on an inport, or on ``in`` for several at once.

        Raises :class:`ConfigInvalid` for a port that there is not; what else goes wrong is in the outcome.
        """
        started = perf_counter()
        try:
            payload = self._inputs.read(message, port)
        except InvalidMessage as refused:
            return Outcome(Disposition.ERROR, seconds=perf_counter() - started, error=refused)
        messages: tuple[tuple[str, Message], ...] = ()
        change: StateChange | None = None
        error: PlugbayError | None = None
        try:
            messages, change = self._process(message, payload)
        except PlugbayError as raised:
            self._services.rollback()
            error = raised
        except BaseException:
            self._services.rollback()
            raise
        self.poisoned = self.guest.poisoned or isinstance(error, InvalidOutput)
        disposition = Disposition.ERROR if error else Disposition.OK if messages else Disposition.DROP
        seconds = perf_counter() - started
        return Outcome(
            disposition, messages, self.guest.take_logs(), None, change, self.guest.fuel_used, seconds, error
        )

    def process_many(self, messages: Sequence[Message], port: str) -> list[Outcome]:
        """Messages in order."""
        return one_by_one(self, messages, lambda message: self.process(message, port))

    def interrupt(self) -> None:
        """Stop what runs; for other threads."""
        self.guest.interrupt()

    def close(self) -> None:
        """Free the actor."""
        self.guest.poisoned = self.guest.poisoned or self.poisoned
        self.guest.close()

    def _process(
        self, message: Message, payload: Mapping[str, Value]
    ) -> tuple[tuple[tuple[str, Message], ...], StateChange | None]:
        services = self._services
        services.begin()
        self._own.begin()
        state = services.state_snapshot() if services.permissions.state else {}
        output = self.guest.invoke(self._entry, self.context.write(payload, state))
        self._own.spend(len(output))
        result = self._results.read_result(output)
        values = (*self._own.sent, *result.outputs.items())
        if len(values) > services.limits.messages_out:
            raise TooManyMessages.over(self._plugin, services.limits.messages_out)
        if result.state is not None:
            self._replace_state(result.state)
        messages = tuple((name, to_message(name, value, message)) for name, value in values)
        if self._own.sent or len(output) > SURELY_SMALL:  # the depth of values is judged where they are read
            for name, answer in messages:
                required_message(answer, plugin=self._plugin, port=name)
        return messages, services.commit()

    def _replace_state(self, state: Mapping[str, bytes]) -> None:
        """Make the state what the actor returned; keys that are not in it are gone."""
        services = self._services
        if not services.permissions.state:
            if state:
                raise PermissionDenied(
                    "returned a state, and state was not granted",
                    plugin=self._plugin,
                    expected="state",
                    hint="Permissions(state=True), or --allow state; --state sqlite:FILE keeps it",
                )
            return
        for key in services.state_snapshot().keys() - state.keys():
            services.state_put(key, None)
        for key, value in state.items():
            services.state_put(key, value)

    def _settle(self) -> None:
        """After a raw call: log what was logged, and say what is lost."""
        self.poisoned = self.guest.poisoned
        self._log.write(self.guest.take_logs())
        if self._own.sent:
            self._log.warn(f"{len(self._own.sent)} sent messages are lost: a raw call has no place for them")
            self._own.begin()
