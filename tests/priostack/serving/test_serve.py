"""``plugbay bundle serve`` as a process: start, signals, workers, and what it says when it can't."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.priostack.serving.bundles import (
    COMMAND,
    JSON,
    PATIENCE,
    get,
    guest,
    post,
    program,
    replace_file,
    run_to_end,
    write_bundle,
)
from tests.priostack.serving.conftest import wait_until

from plugbay_adapters.priostack.intents.default_queue import default_queue
from plugbay_adapters.priostack.intents.queue import SensorQueue
from plugbay_adapters.priostack.intents.run import RunState

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "demo")


def test_it_serves_until_it_is_told_to_stop(bundle: Path) -> None:
    with program(bundle, "--access-log", str(bundle.parent / "access.log")) as server:
        assert get(server.url, "/api/version").json() == {"version": 1}
        assert post(server.url, "/api/echo", b"[1]").content == b"[1]"
        assert get(server.url, "/api/items/7?a=b").json() == {"a": "b", "id": "7"}
        assert post(server.url, "/api/trap").status_code == 500
        assert post(server.url, "/_sensors/happened").status_code == 202
        assert get(server.url, "/_goals").json()["goals"][0]["service"] == "demo"
        assert server.end() == 0
    lines = [json.loads(line) for line in (bundle.parent / "access.log").read_text().splitlines()]
    assert len(lines) == 6
    assert lines[3]["id"] in server.said()
    assert "unreachable" in server.said()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_who_is_told_that_it_is_ready_may_stop_it_at_once(bundle: Path, workers: str) -> None:
    with program(bundle, "--workers", workers) as server:
        server.process.send_signal(signal.SIGHUP)
        assert server.end() == 0


def test_a_call_over_its_deadline_is_504(bundle: Path) -> None:
    with program(bundle, "--deadline", "0.2") as server:
        assert post(server.url, "/api/forever").status_code == 504
        assert get(server.url, "/api/version").status_code == 200
        assert server.end(signal.SIGINT) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_requests_in_flight_are_finished_before_it_ends(bundle: Path, workers: str) -> None:
    with program(bundle, "--workers", workers, "--deadline", "20", "--no-access-log") as server:
        with ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(post, server.url, "/api/slow", b"%d" % number) for number in range(4)]
            wait_until(lambda: in_flight(server.url) >= 4)
            server.process.send_signal(signal.SIGTERM)
            assert [call.result().json() for call in calls] == [0, 1, 2, 3]
        assert server.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_signal_ends_it_at_once(bundle: Path, workers: str) -> None:
    with program(bundle, "--workers", workers, "--deadline", "600") as server, ThreadPoolExecutor(1) as pool:
        call = pool.submit(post, server.url, "/api/forever")
        wait_until(lambda: in_flight(server.url) >= 1)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses_connections(server.url))
        assert server.end() == 1
        assert isinstance(call.exception(PATIENCE), httpx.HTTPError) or call.result().status_code == 503


def test_the_grace_bounds_what_is_waited_for(bundle: Path) -> None:
    with program(bundle, "--deadline", "600", "--grace", "1") as server, ThreadPoolExecutor(1) as pool:
        call = pool.submit(post, server.url, "/api/forever")
        wait_until(lambda: in_flight(server.url) >= 1)
        assert server.end() == 1
        assert isinstance(call.exception(PATIENCE), httpx.HTTPError) or call.result().status_code == 503


def test_the_grace_bounds_intents_too(bundle: Path) -> None:
    service = (bundle / "services/demo.yaml").read_text().replace('toFunc: "func:echo"', 'toFunc: "func:forever"')
    (bundle / "services/demo.yaml").write_text(service)
    with program(bundle, "--deadline", "600", "--grace", "1") as server:
        assert post(server.url, "/_sensors/happened").status_code == 202
        wait_until(lambda: counts(server.url)["running"] == 1)
        assert server.end() == 1


def test_a_worker_that_is_killed_is_replaced(bundle: Path) -> None:
    with program(bundle, "--workers", "2", "--no-access-log") as server:
        first = server.children()
        assert len(first) == 2
        for pid in first:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda pid=pid: pid not in server.children() and len(server.children()) == 2)  # type: ignore[misc] # the loop's own pid
            assert get(server.url, "/api/version").status_code == 200
        assert server.said().count("was killed by SIGKILL; another starts in") == 2
        assert server.end() == 0


def test_workers_end_when_the_one_who_started_them_is_killed(bundle: Path) -> None:
    with program(bundle, "--workers", "2") as server:
        workers = server.children()
        server.end(signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in workers))


def test_workers_count_together(bundle: Path) -> None:
    with program(bundle, "--workers", "2") as server:
        for _ in range(20):
            get(server.url, "/api/version")
        text = get(server.url, "/metrics").text
        line = next(
            line for line in text.splitlines() if line.startswith("plugbay_requests_total{") and "version" in line
        )
        assert line.endswith(" 20.0")
        assert post(server.url, "/_sensors/happened").status_code == 202
        wait_until(lambda: get(server.url, "/_intents").json()["intents"][0]["counts"]["done"] == 1)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_is_told_before_anything_starts(bundle: Path, workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run_to_end(str(bundle), "--port", str(port), "--workers", workers)
    assert done.returncode == 2
    assert f"error[address-unusable]: can't listen on 127.0.0.1 port {port}" in done.stderr
    assert len(done.stderr.splitlines()) < 8


def test_two_servers_do_not_get_one_port(bundle: Path) -> None:
    with program(bundle) as server:
        done = run_to_end(str(bundle), "--port", server.url.rpartition(":")[2])
        assert done.returncode == 2
        assert "choose another --port" in done.stderr
        assert get(server.url, "/healthz").status_code == 200


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_broken_bundle_is_told_before_anything_listens(bundle: Path, workers: str) -> None:
    (bundle / "services/demo.yaml").write_text("name: demo\napi: [\n")
    done = run_to_end(str(bundle), "--port", "0", "--workers", workers)
    assert done.returncode == 1
    assert "services/demo.yaml:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--workers", "0"], "workers 0 (from 1 to 256)"),
        (["--port", "70000"], "port 70000"),
        (["--grace", "-1", "--waiting", "0"], "waiting 0"),
        (["--host", "no such host"], "no such host is no address"),
        (["--access-log", "/nowhere/access.log"], "/nowhere/access.log"),
        (["--access-log", "x.log", "--no-access-log"], "wants none"),
        (["--queue", "sqlite:/nowhere/queue.db"], "/nowhere/queue.db"),
    ],
)
def test_what_can_t_be_is_told_in_a_few_lines(bundle: Path, options: list[str], told: str) -> None:
    done = run_to_end(str(bundle), "--port", "0", *options)
    assert done.returncode == (1 if "--queue" in options else 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 8


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_standard_output_that_is_closed_is_told(bundle: Path, workers: str) -> None:
    command = shlex.join([*COMMAND, str(bundle), "--port", "0", "--workers", workers])
    done = subprocess.run(
        ["sh", "-c", f"exec {command} >&-"], stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 2
    assert "the access log goes to standard output, which is closed" in done.stderr


def test_no_bundle_is_told(tmp_path: Path) -> None:
    done = run_to_end(str(tmp_path / "nothing"), "--port", "0")
    assert done.returncode == 2
    assert "nothing" in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_changed_module_is_taken_into_service_and_a_broken_one_is_not(bundle: Path, workers: str) -> None:
    with program(bundle, "--watch", "--workers", workers) as server:
        replace_file(bundle / "wasm/demo.wasm", guest(2))
        wait_until(lambda: versions(server.url) == {2})
        replace_file(bundle / "wasm/demo.wasm", b"\0asm half a module")
        wait_until(lambda: server.said().count("is refused") == int(workers))
        assert versions(server.url) == {2}
        assert get(server.url, "/readyz").status_code == 200
        replace_file(bundle / "wasm/demo.wasm", guest(3))
        wait_until(lambda: versions(server.url) == {3})
        assert server.end() == 0
    assert "version 2 serves now: changed wasm/demo.wasm" in server.said()
    assert "version 2 serves on: " in server.said()


def test_a_hangup_reloads(bundle: Path) -> None:
    with program(bundle, "--workers", "2") as server:
        replace_file(bundle / "wasm/demo.wasm", guest(2))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.said().count("version 2 serves now") == 2)
        assert versions(server.url) == {2}
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.said().count("version 2 serves on: the bundle is as it was then") == 2)
        assert server.end() == 0


def test_no_request_fails_while_modules_are_replaced(bundle: Path) -> None:
    def ask(_: int) -> list[int]:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            return [client.get("/api/version").status_code for _ in range(300)]

    with program(bundle, "--watch", "--no-access-log") as server, ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(ask, number) for number in range(4)]
        version = 1
        while not all(run.done() for run in runs) or version < 5:
            version += 1
            replace_file(bundle / "wasm/demo.wasm", guest(version))
            wait_until(lambda: versions(server.url) == {version})  # noqa: B023 # called before the loop goes on
        assert [set(run.result()) for run in runs] == [{200}] * 4
        assert server.end() == 0


def test_no_event_that_was_accepted_is_lost_when_the_server_is_killed(bundle: Path) -> None:
    """Also without a word about the queue: it outlives the server unless told otherwise."""
    accepted: list[str] = []

    def fire(number: int) -> None:
        with suppress(httpx.HTTPError):
            answer = client.post("/_sensors/happened", content=b"%d" % number, headers=JSON)
            if answer.status_code == 202:
                accepted.append(answer.json()["id"])

    with (
        program(bundle) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        calls = [pool.submit(fire, number) for number in range(1000)]
        wait_until(lambda: len(accepted) >= 500)
        server.end(signal.SIGKILL)
        for call in calls:
            call.result(PATIENCE)
    assert 500 <= len(accepted) < 1000
    with program(bundle) as server:
        wait_until(lambda: counts(server.url)["done"] >= len(accepted))
        wait_until(lambda: not any(counts(server.url)[state] for state in ("waiting", "retrying", "running")))
        left = counts(server.url)
    assert len(accepted) <= left["done"] <= 1000
    assert (left["failed"], left["expired"], left["skipped"]) == (0, 0, 0)
    with closing(SensorQueue.open(default_queue(str(bundle)))) as queue:
        events = [queue.event(id_) for id_ in accepted]
    assert all(event is not None and [run.state for run in event.runs] == [RunState.DONE] for event in events)


def test_a_queue_that_is_damaged_meanwhile_makes_it_not_ready_and_the_endpoints_go_on(bundle: Path) -> None:
    queue = bundle.parent / "events.db"
    with program(bundle, "--queue", f"sqlite:{queue}") as server:
        assert get(server.url, "/readyz").status_code == 200
        queue.unlink()
        queue.write_bytes(b"no database" * 1000)
        assert get(server.url, "/readyz").status_code == 503
        assert post(server.url, "/_sensors/happened", b"1").status_code == 503
        assert get(server.url, "/api/version").status_code == 200


def counts(url: str) -> dict[str, int]:
    """How many runs of the intent are in which state."""
    found: dict[str, int] = get(url, "/_intents").json()["intents"][0]["counts"]
    return found


def in_flight(url: str) -> int:
    """Requests that are not answered yet, but for the one that asks."""
    lines = get(url, "/metrics").text.splitlines()
    return int(float(next(line for line in lines if line.startswith("plugbay_requests_in_flight")).split()[1])) - 1


def versions(url: str) -> set[int]:
    """What a few new connections get, so that each worker is likely to be asked."""
    return {get(url, "/api/version").json()["version"] for _ in range(6)}


def refuses_connections(url: str) -> bool:
    try:
        get(url, "/healthz")
    except httpx.ConnectError:
        return True
    except httpx.HTTPError:
        return False
    return False


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
