from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import orjson
import pytest
import wasmtime
from tests.priostack.bundle.workshop import MODULE, module, open_plugins

from plugbay import Host, Limits
from plugbay.errors import (
    ConfigInvalid,
    DeadlineExceeded,
    GuestError,
    GuestTrap,
    MissingExport,
    PluginClosed,
)
from plugbay_adapters.priostack.bundle.bundle import Bundle
from plugbay_adapters.priostack.bundle.documents import Handler
from plugbay_adapters.priostack.bundle.lane import Lane
from plugbay_adapters.priostack.errors import BundleInvalid, BundleUnusable, UnknownSensor
from plugbay_adapters.priostack.goals.meter import GoalMeter

if TYPE_CHECKING:
    from tests.priostack.bundle.workshop import BundleFolder

PATIENCE = 20.0
ECHO = "wasm:users:echo"


@pytest.fixture
def bundle(shop: BundleFolder) -> Iterator[Bundle]:
    with Bundle.load(shop.path) as bundle:
        yield bundle


def test_a_bundle_is_loaded_with_its_routes_targets_and_intents(bundle: Bundle) -> None:
    version = bundle.version
    assert version.document.name == "shop"
    assert version.number == 1
    assert [
        (route.endpoint.method, route.endpoint.path, route.service, route.target.export) for route in version.routes
    ] == [
        ("POST", "/api/users", "users", "create_user"),
        ("GET", "/api/users/{id}", "users", "echo"),
        ("GET", "/api/orders/{id}", "orders", "echo"),
    ]
    assert version.targets[Handler("users", "createUser")].lane is version.lanes["users"]
    assert version.plugins["users"].name == "users"
    assert [intent.name for intent in version.sensors["stockLow"]] == ["restock"]
    assert set(version.files) == {
        "bundle.yaml",
        "services/users.yaml",
        "services/orders.yaml",
        "wasm/users.wasm",
        "wasm/orders.wasm",
    }


def test_functions_are_called_by_their_handlers(bundle: Bundle) -> None:
    assert bundle.call(ECHO, b"hello") == b"hello"
    assert bundle.call(Handler("users", "createUser"), b"") == b"{}"


def test_a_function_that_no_file_names_can_be_called_too(bundle: Bundle) -> None:
    with pytest.raises(GuestError, match="no such thing"):
        bundle.call("wasm:orders:fail", b"no such thing")
    with pytest.raises(GuestTrap):
        bundle.call("wasm:orders:trap", b"")


@pytest.mark.parametrize(
    ("handler", "error", "hint"),
    [
        ("wasm:user:echo", ConfigInvalid, "did you mean users?"),
        ("wasm:users:ekho", MissingExport, "did you mean echo?"),
        ("func:echo", ConfigInvalid, None),
        ("echo", ConfigInvalid, None),
        ("wasm:users:wrong", MissingExport, "plugbay inspect shows what is expected"),
    ],
)
def test_a_handler_that_means_nothing_is_refused(
    bundle: Bundle, handler: str, error: type[Exception], hint: str | None
) -> None:
    with pytest.raises(error) as caught:
        bundle.call(handler, b"")
    assert getattr(caught.value, "hint", None) == hint


def test_loading_starts_no_thread(shop: BundleFolder) -> None:
    before = set(threading.enumerate())
    with Bundle.load(shop.path):
        assert {
            thread for thread in threading.enumerate() if thread not in before and "epoch" not in thread.name
        } == set()


def test_a_bundle_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleUnusable):
        Bundle.load(tmp_path / "nothing")


def test_a_queue_that_is_none_is_refused_and_nothing_stays_open(shop: BundleFolder) -> None:
    with Host() as host:
        with pytest.raises(ConfigInvalid):
            Bundle.load(shop.path, host=host, queue="redis:x")
        assert open_plugins(host) == 0


def test_a_number_of_waiting_calls_below_zero_is_refused(shop: BundleFolder) -> None:
    with pytest.raises(ConfigInvalid, match="waiting"):
        Bundle.load(shop.path, waiting=-1)


def test_more_instances_than_the_limit_raise_the_limit(shop: BundleFolder) -> None:
    with Bundle.load(shop.path, limits=Limits(instances=1), instances=3) as bundle:
        assert bundle.version.plugins["users"].limits.instances == 3


def test_a_host_and_goals_that_were_passed_in_stay_open(shop: BundleFolder) -> None:
    meter = GoalMeter()
    with Host() as host:
        with Bundle.load(shop.path, host=host, goals=meter) as bundle:
            bundle.call(ECHO, b"")
        assert open_plugins(host) == 0
        host.load(module(), name="still-open").close()
    meter.record("users", 0.1, failed=False)
    assert meter.report(bundle.version.document.services[0].goals)[0].samples == 2


