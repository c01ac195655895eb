"""What a driver's causes and statuses mean, as typed errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.mailbox import CODE_MASK, Cause, Status
from plugbay.errors import (
    AllocationFailed,
    CallError,
    DeadlineExceeded,
    GuestExit,
    InputTooLarge,
    InvalidHandle,
    InvalidOutput,
    LimitExceeded,
    OutOfMemory,
    OutputOverlapsInput,
    OutputTooLarge,
    PermissionDenied,
    PlugbayError,
    PointerOutOfBounds,
    TooManyLogs,
    TooManyMessages,
    VariableStoreFull,
)
from plugbay.limits import PAGE_BYTES

if TYPE_CHECKING:
    from plugbay.limits import Limits


def cause_error(cause: int, detail: int, *, plugin: str, limits: Limits) -> PlugbayError | None:
    """The error of a trap that the driver made on purpose; None when it made none."""
    match cause:
        case Cause.TOO_MANY_LOGS:
            return TooManyLogs(
                f"logged more than {limits.log_bytes} bytes for one message",
                plugin=plugin,
                limit="log_bytes",
                expected=limits.log_bytes,
                hint="raise Limits.log_bytes if so much is meant",
            )
        case Cause.TOO_MANY_MESSAGES:
            return TooManyMessages.over(plugin, limits.messages_out)
        case Cause.OUTPUT_TOO_LARGE:
            return _output_too_large(detail, plugin=plugin, limits=limits)
        case Cause.OUTPUTS_DENIED:
            return PermissionDenied(
                "sent a message beside its result, which is not granted",
                plugin=plugin,
                hint="grant it with Permissions(outputs=True)",
            )
        case Cause.EXIT:
            return GuestExit(f"ended itself with exit code {detail}", exit_code=detail, plugin=plugin)
        case Cause.MAILBOX_FULL:
            return LimitExceeded("the host's mailbox for this plugin is full", plugin=plugin, limit="output_bytes")
        case Cause.ALLOCATION_OUT_OF_BOUNDS:
            return _allocation_out_of_bounds(plugin)
        case _:
            return _kernel_error(cause, detail, plugin=plugin, limits=limits)


def _kernel_error(cause: int, detail: int, *, plugin: str, limits: Limits) -> PlugbayError | None:
    """The causes of drivers that keep blocks and variables for their guests, as Extism's kernel does."""
    match cause:
        case Cause.INVALID_HANDLE:
            return InvalidHandle(
                f"passed {detail:#x} where a handle is needed, which is no live block",
                plugin=plugin,
                found=detail,
                hint="it was never allocated, was freed, or belongs to an earlier call",
            )
        case Cause.HEAP_FULL:
            return OutOfMemory(
                f"needs a block of {detail} bytes, and the memory that it shares with the host is full",
                plugin=plugin,
                limit="memory_pages",
                expected=limits.memory_pages,
                hint="raise Limits.memory_pages (--memory-pages)",
            )
        case Cause.OUTPUT_OUT_OF_BOUNDS:
            return PointerOutOfBounds(
                f"set an output of {detail} bytes that does not lie in allocated memory",
                plugin=plugin,
                function="output_set",
            )
        case Cause.VARIABLES_DISABLED:
            return VariableStoreFull(
                "set a variable, and it may have none", plugin=plugin, limit="var_bytes", expected=0
            )
        case Cause.VARIABLES_FULL:
            return VariableStoreFull(
                f"its variables would take {detail} bytes, {limits.var_bytes} are allowed",
                plugin=plugin,
                limit="var_bytes",
                expected=limits.var_bytes,
                found=detail,
                hint="raise Limits.var_bytes (--var-bytes), or let the plugin remove what it no longer needs",
            )
        case _:
            return None


def status_error(status: int, size: int, *, plugin: str, limits: Limits) -> CallError | None:
    """The error of a row in which the guest broke its ABI; None for the other rows. ``size`` is the row's length."""
    code = status & CODE_MASK
    if code < Status.ALLOCATION_FAILED:
        return None
    match code:
        case Status.ALLOCATION_FAILED:
            return AllocationFailed(
                f"its allocator returned 0 for {size} bytes of input",
                plugin=plugin,
                function="alloc",
                limit="memory_pages",
                expected=limits.memory_pages,
                hint="its memory is full: raise Limits.memory_pages (--memory-pages), or the guest leaks",
            )
        case Status.ALLOCATION_OUT_OF_BOUNDS:
            return _allocation_out_of_bounds(plugin)
        case Status.OUTPUT_OUT_OF_BOUNDS:
            return PointerOutOfBounds(
                f"returned a result of {size} bytes that does not lie in its memory",
                plugin=plugin,
                hint="the result is packed as pointer << 32 | length, both unsigned",
            )
        case Status.OUTPUT_OVERLAPS_INPUT:
            return OutputOverlapsInput(
                "returned a result that lies in the input buffer, which the host frees too",
                plugin=plugin,
                hint="allocate the result; the input buffer belongs to the host until it frees it",
            )
        case Status.OUTPUT_TOO_LARGE:
            return _output_too_large(size, plugin=plugin, limits=limits)
        case Status.OUTPUT_MISTYPED:
            return InvalidOutput(
                f"returned an object of the runtime id {size}{' (a String)' * (size == 2)}, not an ArrayBuffer (id 1)",
                plugin=plugin,
                expected=1,
                found=size,
                hint="return an ArrayBuffer: String.UTF8.encode(text), or the buffer of a typed array",
            )
        case _:
            return None


def input_too_large(size: int, *, plugin: str, limits: Limits) -> InputTooLarge:
    """An input of ``size`` bytes does not go in."""
    return InputTooLarge(
        f"an input of {size} bytes is over the limit of {limits.input_bytes}",
        plugin=plugin,
        limit="input_bytes",
        expected=limits.input_bytes,
        found=size,
        hint="raise Limits.input_bytes",
    )


def deadline_exceeded(*, plugin: str, limits: Limits) -> DeadlineExceeded:
    """The message's time is up."""
    return DeadlineExceeded(
        f"took longer than its deadline of {limits.deadline:g} s",
        plugin=plugin,
        limit="deadline",
        expected=limits.deadline,
        hint="raise Limits.deadline (--deadline) if the guest is trusted to need longer",
    )


def out_of_memory(pages: int, *, plugin: str) -> OutOfMemory:
    """The guest gave up with all its ``pages`` in use."""
    return OutOfMemory(
        f"aborted with its memory at the limit of {pages} pages ({pages * PAGE_BYTES // 1024} KiB)",
        plugin=plugin,
        limit="memory_pages",
        expected=pages,
        hint="raise Limits.memory_pages (--memory-pages), or the guest leaks",
    )


def _output_too_large(size: int, *, plugin: str, limits: Limits) -> OutputTooLarge:
    return OutputTooLarge(
        f"an output of {size} bytes takes its outputs over {limits.output_bytes} bytes for one message",
        plugin=plugin,
        limit="output_bytes",
        expected=limits.output_bytes,
        found=size,
        hint="raise Limits.output_bytes if so much is meant",
    )


def _allocation_out_of_bounds(plugin: str) -> PointerOutOfBounds:
    return PointerOutOfBounds(
        "its allocator returned a buffer that does not lie in its memory", plugin=plugin, function="alloc"
    )
