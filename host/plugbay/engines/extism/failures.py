"""What libextism says of a call that failed, as typed errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay.engines.extism.journal import BACKTRACE
from plugbay.errors import (
    BadHostCall,
    CallError,
    DeadlineExceeded,
    GuestError,
    GuestExit,
    GuestTrap,
    InvalidHandle,
    MissingExport,
    OutOfMemory,
    PermissionDenied,
    PlugbayError,
    TrapFrame,
    VariableStoreFull,
    WrongSignature,
)

if TYPE_CHECKING:
    from plugbay.engines.extism.journal import Report
    from plugbay.limits import Limits

_TRAPPED: Final = 134
"""The code of a call that ended in a trap of wasm's; a failing function of libextism's has -1."""
_FRAME: Final = re.compile(r"^ +\d+: (?: *0x([0-9a-f]+) - )?[^!\n]*!(?:<wasm (function \d+)>|(.+))$", re.MULTILINE)
_RESULTS: Final = re.compile(r"Function .* has \d+ results, expected 0 or 1")
_ARGUMENTS: Final = re.compile(r"expected \d+ arguments?, got 0")
_TRAP: Final = "wasm trap: "
_TRAP_NAMES: Final = {
    "wasm `unreachable` instruction executed": "unreachable",
    "undefined element: out of bounds table access": "out of bounds table access",
}
_NO_MEMORY: Final = ("oom", "failed to allocate extism memory")


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed: what it returned, libextism's or the guest's text, and what the journal says of it."""

    code: int
    text: str | None = None
    report: Report | None = None


TIMED_OUT: Final = Failure(_TRAPPED, "timeout")
"""A call that was stopped, because of its deadline or because somebody asked for it."""


def was_stopped(failure: Failure) -> bool:
    """Whether the guest may have been stopped in the middle, so that its condition is unknown.

    libextism reports all failures but timeouts, a lack of memory and exits, which do stop it.
    """
    return failure.text is not None and (failure.report is None or failure.report.stopped)


def call_error(failure: Failure, *, plugin: str, function: str, limits: Limits, code_shift: int = 0) -> PlugbayError:
    """The typed error of a failed call.

    ``code_shift`` is how many bytes offsets in the compiled module are beyond those in the plugin's file.
    """
    text = failure.text
    if text is None:
        return GuestError(
            f"returned the code {failure.code} without an error text",
            plugin=plugin,
            function=function,
            expected=0,
            found=failure.code,
        )
    error = _ended(failure, text, limits) or _not_callable(text)
    if error is None and text.startswith(BACKTRACE) and was_stopped(failure):
        error = _stopped(failure, _frames(text, code_shift), limits)
    if error is None:
        error = GuestError(text)
    error.plugin = plugin
    error.function = error.function or function
    return error


def _frames(text: str, code_shift: int) -> tuple[TrapFrame, ...]:
    """The frames whose place is known; that of a stack overflow is not."""
    found = _FRAME.findall(text)
    return tuple(TrapFrame(number or name, int(at, 16) - code_shift) for at, number, name in found if at)


def _ended(failure: Failure, text: str, limits: Limits) -> PlugbayError | None:
    if text == "timeout" and failure.code == _TRAPPED:
        return DeadlineExceeded(
            f"took longer than its deadline of {limits.deadline:g} s",
            limit="deadline",
            expected=limits.deadline,
            hint="raise Limits.deadline (--deadline) if the guest is trusted to need longer",
        )
    if failure.code == -1 and (text in _NO_MEMORY or text.endswith(" out of memory")):
        return OutOfMemory(
            f"needs more memory than its limit of {limits.memory_pages} pages",
            limit="memory_pages",
            expected=limits.memory_pages,
            hint="raise Limits.memory_pages (--memory-pages), or the guest leaks",
        )
    return None


def _not_callable(text: str) -> PlugbayError | None:
    if text.startswith("Function not found: "):
        return MissingExport("has no such function")
    if _RESULTS.fullmatch(text) or _ARGUMENTS.fullmatch(text):
        return WrongSignature(f"a function that is called has no parameters and one result at most: {text}")
    return None


def _stopped(failure: Failure, frames: tuple[TrapFrame, ...], limits: Limits) -> PlugbayError:
    if failure.code not in (_TRAPPED, -1):  # libextism takes an exit code over 125 for a trap
        return GuestExit(f"ended itself with exit code {failure.code}", exit_code=failure.code, frames=frames)
    cause = failure.report.cause if failure.report is not None else ""
    if failure.code != _TRAPPED and cause:
        return _refused(cause, limits) or GuestTrap(
            f"the engine stopped the guest: {cause}", trap="engine", frames=frames
        )
    name = cause.removeprefix(_TRAP) or "trap"
    name = _TRAP_NAMES.get(name, name)
    where = f" in {frames[0].function}" if frames else ""
    error = GuestTrap(f"trapped{where}: {name}", trap=name, frames=frames)
    if name == "call stack exhausted":
        error.limit = "stack_bytes"
        error.hint = "it recurses without end"
    return error


def _refused(cause: str, limits: Limits) -> CallError | PermissionDenied | None:
    """The error of a function of extism:host/env that failed."""
    if cause in ("Variable store is full", "Vars are disabled by this host"):
        return VariableStoreFull(cause, limit="var_bytes", expected=limits.var_bytes, hint="raise Limits.var_bytes")
    if cause.startswith("invalid handle offset"):
        return InvalidHandle(f"passed an {cause}")
    if cause.startswith("HTTP request to "):
        return PermissionDenied(cause, hint="HTTP works on the wasmtime engine, with Permissions(http=[…])")
    if cause.startswith("invalid utf-8"):
        return BadHostCall(f"passed a text that is no UTF-8: {cause}")
    return None
