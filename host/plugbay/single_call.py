"""The base of simple adapters: a guest that takes one message per call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from time import perf_counter
from typing import TYPE_CHECKING

from plugbay.errors import PlugbayError
from plugbay.one_by_one import calls_one_by_one, one_by_one
from plugbay.outcome import Disposition, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.message import Message
    from plugbay.services import HostServices


class SingleCallInstance(ABC):
    """A :class:`~plugbay.GuestInstance` of which only one call must be written.

    An adapter says how to :meth:`run` a function and how messages and bytes become each other; the loops, the clock and
    the state transaction of each message are done here. Set ``poisoned`` when the guest is in an unknown condition.
    """

    def __init__(self, services: HostServices) -> None:
        self.poisoned = False
        self.services = services

    @abstractmethod
    def run(self, function: str, payload: bytes) -> bytes:
        """One call of the guest. Raises :class:`CallError`, or :class:`MissingExport` for an unknown function."""

    @abstractmethod
    def encode(self, message: Message, port: str) -> tuple[str, bytes]:
        """The function that takes a message at this port, and its input. Raises :class:`PlugbayError` for neither."""

    @abstractmethod
    def decode(self, message: Message, output: bytes) -> Sequence[tuple[str, Message]]:
        """The messages, each with its port, that an output means; none drop the message. Raises :class:`CallError`."""

    @abstractmethod
    def close(self) -> None:
        """Free the instance; it is not used again."""

    def call(self, function: str, payload: bytes) -> bytes:
        """One raw call, with its own clock and state transaction."""
        self.services.begin()
        try:
            output = self.run(function, payload)
            self.services.commit()
        except BaseException:
            self.services.rollback()
            raise
        return output

    def call_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Raw calls in order."""
        return calls_one_by_one(self, function, payloads)

    def process(self, message: Message, port: str) -> Outcome:
        """One typed message, with its own clock and state transaction."""
        started = perf_counter()
        self.services.begin()
        try:
            function, payload = self.encode(message, port)
            messages = tuple(self.decode(message, self.run(function, payload)))
            change = self.services.commit()
        except PlugbayError as error:
            self.services.rollback()
            return Outcome(Disposition.ERROR, error=error, seconds=perf_counter() - started)
        except BaseException:
            self.services.rollback()
            raise
        disposition = Disposition.OK if messages else Disposition.DROP
        return Outcome(disposition, messages, state_change=change, seconds=perf_counter() - started)

    def process_many(self, messages: Sequence[Message], port: str) -> list[Outcome]:
        """Typed messages in order."""
        return one_by_one(self, messages, lambda message: self.process(message, port))
