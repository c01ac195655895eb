"""A plugin as cases use it: calls with expectations about how they end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, cast

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import CallStatus, GuestStopped, Setting, StopKind
from plugbay_conformance.extism.interface import callable_exports, foreign_functions, hosting_problem
from plugbay_conformance.extism.json_values import NotJson, difference, read_json, shown

if TYPE_CHECKING:
    from collections.abc import Generator

    from plugbay_conformance.case import CaseContext
    from plugbay_conformance.engines.contract import CallOutcome, CallSession

_REFUSALS = ("HTTP request to ", "passed a text that is no UTF-8")
"""How libextism, and plugbay's adapter to it, tell of what was refused."""
_ENDS = {
    CallStatus.OK: "succeeded",
    CallStatus.ERROR: "failed",
    CallStatus.TRAP: "trapped",
    CallStatus.DEADLINE: "did not answer in time",
    CallStatus.ENGINE: "took the engine down with it",
}


@contextmanager
def open_plugin(context: CaseContext, setting: Setting | None = None) -> Generator[Plugin, None, None]:
    """A fresh instance for the length of a ``with``.

    Raises :class:`CaseSkipped` for a module that can't be instantiated here: EXT-011 says so once.
    """
    info = context.subject.info
    foreign = foreign_functions(info)
    if foreign:
        raise CaseSkipped(f"it imports host functions that only its own host has: {', '.join(foreign)[:200]}")
    problem = hosting_problem(info)
    if problem is not None:
        raise CaseSkipped(problem)
    try:
        session = context.engine.open_calls(context.subject, context.host, setting or Setting())
    except GuestStopped as stopped:
        if stopped.kind is StopKind.LINK:
            raise CaseSkipped(f"it can't be instantiated: {stopped.reason}") from stopped
        raise
    try:
        yield Plugin(session, frozenset(callable_exports(info)), context.host.memory_pages)
    finally:
        session.close()


class Plugin:
    """One instance."""

    def __init__(self, session: CallSession, functions: frozenset[str], memory_pages: int) -> None:
        self.session = session
        self.memory_pages = memory_pages
        """The most memory that the host gives it."""
        self._functions = functions

    def call(self, function: str, payload: bytes = b"") -> CallOutcome:
        """One call, however it ends; :class:`CaseFailed` only when the engine itself broke.

        Raises :class:`CaseSkipped` for a function that is not there: EXT-031 or EXT-100 says so once.
        """
        self.require_function(function)
        outcome = self.session.call(function, payload)
        if outcome.status is CallStatus.ENGINE:
            self.refuse(function, payload, outcome, "an answer")
        return outcome

    def require_function(self, function: str) -> None:
        """Raise :class:`CaseSkipped` when the module has no such function."""
        if function not in self._functions:
            raise CaseSkipped(f"it does not export {function} for a host to call")

    def answer(self, function: str, payload: bytes = b"") -> bytes:
        """The output of a call that has to succeed."""
        outcome = self.call(function, payload)
        if outcome.status is not CallStatus.OK:
            self.refuse(function, payload, outcome, "the call succeeds")
        return outcome.output

    def answer_json(self, function: str, payload: bytes = b"") -> object:
        """The output of a call that has to succeed with JSON."""
        output = self.answer(function, payload)
        try:
            return read_json(output)
        except NotJson as error:
            fail(f"{function} answered what is no JSON", expected="JSON", found=error, input=payload, output=output)

    def error(self, function: str, payload: bytes) -> str:
        """The error text of a call that has to fail with one."""
        outcome = self.call(function, payload)
        if outcome.status is not CallStatus.ERROR:
            self.refuse(function, payload, outcome, "the call fails with an error text")
        return outcome.error

    def require(self, function: str, payload: bytes, expected: bytes, reason: str) -> None:
        """A call has to succeed with exactly these bytes."""
        output = self.answer(function, payload)
        if output != expected:
            fail(
                reason,
                expected=_bytes_shown(expected),
                found=f"{_bytes_shown(output)}{_first_difference(expected, output)}",
                input=payload,
                output=output,
                logs=self.log_lines(),
            )

    def require_json(self, function: str, payload: bytes, expected: object, reason: str) -> None:
        """A call has to succeed with exactly this value."""
        found = self.answer_json(function, payload)
        different = difference(expected, found)
        if different is not None:
            fail(f"{reason}: {different}", expected=shown(expected), found=shown(found), input=payload)

    def refuse(self, function: str, payload: bytes, outcome: CallOutcome, expected: str) -> NoReturn:
        """Fail the case because of how a call ended."""
        fail(
            f"{function} {_ENDS[outcome.status]}",
            expected=expected,
            found=told(outcome),
            input=payload,
            output=outcome.output,
            logs=self.log_lines(),
        )

    def was_refused(self, outcome: CallOutcome) -> bool:
        """Whether a call ended because of what the host refuses, which is not the plugin's fault: HTTP of a plugin that
        nothing is known of, and on libextism a key that is no UTF-8."""
        if outcome.status is not CallStatus.TRAP:
            return False
        return bool(self.session.requests()) or any(text in outcome.error for text in _REFUSALS)

    def log_lines(self) -> tuple[str, ...]:
        """The log lines until now, for a report."""
        return tuple(f"{line.level}: {line.text}"[:300] for line in self.session.logs()[:50])


def told(outcome: CallOutcome) -> str:
    """How a call ended, for people."""
    detail = outcome.error or (f"the code {outcome.code} without an error text" if outcome.code is not None else "")
    return f"{outcome.status}: {detail[:300]}" if detail else str(outcome.status)


def as_object(value: object) -> dict[str, object] | None:
    """A JSON object, None for any other value."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_array(value: object) -> list[object] | None:
    """A JSON array, None for any other value."""
    return cast("list[object]", value) if isinstance(value, list) else None


def _bytes_shown(data: bytes) -> str:
    text = repr(data[:80])[1:]
    return text if len(data) <= 80 else f"{text}… ({len(data)} bytes)"


def _first_difference(expected: bytes, found: bytes) -> str:
    if len(expected) <= 80 and len(found) <= 80:
        return ""
    at = next((index for index, pair in enumerate(zip(expected, found, strict=False)) if pair[0] != pair[1]), None)
    if at is None:
        return f"; {len(found)} bytes instead of {len(expected)}"
    return f"; the first wrong byte is the one at {at}: {found[at]} instead of {expected[at]}"
