"""Every error that plugbay raises, in one tree.

::

    PlugbayError
    ├── ModuleError                 the module can't be hosted; raised while loading
    │   ├── SourceNotFound          (FileNotFoundError) no such file, or no reader for that URI scheme
    │   ├── SourceUnreadable        (OSError) a folder, no permission, an I/O error
    │   ├── InvalidBinary           (ValueError) not a core WebAssembly module, or a malformed one
    │   ├── TooLarge                (ValueError) over a size limit before anything ran
    │   ├── MissingExport           (LookupError)
    │   ├── WrongSignature          (TypeError)
    │   ├── ForbiddenImport         (PermissionError)
    │   ├── UnsupportedFeature      (ValueError) uses a wasm feature that its ABI's own host refuses
    │   ├── InvalidMetadata         (ValueError)
    │   ├── UnknownAbi              (LookupError) no adapter claims it
    │   ├── AmbiguousAbi            (LookupError) several adapters claim it
    │   ├── InitFailed              (RuntimeError) instantiation, a start function or `_initialize` failed
    │   ├── UnsignedModule          (PermissionError)
    │   ├── UntrustedSignature      (PermissionError)
    │   └── TamperedModule          (PermissionError)
    ├── ConfigInvalid               (ValueError) an option, a limit or a plugin's config
    ├── PluginRegistrationError     (RuntimeError) a misspelt, duplicate or broken plugbay plugin
    ├── PermissionDenied            (PermissionError) a host service that was not granted
    ├── InvalidMessage              (ValueError) bytes or fields that are not a fluxMsg
    │   └── MalformedMessage        the bytes are not well-formed, strict CBOR
    ├── PluginClosed                (RuntimeError)
    ├── PoolExhausted               (TimeoutError) no instance became free within the deadline
    ├── StreamUnusable              (OSError) a stream's file can't be read or written
    ├── CacheError                  (OSError) the ahead-of-time cache folder can't be used safely
    ├── BatchError                  some messages of a `call_many` failed; `.results` has them all
    └── CallError                   one call failed; the host and the plugin live on
        ├── GuestTrap               (RuntimeError) with the wasm backtrace
        │   └── GuestExit           the guest called `proc_exit`
        ├── GuestError              (RuntimeError) what the guest itself said
        │   └── MessageRejected     the guest rejected the message, with its reason
        ├── LimitExceeded
        │   ├── DeadlineExceeded    (TimeoutError)
        │   ├── OutOfFuel
        │   ├── OutOfMemory         (MemoryError)
        │   │   └── AllocationFailed    the guest's own `alloc` returned 0
        │   ├── InputTooLarge       (ValueError)
        │   ├── OutputTooLarge      (ValueError)
        │   ├── ResponseTooLarge    (ValueError) an HTTP response's body
        │   ├── TooManyMessages     the guest sent more messages than allowed
        │   ├── TooManyLogs         the guest logged more bytes than allowed
        │   ├── StateQuotaExceeded
        │   └── VariableStoreFull   an Extism plugin's variables are over their limit, or there may be none
        ├── InvalidOutput           (ValueError)
        │   ├── PointerOutOfBounds  a pointer or length beyond the guest's memory
        │   ├── OutputOverlapsInput the result lies in the input buffer: freeing both would free it twice
        │   ├── MalformedCbor       the result is not well-formed, strict CBOR
        │   └── NotAMessage         well-formed, but not a fluxMsg
        ├── BadHostCall             (ValueError) a host function was called with what it does not take
        ├── InvalidHandle           (ValueError) a handle that is not a live block of Extism's memory
        ├── HostFunctionFailed      (RuntimeError) a host function raised; `.traceback` says where
        ├── CallInterrupted         the plugin was closed without waiting for the message
        ├── HttpFailed              (OSError) a granted HTTP request failed
        ├── StateConflict           (RuntimeError) another writer was first
        └── StateUnavailable        (OSError) the state store can't be read or written

Facts live in attributes, so that a program never parses a message; ``code`` is stable and names the class in logs, JSON
and exit reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class PlugbayError(Exception):
    """Base of every error raised by plugbay.

    ``reason`` is one sentence. ``plugin`` names the plugin, ``function`` the export or import concerned, ``limit`` the
    field of :class:`~plugbay.Limits`, ``expected`` and ``found`` the two sides of a mismatch, ``hint`` the way out.
    """

    code: ClassVar[str] = "plugbay-error"

    def __init__(
        self,
        reason: str,
        *,
        plugin: str | None = None,
        function: str | None = None,
        limit: str | None = None,
        expected: object = None,
        found: object = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.plugin = plugin
        self.function = function
        self.limit = limit
        self.expected = expected
        self.found = found
        self.hint = hint

    def __str__(self) -> str:
        subject = f"{self.plugin}: " if self.plugin else ""
        way_out = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{subject}{self.reason}{way_out}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are pickled as a call with their args, which are not what these are made with.
        return _rebuild, (type(self), self.args), self.__dict__

    def to_dict(self) -> dict[str, object]:
        """The error as plain values for JSON; facts that are unknown are left out."""
        facts: dict[str, object] = {"code": self.code, "reason": self.reason}
        for name in ("plugin", "function", "limit", "expected", "found", "hint"):
            value = getattr(self, name)
            if value is not None:
                facts[name] = value if isinstance(value, (int, float, bool)) else str(value)
        return facts


def _rebuild(kind: type[PlugbayError], args: tuple[object, ...]) -> PlugbayError:
    return kind.__new__(kind, *args)


class ModuleError(PlugbayError):
    """The module can't be hosted."""

    code = "module-error"


