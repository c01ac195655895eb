"""Bundles whose functions are written in Python, and servers of them in a thread."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from plugbay.errors import DeadlineExceeded, GuestError, GuestTrap, InputTooLarge, OutputTooLarge, TrapFrame
from plugbay.limits import Limits
from plugbay_adapters.priostack.bundle.documents import BundleDocument, Endpoint, Handler, Intent, Service
from plugbay_adapters.priostack.bundle.lane import Lane
from plugbay_adapters.priostack.bundle.problem import Place
from plugbay_adapters.priostack.bundle.version import BundleVersion, Route, Target
from plugbay_adapters.priostack.errors import SensorQueueFull, UnknownSensor
from plugbay_adapters.priostack.intents.event import SensorEvent
from plugbay_adapters.priostack.intents.report import IntentsReport
from plugbay_adapters.priostack.serving.app import BundleApp, create_app
from plugbay_adapters.priostack.serving.listening import bind, listen, url_of
from plugbay_adapters.priostack.serving.place import WorkerPlace
from plugbay_adapters.priostack.serving.recording import Recorder
from plugbay_adapters.priostack.serving.server import BundleServer
from plugbay_adapters.priostack.serving.settings import ServeSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay import Plugin
    from plugbay_adapters.priostack.bundle.bundle import Bundle

PATIENCE = 20.0
HERE = Place("services/shop.yaml", 1)

ENDPOINTS = (
    ("POST", "/echo"),
    ("PUT", "/echo"),
    ("PATCH", "/echo"),
    ("GET", "/echo"),
    ("DELETE", "/echo"),
    ("POST", "/items/{id}"),
    ("GET", "/items/{id}"),
    ("GET", "/items/{id}/parts/{part}"),
    ("GET", "/items/best"),
    *(("POST", f"/{name}") for name in ("fail", "fail-value", "trap", "slow-guest", "empty", "text", "big", "broken")),
    ("POST", "/hold"),
    ("POST", "/fast"),
)


class Functions:
    """A plugin whose functions are written in Python; they are called by the last part of their endpoint's path."""

    def __init__(self, limits: Limits) -> None:
        self.name = "shop"
        self.limits = limits
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)

    def call(self, function: str, payload: bytes) -> bytes:
        if len(payload) > self.limits.input_bytes:
            raise InputTooLarge("the input is too large", plugin=self.name)
        own = getattr(self, f"do_{function.replace('-', '_')}", None)
        return own(payload) if own is not None else payload

    def do_hold(self, payload: bytes) -> bytes:
        self.begun.release()
        assert self.let_go.acquire(timeout=PATIENCE)
        return payload

    def do_fail(self, _: bytes) -> bytes:
        raise GuestError("Email and name are required", plugin=self.name)

    def do_fail_value(self, _: bytes) -> bytes:
        raise GuestError('{"field":"email"}', plugin=self.name, found={"field": "email"})

    def do_trap(self, _: bytes) -> bytes:
        frames = [TrapFrame(f"inner_{number}", number) for number in range(12)]
        raise GuestTrap("wasm trap: unreachable", trap="unreachable", frames=frames, plugin=self.name)

    def do_slow_guest(self, _: bytes) -> bytes:
        raise DeadlineExceeded("over its deadline", plugin=self.name, limit="deadline")

    def do_empty(self, _: bytes) -> bytes:
        return b""

    def do_text(self, _: bytes) -> bytes:
        return b"hello, I am no JSON"

    def do_big(self, _: bytes) -> bytes:
        raise OutputTooLarge("the output is too large", plugin=self.name)

    def do_broken(self, _: bytes) -> bytes:
        raise ZeroDivisionError("secret of the server")


class FakeIntents:
    def report(self) -> IntentsReport:
        return IntentsReport((), (), 0, 100)

    def check(self) -> None:
        """The queue can be read."""


class FakeGoals:
    def report(self, goals: Sequence[object]) -> tuple[object, ...]:
        return ()