def test_every_call_counts_for_the_goals_and_what_the_caller_got_wrong_is_no_failure(shop: BundleFolder) -> None:
    shop.replace("services/users.yaml", "goals:", 'goals:\n  - {name: errors, metric: errorRate, target: "< 1%"}')
    with Bundle.load(shop.path) as bundle:
        goals = bundle.version.document.services[0].goals[:1]
        assert bundle.goals.report(goals)[0].state == "no data"
        bundle.call(ECHO, b"")
        with pytest.raises(GuestError):
            bundle.call("wasm:users:fail", b"bad input")
        report = bundle.goals.report(goals)[0]
        assert (report.samples, report.measured, report.state) == (2, 0.0, "met")
        with pytest.raises(GuestTrap):
            bundle.call("wasm:users:trap", b"")
        report = bundle.goals.report(goals)[0]
        assert (report.samples, report.state) == (3, "missed")


def test_a_sensor_runs_its_intents_in_the_background_once_started(bundle: Bundle) -> None:
    event = bundle.fire("stockLow", {"sku": "tea"})
    assert [run.intent for run in event.runs] == ["restock"]
    bundle.start()
    finished = bundle.intents.wait(event.id, PATIENCE)
    assert finished is not None
    assert finished.finished
    assert finished.runs[0].state.text == "done"


def test_the_threads_of_a_bundle_end_with_it(shop: BundleFolder) -> None:
    before = set(threading.enumerate())
    with Bundle.load(shop.path) as bundle:
        bundle.start()
        bundle.call(ECHO, b"")
        running = set(threading.enumerate()) - before
        assert {"users-1"} < {thread.name for thread in running}
    assert not [thread.name for thread in running if thread.is_alive() and "epoch" not in thread.name]


def test_an_unknown_sensor_is_refused(bundle: Bundle) -> None:
    with pytest.raises(UnknownSensor):
        bundle.fire("nothing", {})


def test_events_outlive_the_bundle_in_a_file(shop: BundleFolder, tmp_path: Path) -> None:
    queue = f"sqlite:{tmp_path / 'queue.db'}"
    with Bundle.load(shop.path, queue=queue) as bundle:
        event = bundle.fire("stockLow", {})
    with Bundle.load(shop.path, queue=queue) as bundle:
        bundle.start()
        finished = bundle.intents.wait(event.id, PATIENCE)
    assert finished is not None
    assert finished.finished


def test_a_closed_bundle_refuses_everything_and_closes_again(shop: BundleFolder) -> None:
    bundle = Bundle.load(shop.path)
    bundle.call(ECHO, b"")
    bundle.close()
    bundle.close()
    for use in (lambda: bundle.call(ECHO, b""), lambda: bundle.fire("stockLow", {}), bundle.reload, bundle.start):
        with pytest.raises(PluginClosed):
            use()


def test_closing_lets_what_runs_finish(shop: BundleFolder) -> None:
    results: SimpleQueue[bytes] = SimpleQueue()
    bundle = Bundle.load(shop.path, waiting=50)
    lane = bundle.version.lanes["users"]
    for index in range(50):
        lane.submit("echo", str(index).encode(), lambda result, _seconds: results.put(bytes(result)))  # type: ignore[arg-type] # an echo returns bytes
    bundle.close()
    assert results.qsize() == 50


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # that is what is tested
def test_a_bundle_works_in_a_forked_child(bundle: Bundle) -> None:
    bundle.call(ECHO, b"")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(20)
            code = 0 if bundle.call(ECHO, b"child") == b"child" else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert bundle.call(ECHO, b"parent") == b"parent"


# Reloads


def change_module(shop: BundleFolder, answer: str) -> None:
    shop.put("wasm/users.wasm", module(create_user=answer))


def test_a_reload_without_changes_does_nothing(bundle: Bundle) -> None:
    version = bundle.version
    change = bundle.reload()
    assert not change
    assert str(change) == "nothing changed"
    assert bundle.version is version


def test_a_changed_module_is_swapped_and_the_others_go_on(shop: BundleFolder, bundle: Bundle) -> None:
    old = bundle.version
    change_module(shop, "[2]")
    change = bundle.reload()
    assert change.files_changed == ("wasm/users.wasm",)
    assert change.modules == ("users",)
    assert str(change) == "changed wasm/users.wasm"
    assert bundle.call("wasm:users:createUser", b"") == b"[2]"
    assert bundle.version.number == 2
    assert bundle.version.digest != old.digest
    assert bundle.version.lanes["orders"] is old.lanes["orders"]
    assert bundle.version.plugins["orders"] is old.plugins["orders"]
    with pytest.raises(PluginClosed):
        old.lanes["users"].call("echo", b"")
    with pytest.raises(PluginClosed):
        old.plugins["users"].call("echo", b"")


def test_changed_routes_are_swapped_without_loading_modules(shop: BundleFolder, bundle: Bundle) -> None:
    old = bundle.version
    shop.replace("services/users.yaml", "path: /:id", "path: /by-id/:id")
    change = bundle.reload()
    assert change.routes_added == ("GET /api/users/by-id/{id}",)
    assert change.routes_removed == ("GET /api/users/{id}",)
    assert change.modules == ()
    assert bundle.version.plugins == old.plugins
    assert change.to_dict()["files_changed"] == ["services/users.yaml"]