class SourceNotFound(ModuleError, FileNotFoundError):
    """There is no file at that path, or no reader for that URI scheme."""

    code = "source-not-found"


class SourceUnreadable(ModuleError, OSError):
    """The source exists but its bytes can't be read."""

    code = "source-unreadable"


class InvalidBinary(ModuleError, ValueError):
    """Not a core WebAssembly module, or a malformed one; ``offset`` is the byte where reading stopped."""

    code = "invalid-binary"

    def __init__(self, reason: str, *, offset: int | None = None, **facts: object) -> None:
        super().__init__(reason, **facts)  # type: ignore[arg-type] # the facts of PlugbayError, passed through
        self.offset = offset


class TooLarge(ModuleError, ValueError):
    """Something is over its size limit before any of it ran."""

    code = "too-large"


class MissingExport(ModuleError, LookupError):
    """The ABI requires an export that the module does not have."""

    code = "missing-export"


class WrongSignature(ModuleError, TypeError):
    """An export or import has another type than the ABI gives it."""

    code = "wrong-signature"


class ForbiddenImport(ModuleError, PermissionError):
    """The module imports something that its ABI and profile do not provide."""

    code = "forbidden-import"


class UnsupportedFeature(ModuleError, ValueError):
    """The module uses a wasm feature that the ABI's own host does not accept."""

    code = "unsupported-feature"


class InvalidMetadata(ModuleError, ValueError):
    """What the plugin says about itself is malformed."""

    code = "invalid-metadata"


class UnknownAbi(ModuleError, LookupError):
    """No adapter claims the module."""

    code = "unknown-abi"


class AmbiguousAbi(ModuleError, LookupError):
    """Several adapters claim the module with equal right."""

    code = "ambiguous-abi"


class InitFailed(ModuleError, RuntimeError):
    """The instance could not be built: instantiation, a start function or ``_initialize`` failed."""

    code = "init-failed"


class UnsignedModule(ModuleError, PermissionError):
    """The trust policy asks for a signature and there is none."""

    code = "unsigned-module"


class UntrustedSignature(ModuleError, PermissionError):
    """The module is vouched for by nobody whom the trust policy names."""

    code = "untrusted-signature"


class TamperedModule(ModuleError, PermissionError):
    """The bytes are not the ones that were vouched for."""

    code = "tampered-module"


class ConfigInvalid(PlugbayError, ValueError):
    """An option, a limit or a plugin's config has a value that makes no sense."""

    code = "config-invalid"


class PluginRegistrationError(PlugbayError, RuntimeError):
    """A plugbay plugin (adapter, engine, command, …) is misspelt, registered twice or fails to load."""

    code = "plugin-registration"


