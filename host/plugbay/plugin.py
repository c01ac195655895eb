"""A hosted plugin: calls go in, results and outcomes come out."""

from __future__ import annotations

import logging
from collections import deque
from threading import RLock
from typing import TYPE_CHECKING, Any, Self, TypeVar

from plugbay.contracts import EncodedGuest
from plugbay.encoded import check_encoded
from plugbay.errors import (
    BatchError,
    CallError,
    ConfigInvalid,
    InitFailed,
    PlugbayError,
    PluginClosed,
    PoolExhausted,
    StateConflict,
)
from plugbay.forks import mend_after_fork
from plugbay.leases import CONFLICT_ATTEMPTS, Leases, end_failed
from plugbay.outcome import Disposition, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from plugbay.contracts import Claim, GuestInstance
    from plugbay.limits import Limits
    from plugbay.message import Message
    from plugbay.message.scanner import Scanner
    from plugbay.module.info import ModuleInfo
    from plugbay.module.source import ModuleSource
    from plugbay.observer import Observer
    from plugbay.version import Version

    PluginSource = ModuleSource | Mapping[str, Any]

_log = logging.getLogger("plugbay.plugin")
_Result = TypeVar("_Result")


class Plugin:
    """A plugin; made by :meth:`Host.load`. Safe to use from any number of threads, and in forked children.

    Close it, or use it as a context manager.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[PluginSource], Version],
        source: PluginSource,
        *,
        new_scanner: Callable[[], Scanner],
        observers: Sequence[Observer] = (),
        on_close: Callable[[Plugin], None],
    ) -> None:
        self.name = name
        self._load = load
        self._new_scanner = new_scanner
        self._scanners: deque[Scanner] = deque()
        self._observers = tuple(observers)
        self._on_close = on_close
        self._closed = False
        self._changing = RLock()
        version = load(source)
        self._leases = Leases(version.pool)
        self._adopt(version)
        mend_after_fork(self)

    @property
    def info(self) -> ModuleInfo:
        """What the module declares."""
        return self._version.info

    @property
    def limits(self) -> Limits:
        """The limits of one message, those of a manifest included."""
        return self._version.limits

    @property
    def claim(self) -> Claim:
        """The adapter's claim: which ABI, which profile, why."""
        return self._version.claim

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the plugin says about itself."""
        return self._version.compiled.metadata

    @property
    def functions(self) -> frozenset[str]:
        """The functions that :meth:`call` takes."""
        return self._version.compiled.functions

    @property
    def default_function(self) -> str:
        """The function that a call without a name means."""
        return self._version.compiled.default_function

    def call(self, function: str, payload: bytes) -> bytes:
        """One raw call: bytes in, bytes out, nothing decoded; a dropped fluxrig message is ``b""``.

        Raises :class:`CallError` when the guest failed or rejected, :class:`MissingExport` for an unknown function.
        """
        if type(payload) is not bytes:
            payload = _as_bytes(payload)
        pool = self._leases.pool
        try:
            instance = pool.idle.pop()
        except IndexError:
            pool, instance = self._leases.lease()
        try:
            output = instance.call(function, payload)
        except StateConflict:
            pool.give_back(instance)
            return self._leases.again(lambda instance: instance.call(function, payload), attempts=CONFLICT_ATTEMPTS - 1)
        except BaseException as error:
            end_failed(pool, instance, error)
            raise
        if instance.poisoned:  # by a call that it may serve but once
            pool.give_back(instance)
            return output
        pool.idle.append(instance)
        if pool.waiting:
            pool.wake()
        return output

    def call_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes]:
        """Raw calls in order, as few crossings as possible; one output per payload.

        Raises :class:`BatchError` when any failed; its ``results`` have the output or error of every one.
        """
        if not set(map(type, payloads)) <= {bytes}:
            payloads = [_as_bytes(payload) for payload in payloads]
        results = self._leases.many(payloads, lambda instance, rest: instance.call_many(function, rest), _itself)
        if not set(map(type, results)) <= {bytes}:
            raise BatchError(results, plugin=self.name)
        return results  # type: ignore[return-value] # checked just above

    def process(self, message: Message, port: str = "in") -> Outcome:
        """One typed message. A guest that fails gives an outcome with its error; nothing is raised for it."""
        outcome = self._process(message, port)
        if self._observers:
            self._observe(port, [outcome])
        return outcome

    def process_many(self, messages: Sequence[Message], port: str = "in") -> list[Outcome]:
        """Typed messages in order, one outcome each; one that fails leaves the others untouched."""
        outcomes = self._leases.many(messages, lambda instance, rest: instance.process_many(rest, port), _error_outcome)
        if self._observers:
            self._observe(port, outcomes)
        return outcomes

    def process_encoded(self, payloads: Sequence[bytes], port: str = "in") -> list[bytes | Outcome] | None:
        """fluxMsgs in CBOR, in order, undecoded: each entry is an encoded, checked fluxMsg, or the outcome.

        None when the plugin's ABI does not speak fluxMsg itself, or somebody observes outcomes; use
        :meth:`process_many` then.
        """
        if self._observers or not self._speaks_cbor:
            return None
        if not set(map(type, payloads)) <= {bytes}:
            payloads = [_as_bytes(payload) for payload in payloads]
        return self._leases.many(payloads, lambda instance, rest: self._encoded(instance, rest, port), _error_outcome)

    async def acall(self, function: str, payload: bytes) -> bytes:
        """:meth:`call` in a worker thread."""
        return await _in_thread(self.call, function, payload)

    async def acall_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes]:
        """:meth:`call_many` in a worker thread."""
        return await _in_thread(self.call_many, function, payloads)

    async def aprocess(self, message: Message, port: str = "in") -> Outcome:
        """:meth:`process` in a worker thread."""
        return await _in_thread(self.process, message, port)

    async def aprocess_many(self, messages: Sequence[Message], port: str = "in") -> list[Outcome]:
        """:meth:`process_many` in a worker thread."""
        return await _in_thread(self.process_many, messages, port)

    def reload(self, source: PluginSource) -> None:
        """Swap in another version; calls in progress finish on the old one, and state stays.

        Raises what :meth:`Host.load` raises, and the old version goes on serving; :class:`PluginClosed` when the plugin
        was closed meanwhile.
        """
        version = self._load(source)
        with self._changing:
            if self._closed:
                version.close()
                raise PluginClosed("the plugin is closed", plugin=self.name)
            old = self._version
            self._adopt(version)
        old.close()

    def close(self, *, drain: bool = True) -> None:
        """Finish what runs, then free everything; later calls raise :class:`PluginClosed`. Closing twice is fine.

        Without ``drain`` what runs is not waited for: it fails with :class:`CallInterrupted` within a tick or two of
        the epoch, a host call that it is in excepted.
        """
        with self._changing:
            if self._closed:
                return
            self._closed = True
        self._version.close(drain=drain)
        while self._scanners:
            self._scanners.pop().close()
        self._on_close(self)
        self._tell(lambda observer: observer.plugin_closed(self.name))

    def after_fork(self) -> None:
        """In a child: another thread may have held the lock when the parent forked."""
        self._changing = RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _adopt(self, version: Version) -> None:
        # One instance is built before the version counts, so that a module that can't start is refused here.
        try:
            instance = version.pool.lease()
        except BaseException:
            version.close()
            raise
        self._speaks_cbor = isinstance(instance, EncodedGuest)
        version.pool.give_back(instance)
        self._version = version
        self._leases.pool = version.pool
        self._tell(lambda observer: observer.plugin_loaded(self.name, version.info, version.claim))

    def _process(self, message: Message, port: str) -> Outcome:
        try:
            return self._leases.again(lambda instance: instance.process(message, port))
        except (CallError, InitFailed, PoolExhausted) as error:
            return _error_outcome(error)

    def _encoded(self, instance: GuestInstance, payloads: Sequence[bytes], port: str) -> list[bytes | Outcome]:
        assert isinstance(instance, EncodedGuest)
        results = instance.process_encoded(payloads, port)
        try:
            scanner = self._scanners.pop()
        except IndexError:
            scanner = self._new_scanner()
        checked = check_encoded(results, scanner, plugin=self.name, limits=self.limits)
        self._scanners.append(scanner)
        if any(
            was is not now and isinstance(now, Outcome) and now.error for was, now in zip(results, checked, strict=True)
        ):
            instance.poisoned = True
        return checked

    def _observe(self, port: str, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self._tell(lambda observer: observer.message_processed(self.name, port, outcome))  # noqa: B023 # called at once

    def _tell(self, tell: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            try:
                tell(observer)
            except Exception:  # noqa: BLE001 # an observer must not stop a message
                _log.exception("the observer %s failed", type(observer).__name__)


async def _in_thread(function: Callable[..., _Result], *arguments: Any) -> _Result:
    from asyncio import to_thread  # here, since importing asyncio costs a command line 10 ms

    return await to_thread(function, *arguments)


def _error_outcome(error: PlugbayError) -> Outcome:
    return Outcome(Disposition.ERROR, error=error)


def _itself(error: PlugbayError) -> bytes | PlugbayError:
    return error


def _as_bytes(payload: object) -> bytes:
    try:
        return bytes(memoryview(payload))  # type: ignore[arg-type] # what is no buffer raises
    except (TypeError, ValueError):
        raise ConfigInvalid(
            f"a payload is bytes, not {type(payload).__name__}", expected="bytes", found=type(payload).__name__
        ) from None
