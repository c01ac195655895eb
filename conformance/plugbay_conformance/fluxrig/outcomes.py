"""FLX-065 to FLX-072: drops, log lines, failures and traps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import GuestStopped, StopKind
from plugbay_conformance.fluxrig.answer import DEBUG, ERROR, INFO, WARN
from plugbay_conformance.fluxrig.fields import ARGUMENTS
from plugbay_conformance.fluxrig.gear import open_gear
from plugbay_conformance.fluxrig.guest import EXTENDED, Exchange, open_guest, show_text
from plugbay_conformance.fluxrig.making import guest
from plugbay_conformance.fluxrig.samples import base_message
from plugbay_conformance.fluxrig.steadiness import require_steady

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.fluxrig.guest import Guest

_LEVELS: Final = {"debug": DEBUG, "info": INFO, "warn": WARN, "error": ERROR}
_LINES: Final = ("told to log", "", "Grüße, 世界 🚀", "two\nlines", "x" * 5_000)
REASONS: Final = ("told to fail", "Grüße, 世界 🚀", "two\nlines", "r" * 1_000)
_MANY: Final = 1_000
_BAD_CALLS: Final[tuple[tuple[str, dict[str, Any], str], ...]] = (
    ("no_such_operation", {}, "no_such_operation"),
    ("lookup", {}, "path"),
    ("lookup", {"path": 7}, "path"),
    ("text", {}, "text"),
    ("text", {"text": b"bytes"}, "text"),
    ("log", {"level": "info"}, "text"),
    ("log", {"text": "no level"}, "level"),
    ("log", {"level": "loud", "text": "x"}, "level"),
    ("big", {}, "size"),
    ("big", {"size": "many"}, "size"),
    ("big", {"size": 1.5}, "size"),
    ("big", {"size": -1}, "size"),
    ("fields", {key: value for key, value in ARGUMENTS.items() if key != "float"}, "float"),
    ("fields", {**ARGUMENTS, "list": "no list"}, "list"),
    ("fail", {}, "reason"),
)


def require_drop(exchange: Exchange) -> None:
    """Fail the case unless the message led to nothing: no result, nothing sent, no rejection."""
    answer = exchange.answer
    if answer.result or answer.sent or answer.rejection is not None:
        exchange.refuse(
            f"{exchange.what} was not dropped", expected="a length of 0, nothing more", found=answer.summary()
        )


def require_failure(context: CaseContext, exchange: Exchange, reason: str, *, exactly: bool = False) -> None:
    """Fail the case unless the message failed as its profile does, with a reason that contains ``reason``."""
    answer = exchange.answer
    if context.subject.profile == EXTENDED:
        told = answer.rejection
        if told is None:
            exchange.refuse(
                f"{exchange.what} was not rejected", expected="reject with the reason", found=answer.summary()
            )
        if told != reason.encode() if exactly else reason.encode() not in told:
            what = "with exactly the reason" if exactly else f"with a reason that names {reason}"
            exchange.refuse(f"{exchange.what} was not rejected {what}", expected=reason, found=show_text(told))
        return
    if answer.result:
        exchange.refuse(f"{exchange.what} was answered", expected="a length of 0", found=answer.summary())
    errors = [text for level, text in answer.logs if level == ERROR]
    if len(errors) != 1 or reason.encode() not in errors[0]:
        exchange.refuse(
            f"{exchange.what} did not log its reason at level error",
            expected=f"one line at level error that contains {reason!r}",
            found=", ".join(answer.log_lines) or "no log line",
        )


def _drop(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for _ in range(3 if context.host.is_specification else 60):
            require_drop(asked.call("drop"))
        asked.require("echo", {"amount": 2500}, amount=2500)
        if context.host.is_specification:
            drop = base_message(context, {"op": "drop"}).to_cbor()
            require_steady(asked.gear, [drop], _MANY, "`drop`")


def _log(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for name, level in _LEVELS.items():
            for text in _LINES:
                exchange = asked.require("log", {}, level=name, text=text)
                if exchange.answer.logs != ((level, text.encode()),):
                    exchange.refuse(
                        f"`log` at level {name} did not log exactly the text at that level",
                        expected=f"{name}: {text}",
                        found=", ".join(exchange.answer.log_lines) or "no log line",
                    )


def _fail(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for reason in REASONS:
            exchange = asked.call("fail", reason=reason)
            require_failure(context, exchange, reason, exactly=True)
            if exchange.answer.sent:
                exchange.refuse("`fail` sent messages", expected="nothing sent", found=exchange.answer.summary())


def _bad_calls(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for op, arguments, named in _BAD_CALLS:
            exchange = asked.send(
                base_message(context, {"op": op, **arguments}), f"`{op}` with {', '.join(arguments) or 'no argument'}"
            )
            require_failure(context, exchange, named)


def _failures_cost_nothing(context: CaseContext) -> None:
    failing = [base_message(context, {"op": op, **arguments}) for op, arguments, _ in _BAD_CALLS]
    failing.append(base_message(context, {"op": "fail", "reason": "told to fail"}))
    payloads = [message.to_cbor() for message in failing]
    with open_guest(context) as asked:
        first = _count_of(asked)
        for more, payload in enumerate(payloads, start=1):
            asked.send(payload, "a message that fails")
            asked.require("echo", {"amount": 2500}, amount=2500)
            asked.require("count", {"count": first + more})
        require_steady(asked.gear, payloads, _MANY, "messages that fail")


def _count_of(asked: Guest) -> int:
    exchange = asked.call("count")
    found = exchange.message().data.get("count")
    if type(found) is not int:
        exchange.refuse("`count` did not count", expected="an integer", found=found)
    return found


def _trap(context: CaseContext) -> None:
    data = base_message(context, {"op": "trap"}).to_cbor()
    with open_gear(context) as gear:
        stopped = None
        try:
            answer = gear.attempt(data)
        except GuestStopped as caught:
            stopped = caught
        else:
            fail("`trap` did not trap", expected="a trap", found=answer.summary(), input=data)
        if stopped.kind not in (StopKind.TRAP, StopKind.EXIT):
            fail("`trap` did not trap", expected="a trap", found=stopped.reason, input=data)
        if context.host.keeps_trapped_instance:
            gear.send(base_message(context, {"op": "echo"}).to_cbor(), "the message after `trap`, to the same instance")
    with open_guest(context) as asked:
        asked.require("echo", {"amount": 2500}, amount=2500)


def _trap_says_something(context: CaseContext) -> None:
    data = base_message(context, {"op": "trap"}).to_cbor()
    with open_gear(context) as gear:
        try:
            gear.attempt(data)
        except GuestStopped:
            logged = gear.unclaimed()
            if not any(level == ERROR and text for level, text in logged.logs):
                fail(
                    "`trap` said nothing before it trapped",
                    expected="a line at level error",
                    found=", ".join(logged.log_lines) or "no log line",
                    input=data,
                    logs=logged.log_lines,
                )
        else:
            raise CaseSkipped("`trap` does not trap, which is FLX-071")


CASES: Final[tuple[Case, ...]] = (
    guest(
        65, "drop", _drop, on_hosts="a rack never frees the input of a dropped message, and this gear has no room left"
    ),
    guest(66, "log", _log),
    guest(67, "fail", _fail),
    guest(68, "fail", _fail),
    guest(69, "bad_calls", _bad_calls),
    guest(70, "failures", _failures_cost_nothing),
    guest(
        71, "trap", _trap, on_hosts="a rack goes on with the same instance after a trap: it loses the messages to come"
    ),
    guest(72, "last_words", _trap_says_something),
)