class PermissionDenied(PlugbayError, PermissionError):
    """A guest asked for a host service that it was not granted."""

    code = "permission-denied"


class InvalidMessage(PlugbayError, ValueError):
    """Bytes, a line or fields that do not make a fluxMsg; ``function`` names the field."""

    code = "invalid-message"


class MalformedMessage(InvalidMessage):
    """The bytes of a message are not well-formed, strict CBOR."""

    code = "malformed-message"


class PluginClosed(PlugbayError, RuntimeError):
    """The plugin, host or store was used after ``close()``."""

    code = "plugin-closed"


class PoolExhausted(PlugbayError, TimeoutError):
    """Every instance was busy for longer than the deadline."""

    code = "pool-exhausted"


class StreamUnusable(PlugbayError, OSError):
    """A file or pipe of a message stream can't be opened, read or written."""

    code = "stream-unusable"


class CacheError(PlugbayError, OSError):
    """The ahead-of-time cache folder can't be used safely."""

    code = "cache-error"


class CallError(PlugbayError):
    """One call failed. The host lives on and so does the plugin."""

    code = "call-error"


@dataclass(frozen=True, slots=True)
class TrapFrame:
    """One wasm frame of a backtrace, innermost first; ``offset`` is the byte offset in the module."""

    function: str
    offset: int

    def __str__(self) -> str:
        return f"{self.function} @ {self.offset:#x}"


class GuestTrap(CallError, RuntimeError):
    """The guest trapped. ``trap`` is the wasm name of the trap, ``frames`` the backtrace, innermost first."""

    code = "guest-trap"

    def __init__(self, reason: str, *, trap: str = "", frames: Sequence[TrapFrame] = (), **facts: object) -> None:
        super().__init__(reason, **facts)  # type: ignore[arg-type] # the facts of PlugbayError, passed through
        self.trap = trap
        self.frames = tuple(frames)

    def __str__(self) -> str:
        trace = "".join(f"\n  at {frame}" for frame in self.frames[:8])
        return super().__str__() + trace

    def to_dict(self) -> dict[str, object]:
        """The error as plain values, with the name of the trap and the backtrace."""
        return {**super().to_dict(), "trap": self.trap, "frames": [str(frame) for frame in self.frames]}


class GuestExit(GuestTrap):
    """The guest ended itself with WASI's ``proc_exit``; ``exit_code`` is what it passed."""

    code = "guest-exit"

    def __init__(self, reason: str, *, exit_code: int, **facts: object) -> None:
        super().__init__(reason, trap="exit", **facts)  # type: ignore[arg-type] # facts, passed through
        self.exit_code = exit_code


class GuestError(CallError, RuntimeError):
    """The guest reported a failure; ``reason`` is what it said."""

    code = "guest-error"


class MessageRejected(GuestError):
    """The guest rejected the message; ``reason`` is the guest's."""

    code = "message-rejected"


class LimitExceeded(CallError):
    """The call went over one of its limits, named by ``limit``."""

    code = "limit-exceeded"


class DeadlineExceeded(LimitExceeded, TimeoutError):
    """The call took longer than its wall-clock deadline."""

    code = "deadline-exceeded"


class OutOfFuel(LimitExceeded):
    """The call used up its fuel."""

    code = "out-of-fuel"


class OutOfMemory(LimitExceeded, MemoryError):
    """The guest needs more linear memory than it may have."""

    code = "out-of-memory"


class AllocationFailed(OutOfMemory):
    """The guest's own allocator returned 0 for a buffer that the host asked it for."""

    code = "allocation-failed"


class InputTooLarge(LimitExceeded, ValueError):
    """The input of a call is over ``Limits.input_bytes``."""

    code = "input-too-large"


class OutputTooLarge(LimitExceeded, ValueError):
    """The output of a call is over ``Limits.output_bytes``."""

    code = "output-too-large"


class ResponseTooLarge(LimitExceeded, ValueError):
    """The body of an HTTP response is over ``Limits.http_bytes``."""

    code = "response-too-large"


