"""The conformance guest under judgement: its operations asked for, its answers read strictly."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from plugbay.errors import InvalidMessage
from plugbay.message import Message
from plugbay_conformance.case import fail
from plugbay_conformance.fluxrig.comparing import first_difference, show
from plugbay_conformance.fluxrig.gear import DEFAULT, Gear, open_gear
from plugbay_conformance.fluxrig.samples import base_message

if TYPE_CHECKING:
    from collections.abc import Generator

    from plugbay_conformance.case import CaseContext
    from plugbay_conformance.engines.contract import Setting
    from plugbay_conformance.fluxrig.answer import Answer

EXTENDED: Final = "extended"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message that was sent, and what the guest did with it."""

    what: str
    sent: bytes
    answer: Answer

    def refuse(self, reason: str, *, expected: object, found: object) -> NoReturn:
        """Fail the case with what went in and came out."""
        fail(
            reason,
            expected=expected,
            found=found,
            input=self.sent,
            output=self.answer.result or None,
            logs=self.answer.log_lines,
        )

    def message(self) -> Message:
        """The one message that it must have answered with. Raises ``CaseFailed``."""
        if not self.answer.result or self.answer.rejection is not None:
            self.refuse(f"{self.what} was not answered", expected="a message", found=self.answer.summary())
        return self.read(self.answer.result)

    def read(self, encoded: bytes) -> Message:
        """A message that it answered with or sent. Raises ``CaseFailed``."""
        try:
            return Message.from_cbor(encoded)
        except InvalidMessage as error:
            fail(
                f"{self.what} was answered with what is no fluxMsg",
                expected="a fluxMsg in strict CBOR",
                found=error.reason,
                input=self.sent,
                output=encoded,
            )

    def require(self, expected: object, found: object, place: str) -> None:
        """Fail the case unless the two are the same, types included."""
        difference = first_difference(expected, found, place)
        if difference is not None:
            self.refuse(
                f"{self.what}: {difference.place} is wrong", expected=difference.expected, found=difference.found
            )

    def require_field(self, expected: Message, found: Message, name: str) -> None:
        """Fail the case unless that field is the same. No hops may be null or an empty array: the two mean the same."""
        value, other = getattr(expected, name), getattr(found, name)
        if name == "path":
            value, other = value or None, other or None
        self.require(value, other, name)

    def require_data(self, op: str, expected: dict[str, Any], found: Message | None = None) -> None:
        """Fail the case unless the answer's ``data`` is ``op`` and exactly these keys."""
        message = self.message() if found is None else found
        self.require({"op": op, **expected}, dict(message.data), "data")


class Guest:
    """A conformance guest that runs."""

    def __init__(self, gear: Gear, context: CaseContext) -> None:
        self.gear = gear
        self._context = context

    def call(self, op: str, /, **arguments: Any) -> Exchange:
        """Ask for an operation with a message that has something in every field."""
        return self.send(base_message(self._context, {"op": op, **arguments}), f"`{op}`")

    def send(self, message: Message | bytes, what: str) -> Exchange:
        """Send a message of the case's own. Raises ``CaseFailed`` when the guest stops."""
        data = message if isinstance(message, bytes) else message.to_cbor()
        return Exchange(what, data, self.gear.send(data, what))

    def require(self, op: str, expected: dict[str, Any], /, **arguments: Any) -> Exchange:
        """Ask for an operation whose answer must have exactly these keys in ``data`` beside ``op``."""
        exchange = self.call(op, **arguments)
        exchange.require_data(op, expected)
        return exchange

    def echo(self, place: str, value: object) -> None:
        """Have a value of ``data`` echoed, which must come back with its type; ``place`` names it."""
        exchange = self.send(base_message(self._context, {"op": "echo", "value": value}), f"`echo` of {place}")
        exchange.require_data("echo", {"value": value})


@contextmanager
def open_guest(context: CaseContext, setting: Setting = DEFAULT) -> Generator[Guest]:
    """A fresh instance of the conformance guest, closed at the end."""
    with open_gear(context, setting) as gear:
        yield Guest(gear, context)


def calls_of_the_contract(context: CaseContext, only: tuple[str, ...] = ()) -> list[tuple[str, Message]]:
    """Calls that lead to each kind of outcome, for a conformance guest; none for any other gear."""
    if context.subject.contract is None:
        return []
    calls: list[dict[str, Any]] = [
        {"op": "reply"},
        {"op": "types"},
        {"op": "numbers"},
        {"op": "drop"},
        {"op": "fail", "reason": "told to fail"},
        {"op": "big", "size": 5_000},
        {"op": "no such operation"},
    ]
    if context.subject.contract.profile == EXTENDED:
        calls += [{"op": "fan_out", "count": 3}, {"op": "emit", "count": 2, "answer": True}]
    chosen = [call for call in calls if not only or call["op"] in only]
    return [(f"`{call['op']}`", base_message(context, call)) for call in chosen]


def show_text(data: bytes) -> str:
    """Bytes that should be text, for people."""
    try:
        return show(data.decode())
    except UnicodeDecodeError:
        return show(data)
