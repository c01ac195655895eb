"""Reloading and closing plugins, also while they are used."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from plugbay import Host, Limits, Message, Permissions, Plugin
from plugbay.errors import InitFailed, InvalidBinary, PluginClosed, UnknownAbi
from plugbay.state import MemoryStore, Versioned

Gear = Callable[..., bytes]


def run_at_once(*work: Callable[[], object]) -> None:
    """Run the functions in a thread each, started together; raise the first error."""
    barrier = threading.Barrier(len(work))
    errors: list[BaseException] = []

    def run(function: Callable[[], object]) -> None:
        barrier.wait()
        try:
            function()
        except BaseException as error:  # noqa: BLE001 # raised again in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class BlockingStore(MemoryStore):
    """A store whose reads wait for a sign, so that a test knows when a guest is in the middle of a call."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def get(self, namespace: str, key: str) -> Versioned | None:
        self.entered.set()
        assert self.go_on.wait(20)
        return super().get(namespace, key)


READING = """
  (drop (call $get (i32.const 16) (i32.const 1)))
  (call $copy (local.get $p) (local.get $n))
"""
GET = '(import "env" "flux_kv_get" (func $get (param i32 i32) (result i64)))'


# ---- reload ----------------------------------------------------------------------------------------------------------


def test_reload_swaps_the_version(host: Host, echo: Plugin, gear: Gear) -> None:
    before = echo.info.digest
    echo.reload(gear("(i64.const 0)"))
    assert echo.call("process", b"x") == b""
    assert echo.info.digest != before


@pytest.mark.parametrize("what", ["not wasm", "another abi", "cannot start", "no file"])
def test_a_bad_version_is_refused_and_the_old_one_serves_on(
    host: Host, echo: Plugin, gear: Gear, wat: Callable[[str], bytes], what: str
) -> None:
    bad: dict[str, tuple[bytes | str, type[Exception]]] = {
        "not wasm": (b"nonsense", InvalidBinary),
        "another abi": (wat("(module)"), UnknownAbi),
        "cannot start": (gear(extra="(func $s (unreachable)) (start $s)"), InitFailed),
        "no file": ("/nowhere/at/all.wasm", FileNotFoundError),
    }
    source, error = bad[what]
    before = echo.info
    with pytest.raises(error):
        echo.reload(source)
    assert echo.call("process", b"x") == b"x"
    assert echo.info is before


def test_reloading_under_load_drops_no_call_and_no_version_stays_open(host: Host, gear: Gear) -> None:
    versions = [gear(), gear("(nop) (call $copy (local.get $p) (local.get $n))")]
    plugin = host.load(versions[0], instances=2, limits=Limits(deadline=20))
    done = threading.Event()

    def call() -> None:
        number = 0
        while not done.is_set():
            number += 1
            payload = b"%d" % number
            assert plugin.call("process", payload) == payload
            assert plugin.call_many("process", [payload] * 5) == [payload] * 5

    def reload() -> None:
        try:
            for number in range(30):
                plugin.reload(versions[number % 2])
        finally:
            done.set()

    run_at_once(call, call, reload)
    assert plugin.call("process", b"x") == b"x"


def test_two_reloads_at_once_leave_one_version(host: Host, gear: Gear) -> None:
    versions = [gear(), gear("(i64.const 0)")]
    plugin = host.load(versions[0])

    def reload() -> None:
        for number in range(20):
            plugin.reload(versions[number % 2])

    run_at_once(reload, reload)
    assert plugin.call("process", b"x") in (b"x", b"")


# ---- close -----------------------------------------------------------------------------------------------------------


def test_a_closed_plugin_says_so(echo: Plugin, echo_gear: bytes) -> None:
    echo.close()
    echo.close()
    for use in (
        lambda: echo.call("process", b"x"),
        lambda: echo.call_many("process", [b"x"]),
        lambda: echo.process(Message.new()),
        lambda: echo.process_many([Message.new()]),
        lambda: echo.reload(echo_gear),
    ):
        with pytest.raises(PluginClosed, match="echo: the plugin is closed"):
            use()


def test_close_lets_running_calls_finish(gear: Gear) -> None:
    store = BlockingStore()
    outputs: list[bytes] = []
    with Host(state=store) as host:
        limits = Limits(deadline=20)
        plugin = host.load(gear(READING, imports=GET), permissions=Permissions(state=True), limits=limits)
        running = threading.Thread(target=lambda: outputs.append(plugin.call("process", b"finished")))
        running.start()
        assert store.entered.wait(20)
        closing = threading.Thread(target=plugin.close)
        closing.start()
        closing.join(0.05)
        assert closing.is_alive()
        store.go_on.set()
        closing.join(20)
        running.join(20)
    assert outputs == [b"finished"]


def test_close_ends_a_hammered_plugin(host: Host, echo_gear: bytes) -> None:
    plugin = host.load(echo_gear, limits=Limits(deadline=20))
    closed: list[int] = []

    def call() -> None:
        try:
            while True:
                plugin.call("process", b"x")
        except PluginClosed:
            closed.append(1)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    plugin.close()
    for thread in threads:
        thread.join(20)
    assert closed == [1, 1, 1]


def test_a_plugin_is_a_context_manager(host: Host, echo_gear: bytes) -> None:
    with host.load(echo_gear) as plugin:
        assert plugin.call("process", b"x") == b"x"
    with pytest.raises(PluginClosed):
        plugin.call("process", b"x")
