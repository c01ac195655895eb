"""A live gear: raw calls, typed messages and encoded ones."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from plugbay.errors import ConfigInvalid, InvalidOutput, MessageRejected, MissingExport, PlugbayError
from plugbay.guest_log import GuestLog
from plugbay.one_by_one import calls_one_by_one, one_by_one
from plugbay.outcome import Disposition, Outcome
from plugbay_adapters.fluxrig.reply import Failure, Reply, outcome_of, plain_reply, read_reply, split_records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay.engines.wasmtime.driven import DrivenInstance
    from plugbay.engines.wasmtime.mailbox import Row
    from plugbay.limits import Limits
    from plugbay.message import Message

PORT_IN = "in"


class FluxrigInstance:
    """One gear. The messages of a gear that asks the host for nothing run in batches, the others one by one.

    A message that is rejected, like one that fails, leaves no state behind.
    """

    def __init__(self, guest: DrivenInstance, plugin: str, entrypoint: str, limits: Limits) -> None:
        self.poisoned = False
        self._guest = guest
        self._invoke = guest.invoke
        self._plugin = plugin
        self._entrypoint = entrypoint
        self._limits = limits
        self._batches = guest.batches
        self._log = GuestLog(plugin)
        self._start()

    def call(self, function: str, payload: bytes) -> bytes:
        """The raw result of the entrypoint; ``b""`` when the message was dropped. Log lines go to Python's logging.

        Raises :class:`MessageRejected` with the gear's reason, and what the call led to.
        """
        if function != self._entrypoint:
            raise self._no_function(function)
        try:
            output = self._invoke(payload)
            if output is None:
                output = self._raw(self._guest.row())
            if not self._batches:
                self._log.write(self._guest.notes())
                self._guest.services.commit()
        except BaseException:
            self._abandon()
            raise
        return output

    def call_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Raw results, in order."""
        if function != self._entrypoint:
            raise self._no_function(function)
        if not self._batches:
            return calls_one_by_one(self, function, payloads)
        results = self._guest.invoke_many(payloads, _same, self._raw_or_error, self._raw_failure)
        self.poisoned = self._guest.poisoned
        return results

    def process(self, message: Message, port: str) -> Outcome:
        """One message on port ``in``; what the gear sends comes out of port ``out``."""
        self._check_port(port)
        return self._process(message.to_cbor)

    def process_many(self, messages: Sequence[Message], port: str) -> list[Outcome]:
        """Messages on port ``in``, in order; the seconds of a batch are shared out evenly among its outcomes."""
        self._check_port(port)
        if not self._batches:
            return one_by_one(self, messages, lambda message: self._process(message.to_cbor))
        payloads: list[bytes] = []
        unfit: dict[int, Outcome] = {}
        for index, message in enumerate(messages):
            try:
                payloads.append(message.to_cbor())
            except PlugbayError as error:
                unfit[index] = Outcome(Disposition.ERROR, error=error)
        outcomes = self._batch(payloads, plain_reply)
        for index, outcome in unfit.items():
            if index <= len(outcomes):
                outcomes.insert(index, outcome)
        return outcomes

    def process_encoded(self, payloads: Sequence[bytes], port: str) -> list[bytes | Outcome]:
        """Encoded messages on port ``in``, in order."""
        self._check_port(port)
        if not self._batches:
            return one_by_one(self, payloads, lambda payload: self._process(lambda: payload))
        return self._batch(payloads, _same)

    def interrupt(self) -> None:
        """Stop what runs; for other threads."""
        self._guest.interrupt()

    def close(self) -> None:
        """Free the gear."""
        self._guest.close()

    def _start(self) -> None:
        """Run the start functions; there is no message yet, so what they log goes to Python's logging."""
        guest = self._guest
        try:
            self._log.write(split_records(guest.start()).logs)
            guest.services.commit()
        except PlugbayError as error:
            self._log.write(self._failure(error).logs)
            guest.services.rollback()
            guest.close()
            raise
        self._log.write(guest.notes())

    def _process(self, encode: Callable[[], bytes]) -> Outcome:
        """One message alone: its own clock, fuel and state transaction."""
        started = perf_counter()
        guest = self._guest
        entry: Reply | Failure
        try:
            output = guest.invoke(encode())
            entry = self._reply(guest.row()) if output is None else Reply(Disposition.OK, output, logs=guest.notes())
        except PlugbayError as error:
            entry = self._failure(error)
        outcome = self._outcome(entry, perf_counter() - started, guest.fuel_used)
        return outcome if self._batches else self._settle(outcome)

    def _settle(self, outcome: Outcome) -> Outcome:
        """Commit the state of a message that succeeded, roll back that of any other."""
        if outcome.disposition in (Disposition.ERROR, Disposition.REJECT):
            self._guest.services.rollback()
            return outcome
        try:
            change = self._guest.services.commit()
        except PlugbayError as error:
            self._guest.services.rollback()
            return replace(outcome, disposition=Disposition.ERROR, messages=(), error=error)
        return outcome if change is None else replace(outcome, state_change=change)

    def _batch(self, payloads: Sequence[bytes], plain: Callable[[bytes], Any]) -> list[Any]:
        started = perf_counter()
        entries = self._guest.invoke_many(payloads, plain, self._reply, self._failure)
        share = (perf_counter() - started) / max(1, len(entries))
        self.poisoned = self._guest.poisoned
        return [entry if isinstance(entry, bytes) else self._outcome(entry, share, None) for entry in entries]

    def _outcome(self, entry: Reply | Failure, seconds: float, fuel: int | None) -> Outcome:
        self.poisoned = self.poisoned or self._guest.poisoned
        if isinstance(entry, Reply):
            try:
                return outcome_of(entry, plugin=self._plugin, limits=self._limits, fuel=fuel, seconds=seconds)
            except PlugbayError as error:
                self.poisoned = self.poisoned or isinstance(error, InvalidOutput)
                entry = Failure(error, entry.logs)
        return Outcome(Disposition.ERROR, (), entry.logs, None, None, fuel, seconds, entry.error)

    def _reply(self, row: Row) -> Reply:
        return read_reply(self._guest, row)

    def _failure(self, error: PlugbayError) -> Failure:
        left = split_records(self._guest.unfinished())
        return Failure(error, (*left.logs, *self._guest.notes()))

    def _raw(self, row: Row) -> bytes:
        """The result of a raw call whose row is special. Raises :class:`MessageRejected`."""
        reply = self._reply(row)
        self._log.write(reply.logs)
        if reply.emitted:
            self._log.warn(f"{len(reply.emitted)} emitted messages are lost: a raw call has no place for them")
        if reply.disposition is Disposition.REJECT:
            raise MessageRejected(reply.reason or "no reason given", plugin=self._plugin, function=self._entrypoint)
        return reply.result

    def _raw_or_error(self, row: Row) -> bytes | PlugbayError:
        try:
            return self._raw(row)
        except MessageRejected as error:
            return error

    def _raw_failure(self, error: PlugbayError) -> PlugbayError:
        self._log.write(self._failure(error).logs)
        return error

    def _abandon(self) -> None:
        """After a raw call that failed: keep its log lines, drop its state."""
        guest = self._guest
        if guest.poisoned:
            self._log.write(split_records(guest.unfinished()).logs)
        self._log.write(guest.notes())
        guest.services.rollback()
        self.poisoned = guest.poisoned

    def _check_port(self, port: str) -> None:
        if port != PORT_IN:
            raise ConfigInvalid(
                f"a fluxrig gear has the input port {PORT_IN}, no {port}",
                plugin=self._plugin,
                function=port,
                expected=PORT_IN,
                found=port,
            )

    def _no_function(self, function: str) -> MissingExport:
        return MissingExport(
            f"there is no function {function} to call",
            plugin=self._plugin,
            function=function,
            expected=self._entrypoint,
            hint=f"this gear's entrypoint is {self._entrypoint}",
        )


def _same(value: Any) -> Any:
    return value
