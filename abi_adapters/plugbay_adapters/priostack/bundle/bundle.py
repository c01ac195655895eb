"""A loaded bundle: calls of its functions, events of its sensors, and reloads while both go on."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from threading import RLock
from typing import TYPE_CHECKING, Final, Self

from plugbay.errors import ConfigInvalid, GuestError, InputTooLarge, PluginClosed
from plugbay.forks import mend_after_fork
from plugbay.host import Host
from plugbay.limits import Limits
from plugbay_adapters.priostack.bundle.change import BundleChange
from plugbay_adapters.priostack.bundle.handlers import parse_handler
from plugbay_adapters.priostack.bundle.loader import BundleLoader
from plugbay_adapters.priostack.bundle.modules import export_of
from plugbay_adapters.priostack.bundle.suggestions import suggestion
from plugbay_adapters.priostack.bundle.version import Target
from plugbay_adapters.priostack.goals.meter import GoalMeter
from plugbay_adapters.priostack.intents.engine import IntentEngine
from plugbay_adapters.priostack.intents.queue import SensorQueue

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from types import TracebackType

    from plugbay_adapters.priostack.bundle.documents import Handler, Intent
    from plugbay_adapters.priostack.bundle.version import BundleVersion
    from plugbay_adapters.priostack.intents.event import SensorEvent

_log = logging.getLogger("plugbay.bundle")
_CALLERS_FAULT: Final = (GuestError, InputTooLarge)
"""Errors of calls that do not count against a goal: the function did its work, and refused what it was given."""


class Bundle:
    """A bundle, ready to be called. Safe to use from any number of threads; close it, or use it as a context manager.

    ``version`` is the one that serves now, ``intents`` and ``goals`` live through all versions.
    """

    def __init__(
        self, loader: BundleLoader, version: BundleVersion, queue: SensorQueue, goals: GoalMeter, owned: ExitStack
    ) -> None:
        self._loader = loader
        self._version = version
        self._owned = owned
        self._closed = False
        self._changing = RLock()
        self.goals = goals
        self.intents = IntentEngine(queue, self._listeners, self._run, all_intents=self._all_intents)
        mend_after_fork(self)

    @classmethod
    def load(
        cls,
        source: str | os.PathLike[str],
        *,
        host: Host | None = None,
        limits: Limits | None = None,
        instances: int = 1,
        waiting: int = 100,
        queue: str = "memory:",
        goals: GoalMeter | None = None,
    ) -> Bundle:
        """The bundle in a folder or a zip of it, with all its modules loaded and every handler found.

        ``limits`` hold for each module; ``instances`` calls of a service may run at once, ``waiting`` more may wait.
        ``queue`` keeps the events of sensors: ``memory:`` or ``sqlite:PATH``. A ``host`` or ``goals`` that was passed
        in stays open when the bundle closes. No thread runs before the first call, or :meth:`start`.

        Raises :class:`BundleUnusable` when there is no bundle, :class:`BundleInvalid` with every mistake in it,
        :class:`ConfigInvalid` for options that make no sense, :class:`SensorQueueUnusable`.
        """
        if waiting < 0:
            raise ConfigInvalid("waiting must be 0 or more", limit="waiting", found=waiting)
        with ExitStack() as owned:
            host = host if host is not None else owned.enter_context(Host())
            limits = limits if limits is not None else host.limits
            meter = goals if goals is not None else GoalMeter()
            if goals is None:
                owned.callback(meter.close)
            loader = BundleLoader(
                source,
                host,
                limits=limits.with_changes(instances=max(limits.instances, instances)),
                instances=instances,
                waiting=waiting,
                watch=lambda service: _ServiceWatch(meter, service),
            )
            sensors = SensorQueue.open(queue)
            owned.callback(sensors.close)
            loaded = loader.load()
            _log_notes(loaded.notes)
            return cls(loader, loaded.version, sensors, meter, owned.pop_all())
        raise AssertionError("the block above returns or raises")

    @property
    def version(self) -> BundleVersion:
        """The version that serves now."""
        return self._version

    def call(self, handler: Handler | str, payload: bytes) -> bytes:
        """Call a function of a service, ``wasm:SERVICE:FUNCTION``, and wait for its output.

        Where as many calls wait as may, it waits for its turn. Raises :class:`CallError` when the function failed,
        :class:`ConfigInvalid` for an unknown service, :class:`MissingExport` for an unknown function.
        """
        while True:
            version = self._version
            target = _target(version, handler)
            try:
                return target.lane.call(target.export, payload)
            except PluginClosed:
                if version is self._version:  # else a reload replaced the lane in between, and nothing ran
                    raise

    def fire(self, sensor: str, payload: object) -> SensorEvent:
        """Accept an event of a sensor, for every intent that listens to it; it is durable once this returns.

        ``payload`` is a plain value, or JSON as bytes. Raises as :meth:`IntentEngine.fire` does.
        """
        return self.intents.fire(sensor, payload)

    def reload(self) -> BundleChange:
        """Take what has changed in the files into service: all of it or, when it raises, nothing.

        Modules that did not change go on as they are. What runs on the old ones is finished before they are closed.
        Raises as :meth:`load` does, and the old version serves on.
        """
        with self._changing:
            self._require_open()
            old = self._version
            loaded = self._loader.load(old)
            change = BundleChange.between(old, loaded.version)
            if not change:
                return change
            _log_notes(loaded.notes)
            self._version = loaded.version
            _retire(old, loaded.version)
            return change

    def start(self) -> None:
        """Begin to run intents in the background."""
        self._require_open()
        self.intents.start()

    def close(self) -> None:
        """Finish what runs, then free all of it; runs of intents that wait stay queued. Closing twice is fine."""
        with self._changing:
            if self._closed:
                return
            self._closed = True
            self.intents.close()
            _retire(self._version, None)
            self._owned.close()

    def after_fork(self) -> None:
        """In a child: another thread may have held the lock when the parent forked."""
        self._changing = RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require_open(self) -> None:
        if self._closed:
            raise PluginClosed("the bundle is closed")

    def _listeners(self, sensor: str) -> Sequence[Intent]:
        return self._version.sensors.get(sensor, ())

    def _all_intents(self) -> Sequence[Intent]:
        return [intent for intents in self._version.sensors.values() for intent in intents]

    def _run(self, intent: Intent, payload: bytes) -> bytes:
        return self.call(intent.handler, payload)


class _ServiceWatch:
    """Counts the calls of one service for its goals."""

    def __init__(self, meter: GoalMeter, service: str) -> None:
        self._meter = meter
        self._service = service

    def ran(self, seconds: float, error: BaseException | None) -> None:
        failed = error is not None and not isinstance(error, _CALLERS_FAULT)
        self._meter.record(self._service, seconds, failed=failed)

    def refused(self) -> None:
        self._meter.refuse(self._service)


def _target(version: BundleVersion, handler: Handler | str) -> Target:
    """What a handler means in a version: one that its files name, or any other function of its modules."""
    if isinstance(handler, str):
        try:
            handler = parse_handler(handler)
        except ValueError as error:
            raise ConfigInvalid(str(error), found=handler) from None
    known = version.targets.get(handler)
    if known is not None:
        return known
    lane = version.lanes.get(handler.service)
    if lane is None:
        hint = suggestion(handler.service, version.lanes, what="services")
        raise ConfigInvalid(f"the bundle has no service {handler.service}", found=handler.service, hint=hint)
    return Target(handler, handler.service, export_of(handler, lane.plugin), lane)


def _retire(old: BundleVersion, new: BundleVersion | None) -> None:
    """Let what runs on the lanes that a new version does not have finish, and close their plugins."""
    for name, lane in old.lanes.items():
        if new is None or new.lanes.get(name) is not lane:
            lane.close()
            lane.plugin.close()


def _log_notes(notes: Sequence[object]) -> None:
    for note in notes:
        _log.warning("%s", note)