def test_a_call_whose_lane_a_reload_replaced_is_made_on_the_new_one(
    shop: BundleFolder, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, reloads = Lane.call, iter([True])

    def call_after_reload(lane: Lane, function: str, payload: bytes) -> bytes:
        if next(reloads, False):
            change_module(shop, "[2]")
            bundle.reload()
        return call(lane, function, payload)

    monkeypatch.setattr(Lane, "call", call_after_reload)
    assert bundle.call("wasm:users:createUser", b"") == b"[2]"


def test_services_come_and_go(shop: BundleFolder, bundle: Bundle) -> None:
    old = bundle.version
    shop.replace("bundle.yaml", "  - path: services/orders.yaml\n", "  - path: services/new.yaml\n")
    shop.put("services/new.yaml", "name: new\napi: {endpoints: [{name: a, method: GET, path: /a, to: 'func:echo'}]}\n")
    shop.put("wasm/new.wasm", module())
    change = bundle.reload()
    assert change.files_added == ("services/new.yaml", "wasm/new.wasm")
    assert change.files_removed == ("services/orders.yaml", "wasm/orders.wasm")
    assert bundle.call("wasm:new:echo", b"x") == b"x"
    with pytest.raises(ConfigInvalid, match="no service orders"):
        bundle.call("wasm:orders:echo", b"")
    with pytest.raises(PluginClosed):
        old.plugins["orders"].call("echo", b"")
    with pytest.raises(UnknownSensor):
        bundle.fire("stockLow", {})


@pytest.mark.parametrize("broken", ["yaml", "module", "handler"])
def test_a_broken_new_version_is_refused_and_the_old_one_serves_on(
    shop: BundleFolder, bundle: Bundle, broken: str
) -> None:
    old = bundle.version
    match broken:
        case "yaml":
            shop.put("bundle.yaml", "name: [\n")
        case "module":
            shop.put("wasm/users.wasm", b"half writ")
        case _:
            shop.put("wasm/users.wasm", module())  # without create_user
    with pytest.raises(BundleInvalid):
        bundle.reload()
    assert bundle.version is old
    assert bundle.call("wasm:users:createUser", b"") == b"{}"


def test_a_reload_that_is_refused_leaves_nothing_open(shop: BundleFolder) -> None:
    with Host() as host, Bundle.load(shop.path, host=host) as bundle:
        before = open_plugins(host)
        change_module(shop, "[2]")
        shop.put("wasm/orders.wasm", b"broken")
        with pytest.raises(BundleInvalid):
            bundle.reload()
        assert open_plugins(host) == before
        shop.put("wasm/orders.wasm", module())
        bundle.reload()
        assert open_plugins(host) == before


def test_a_bundle_that_is_gone_is_refused_and_the_old_version_serves_on(shop: BundleFolder, bundle: Bundle) -> None:
    shop.put("bundle.yaml", None)
    with pytest.raises(BundleUnusable):
        bundle.reload()
    assert bundle.call(ECHO, b"x") == b"x"


def test_what_runs_on_the_old_module_is_finished_before_it_is_closed(shop: BundleFolder) -> None:
    spin = '(func (export "spin") (param i32 i32) (result i64) (loop (br 0)) (i64.const 0))'
    slow = module_with(spin)
    shop.put("wasm/users.wasm", slow)
    results: SimpleQueue[bytes | BaseException] = SimpleQueue()
    with Bundle.load(shop.path, limits=Limits(deadline=0.3)) as bundle:
        lane = bundle.version.lanes["users"]
        lane.submit("spin", b"", lambda result, _seconds: results.put(result))
        lane.submit("echo", b"queued", lambda result, _seconds: results.put(result))
        change_module(shop, "[2]")
        bundle.reload()
        assert isinstance(results.get_nowait(), DeadlineExceeded)
        assert results.get_nowait() == b"queued"
        assert bundle.call("wasm:users:createUser", b"") == b"[2]"


def test_no_call_is_lost_or_fails_while_modules_are_replaced(shop: BundleFolder) -> None:
    answers: set[bytes] = set()
    failures: list[BaseException] = []
    done = threading.Event()

    def hammer(bundle: Bundle) -> None:
        try:
            while not done.is_set():
                answers.add(bundle.call("wasm:users:createUser", b""))
        except BaseException as error:  # noqa: BLE001 # any is a failure of the test
            failures.append(error)

    with Bundle.load(shop.path, instances=2) as bundle:
        threads = [threading.Thread(target=hammer, args=(bundle,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(15):
            change_module(shop, f"[{number}]")
            assert bundle.reload().modules == ("users",)
        assert bundle.call("wasm:users:createUser", b"") == b"[14]"
        done.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert failures == []
    assert all(isinstance(orjson.loads(answer), (list, dict)) for answer in answers)
    assert len(answers) > 1


def module_with(function: str) -> bytes:
    """The usual module with one more function and create_user."""
    create = '(func (export "create_user") (param i32 i32) (result i64) (i64.const 0))'
    return bytes(wasmtime.wat2wasm(MODULE.replace("{functions}", create + function)))
