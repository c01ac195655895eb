"""The contracts between the host and what plugs into it. Implement these to add an ABI or an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from plugbay.errors import ModuleError, PlugbayError
from plugbay.permissions import Permissions

if TYPE_CHECKING:
    from plugbay.functions import HostFunction
    from plugbay.limits import Limits
    from plugbay.message import Message
    from plugbay.module.info import ModuleInfo
    from plugbay.module.verified import VerifiedModule
    from plugbay.outcome import Outcome
    from plugbay.services import HostServices


class Certainty(StrEnum):
    """How sure an adapter is of its claim; one exact claim wins over any number of possible ones."""

    EXACT = "exact"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Claim:
    """An adapter's claim on a module.

    ``evidence`` says what was found, one short sentence each. ``findings`` are the errors that hosting the module will
    raise: what is missing, mistyped or forbidden; empty when it can be hosted. ``profile`` is the ABI's profile that
    the module fits. ``refines`` names the ABIs that this one is built on: it counts before a claim of theirs that
    is no surer.
    """

    abi: str
    certainty: Certainty
    evidence: tuple[str, ...] = ()
    findings: tuple[ModuleError, ...] = ()
    profile: str | None = None
    refines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decline:
    """An adapter's reasons for not claiming a module: what it looked for and did not find."""

    abi: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkedModule:
    """A module that a plugin's own module imports from, under ``name``."""

    name: str
    module: VerifiedModule
    info: ModuleInfo


@dataclass(frozen=True, slots=True)
class PluginOptions:
    """What the user asked for one plugin; the adapter judges ``config``."""

    name: str
    limits: Limits
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    features: frozenset[str] = frozenset()
    """Wasm proposals allowed beyond what the ABI's own host accepts."""
    permissions: Permissions = field(default_factory=Permissions)
    functions: Mapping[str, HostFunction] = field(default_factory=dict[str, "HostFunction"])
    """Host functions written in Python, by ``namespace.name``: all that the host offers, granted or not."""
    linked: tuple[LinkedModule, ...] = ()


@runtime_checkable
class GuestInstance(Protocol):
    """One live instance of a guest. Used by one thread at a time; the pool sees to it.

    A failure that leaves the guest in an unknown condition (trap, deadline, invalid output) sets ``poisoned``; the pool
    then closes the instance and builds another. Messages are transactional: the instance commits its services' state
    after each message that succeeded and rolls it back after each that failed. A list of results ends early after a
    message that poisoned the instance, and after one whose commit raised :class:`StateConflict`, which the host runs
    again before the next; it is never empty. The pool holds instances weakly: with ``__slots__``, add ``__weakref__``.
    """

    poisoned: bool

    def call(self, function: str, payload: bytes) -> bytes:
        """One raw call. Raises :class:`CallError`; a dropped message is ``b""``."""
        ...

    def call_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Raw calls in order: one entry per payload that was run, its output or its error."""
        ...

    def process(self, message: Message, port: str) -> Outcome:
        """One typed message; a failing guest is an outcome with an error."""
        ...

    def process_many(self, messages: Sequence[Message], port: str) -> list[Outcome]:
        """Typed messages in order: one outcome for each that was run."""
        ...

    def close(self) -> None:
        """Free the instance; it is not used again."""
        ...


@runtime_checkable
class EncodedGuest(Protocol):
    """A guest whose wire form is fluxMsg in CBOR and that can pass messages along without decoding them."""

    def process_encoded(self, payloads: Sequence[bytes], port: str) -> list[bytes | Outcome]:
        """Encoded fluxMsgs in order: one entry for each that was run.

        An entry is the encoded result, which the host will check, where that is all that the message led to; else the
        outcome.
        """
        ...


@runtime_checkable
class InterruptibleGuest(Protocol):
    """A guest that another thread can stop."""

    def interrupt(self) -> None:
        """End the message that runs, and any later one, as soon as the engine can; they fail with CallInterrupted."""
        ...


class CompiledPlugin(Protocol):
    """A module compiled for its ABI, limits baked in; makes instances."""

    @property
    def functions(self) -> frozenset[str]:
        """The functions that :meth:`GuestInstance.call` takes."""
        ...

    @property
    def default_function(self) -> str:
        """The function that a call without a name means."""
        ...

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the plugin says about itself, as plain values; empty when its ABI has no metadata."""
        ...

    def instantiate(self, services: HostServices) -> GuestInstance:
        """A fresh, initialised instance. Raises :class:`InitFailed` or a :class:`CallError`."""
        ...

    def close(self) -> None:
        """Free the compiled code; instances are closed before."""
        ...


@runtime_checkable
class Engine(Protocol):
    """What runs wasm. Adapters know the engines that they can drive by ``name``."""

    @property
    def name(self) -> str:
        """The name that ``engine=`` takes."""
        ...

    @property
    def version(self) -> str:
        """Version of the runtime, for reports."""
        ...

    def close(self) -> None:
        """Free what the engine holds."""
        ...


@runtime_checkable
class AbiAdapter(Protocol):
    """One ABI: recognises its modules and drives them."""

    @property
    def name(self) -> str:
        """The ABI's name, as ``--abi`` takes it."""
        ...

    @property
    def engines(self) -> tuple[str, ...]:
        """Names of the engines that the adapter can drive, the preferred one first."""
        ...

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        """Whether the module is this ABI's, and the evidence either way."""
        ...

    def compile(
        self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions
    ) -> CompiledPlugin:
        """The module made ready for instances. Raises :class:`ModuleError` or :class:`ConfigInvalid`."""
        ...
