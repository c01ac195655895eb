"""PRI-046 to PRI-049 and PRI-054: inputs that are empty, wrong, deep or large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import GuestStopped, OutOfBounds
from plugbay_conformance.priostack.answer import HOW_STOPPED, log_lines
from plugbay_conformance.priostack.convention import PACKED
from plugbay_conformance.priostack.making import guest, module
from plugbay_conformance.priostack.opening import open_functions, pass_over
from plugbay_conformance.priostack.samples import (
    MALFORMED,
    MIB,
    ORDINARY,
    deep_inputs,
    deep_transform,
    probed_functions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.priostack.byte_functions import ByteFunctions

_SHOWN: Final = 4_096
"""Bytes of an input that a report needs."""


def _answered(functions: ByteFunctions, function: str, data: bytes, what: str) -> None:
    """Raise ``CaseFailed`` when the function stops without a word."""
    try:
        functions.attempt(function, data)
    except GuestStopped as stopped:
        fail(
            f"{function} {HOW_STOPPED[stopped.kind]} when it was given {what}",
            expected="an output, or a failure with a message",
            found=stopped.reason,
            input=data[:_SHOWN],
            logs=log_lines(functions.events),
        )
    except OutOfBounds:
        return  # PRI-020 and PRI-026 judge what the allocator gave


def _all_answered(context: CaseContext, inputs: Mapping[str, bytes]) -> None:
    with open_functions(context) as functions:
        for function in probed_functions(context, functions):
            functions.renew()  # nothing is given back: with all that the last one left, memory might not do
            for what, data in inputs.items():
                _answered(functions, function, data, what)


def _empty(context: CaseContext) -> None:
    _all_answered(context, {"no bytes": b""})


def _malformed(context: CaseContext) -> None:
    _all_answered(context, {f"malformed input ({data[:30]!r})": data for data in MALFORMED})


def _deep(context: CaseContext) -> None:
    _all_answered(context, {f"{len(data)} bytes of {what}": data for what, data in deep_inputs().items()})


def _deep_value(context: CaseContext) -> None:
    with open_functions(context) as functions:
        _answered(functions, "transform", deep_transform(), "a value that is nested 20,000 deep")


def _large(context: CaseContext) -> None:
    inputs = {"a JSON text of 1 MiB": b'"' + b"a" * (MIB - 2) + b'"', "1 MiB of letters": b"letters " * (MIB // 8)}
    _all_answered(context, inputs)


def _messages(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for function in probed_functions(context, functions):
            for data in filter(_is_text, (*ORDINARY, *MALFORMED, b"")):
                _require_text(context, functions, function, data)


def _is_text(data: bytes) -> bool:
    return data.decode(errors="ignore").encode() == data


def _require_text(context: CaseContext, functions: ByteFunctions, function: str, data: bytes) -> None:
    message = _message(context, functions, function, data)
    try:
        message.decode()
    except UnicodeDecodeError as error:
        fail(
            f"{function} failed with a message that is no UTF-8",
            expected="UTF-8",
            found=str(error),
            input=data,
            output=message,
        )


def _message(context: CaseContext, functions: ByteFunctions, function: str, data: bytes) -> bytes:
    """The message of the failure that a call ends with; nothing where it does not fail, or breaks something else."""
    try:
        if context.subject.profile != PACKED:
            answer = functions.call(function, data)
            return answer.data if answer.failed else b""
        result = functions.attempt(function, data)
        return functions.read(result.block) if result is not None and result.failed else b""
    except GuestStopped as stopped:
        pass_over(stopped)
    except OutOfBounds:
        pass  # PRI-040 judges that
    return b""


CASES: Final[tuple[Case, ...]] = (
    module(46, "empty", _empty),
    module(47, "malformed", _malformed),
    module(48, "deep", _deep),
    guest(48, "deep_value", _deep_value),
    module(49, "messages", _messages),
    module(54, "mebibyte", _large),
)