class TooManyMessages(LimitExceeded):
    """The guest sent more messages for one input than ``Limits.messages_out``."""

    code = "too-many-messages"

    @classmethod
    def over(cls, plugin: str, most: int) -> TooManyMessages:
        """The error of a plugin that may send ``most`` messages for one input."""
        return cls(
            f"sent more than {most} messages for one input",
            plugin=plugin,
            limit="messages_out",
            expected=most,
            hint="raise Limits.messages_out if so many are meant",
        )


class TooManyLogs(LimitExceeded):
    """The guest logged more for one message than ``Limits.log_bytes``."""

    code = "too-many-logs"


class StateQuotaExceeded(LimitExceeded):
    """The plugin's state would grow over ``Limits.state_bytes``."""

    code = "state-quota-exceeded"


class VariableStoreFull(LimitExceeded):
    """A variable does not fit into ``Limits.var_bytes``, or the limit is 0 and there may be none."""

    code = "variable-store-full"


class InvalidOutput(CallError, ValueError):
    """What the guest returned breaks the ABI."""

    code = "invalid-output"


class PointerOutOfBounds(InvalidOutput):
    """The guest returned a pointer and length that do not lie in its memory."""

    code = "pointer-out-of-bounds"


class OutputOverlapsInput(InvalidOutput):
    """The result lies in the input buffer: freeing both, as the ABI asks, would free the same memory twice."""

    code = "output-overlaps-input"


class MalformedCbor(InvalidOutput):
    """The result is not well-formed CBOR under the strict rules of the wire."""

    code = "malformed-cbor"


class NotAMessage(InvalidOutput):
    """The result is well-formed CBOR but not a fluxMsg."""

    code = "not-a-message"


class BadHostCall(CallError, ValueError):
    """The guest called a host function with what it does not take; ``parameter`` names the one concerned."""

    code = "bad-host-call"

    def __init__(self, reason: str, *, parameter: str | None = None, **facts: object) -> None:
        super().__init__(reason, **facts)  # type: ignore[arg-type] # the facts of PlugbayError, passed through
        self.parameter = parameter

    def to_dict(self) -> dict[str, object]:
        """The error as plain values, with the parameter when one is concerned."""
        return {**super().to_dict(), **({"parameter": self.parameter} if self.parameter is not None else {})}


class InvalidHandle(CallError, ValueError):
    """The guest passed a handle that is not a live block of Extism's memory."""

    code = "invalid-handle"


class HostFunctionFailed(CallError, RuntimeError):
    """A host function written in Python raised, or returned what it does not declare.

    ``__cause__`` is what it raised, ``traceback`` the text of its traceback from the function on, "" without one.
    """

    code = "host-function-failed"

    def __init__(self, reason: str, *, traceback: str = "", **facts: object) -> None:
        super().__init__(reason, **facts)  # type: ignore[arg-type] # the facts of PlugbayError, passed through
        self.traceback = traceback

    def to_dict(self) -> dict[str, object]:
        """The error as plain values, with the traceback."""
        return {**super().to_dict(), "traceback": self.traceback}


class CallInterrupted(CallError):
    """The plugin was closed without waiting for the message."""

    code = "call-interrupted"


class HttpFailed(CallError, OSError):
    """A permitted HTTP request failed."""

    code = "http-failed"


class StateConflict(CallError, RuntimeError):
    """Another writer changed the same state first; nothing of this message was stored, so it may be run again."""

    code = "state-conflict"


class StateUnavailable(CallError, OSError):
    """The state store can't be opened, read or written: no permission, a full disk, a corrupt or foreign file."""

    code = "state-unavailable"


class BatchError(PlugbayError):
    """Some messages of a ``call_many`` failed.

    ``results`` has one entry per payload, in order: the output bytes, or the error of that message.
    """

    code = "batch-error"

    def __init__(self, results: Sequence[bytes | PlugbayError], *, plugin: str | None = None) -> None:
        errors = [result for result in results if isinstance(result, PlugbayError)]
        reason = f"{len(errors)} of {len(results)} messages failed; the first: {errors[0]}"
        super().__init__(reason, plugin=plugin, hint="`.results` has the output or the error of each message")
        self.results = list(results)