class FakeBundle:
    """As much of a Bundle as a server asks for; ``swap`` is a reload."""

    def __init__(self, endpoints: Sequence[tuple[str, str]] = ENDPOINTS, *, instances: int = 2, waiting: int = 100,
                 limits: Limits | None = None) -> None:  # fmt: skip
        self.functions = Functions(limits or Limits(input_bytes=100_000))
        self._instances, self._waiting = instances, waiting
        self.intents, self.goals = FakeIntents(), FakeGoals()
        self.fired: list[tuple[str, object]] = []
        self.version = self._new_version(endpoints, 1)

    def swap(self, endpoints: Sequence[tuple[str, str]] = ENDPOINTS) -> None:
        old = self.version
        self.version = self._new_version(endpoints, old.number + 1)
        for lane in old.lanes.values():
            lane.close()

    def fire(self, sensor: str, payload: object) -> SensorEvent:
        if sensor == "full":
            raise SensorQueueFull("100 runs wait already")
        if sensor != "orderPlaced":
            raise UnknownSensor(f"no intent listens to {sensor}")
        self.fired.append((sensor, payload))
        return SensorEvent("0198", sensor, 1, 0, (), finished=False)

    def close(self) -> None:
        for lane in self.version.lanes.values():
            lane.close()

    def _new_version(self, endpoints: Sequence[tuple[str, str]], number: int) -> BundleVersion:
        lane = Lane(cast("Plugin", self.functions), workers=self._instances, most_waiting=self._waiting)
        routes = tuple(route_of(method, path, lane) for method, path in endpoints)
        echo = Handler("shop", "echo")
        intent = Intent("confirm", "shop", "orderPlaced", echo, "notification", None, 0, None, None, HERE)
        service = Service("shop", "A shop.", "1.0", "/", tuple(route.endpoint for route in routes), (intent,), (), HERE)
        return BundleVersion(
            document=BundleDocument("demo", "A bundle for tests.", "1.2.3", (service,)),
            routes=routes,
            targets=MappingProxyType({route.endpoint.handler: route.target for route in routes}),
            plugins=MappingProxyType({"shop": lane.plugin}),
            lanes=MappingProxyType({"shop": lane}),
            digest="0" * 64,
            number=number,
            files=MappingProxyType({}),
            sensors=MappingProxyType({"orderPlaced": (intent,)}),
        )


def route_of(method: str, path: str, lane: Lane) -> Route:
    """The route of one endpoint; its function is the last literal part of the path."""
    segments = path.strip("/").split("/")
    parameters = tuple(part[1:-1] for part in segments if part.startswith("{"))
    function = next((part for part in reversed(segments) if part and not part.startswith("{")), "echo")
    handler = Handler("shop", function)
    endpoint = Endpoint(f"{method.lower()}_{path}", method, path, parameters, handler, "About it.", HERE)
    return Route(endpoint, "shop", Target(handler, "shop", function, lane))


@dataclass
class Served:
    """A running server."""

    bundle: FakeBundle
    app: BundleApp
    server: BundleServer
    url: str
    client: httpx.Client
    thread: threading.Thread
    address: tuple[str, int]
    access_log: Path

    def log(self, count: int) -> list[dict[str, Any]]:
        """The lines of the access log, once there are so many."""
        wait_until(lambda: self.access_log.read_bytes().count(b"\n") >= count)
        return [json.loads(line) for line in self.access_log.read_bytes().splitlines()]

    def connect(self) -> socket.socket:
        """A raw connection; it waits for :data:`PATIENCE` seconds at most."""
        connection = socket.create_connection(self.address, timeout=PATIENCE)
        connection.settimeout(PATIENCE)
        return connection

    def exchange(self, request: bytes) -> bytes:
        """Send raw bytes, and read until the server closes."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Everything up to the end; a reset is an end as well."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@contextmanager
def serving(bundle: FakeBundle, settings: ServeSettings) -> Generator[Served]:
    """Serve a bundle from a thread until the block ends."""
    listener = bind("127.0.0.1", 0)
    listen(listener)
    real = cast("Bundle", bundle)
    recorder = Recorder(real, settings.access_log, WorkerPlace())
    app = create_app(real, settings, recorder)
    ready = threading.Event()
    server = BundleServer(app, settings, reload=lambda: None, on_ready=lambda _: ready.set())
    thread = threading.Thread(target=server.serve_on, args=(listener,))
    url, address = url_of(listener), listener.getsockname()[:2]
    thread.start()

    try:
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
            assert ready.wait(PATIENCE)
            yield Served(bundle, app, server, url, client, thread, address, Path(settings.access_log or ""))
    finally:
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server does not end"
        recorder.close()
        bundle.close()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that tells nobody when it happens."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "it does not happen"
        time.sleep(0.005)


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    """Those of a server in a test."""
    return ServeSettings(source="demo", access_log=str(tmp_path / "access.log"), grace=PATIENCE)


@pytest.fixture
def served(settings: ServeSettings) -> Iterator[Served]:
    """A server of a bundle with every kind of function."""
    with serving(FakeBundle(), settings) as server:
        yield server


@pytest.fixture
def quick(settings: ServeSettings) -> ServeSettings:
    """Those of a server that is impatient with its clients."""
    return replace(settings, head_seconds=0.3, body_seconds=0.3, write_seconds=0.3, head_bytes=4096, connections=5)
