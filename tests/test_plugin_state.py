"""State through a plugin: transactions, conflicts, namespaces."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from plugbay import Disposition, Host, Limits, Message, Outcome, Permissions, Plugin
from plugbay.errors import BatchError, GuestTrap, MessageRejected, StateConflict
from plugbay.leases import CONFLICT_ATTEMPTS
from plugbay.state import MemoryStore, SqliteStore

Gear = Callable[..., bytes]

IMPORTS = """
  (import "env" "flux_kv_get" (func $get (param i32 i32) (result i64)))
  (import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))
  (import "env" "reject" (func $reject (param i32 i32)))
"""
INCREMENT = """
  (local $found i64) (local $value i32)
  (local.set $found (call $get (i32.const 16) (i32.const 1)))
  (if (i64.ne (local.get $found) (i64.const 0)) (then
    (local.set $value (i32.load (i32.wrap_i64 (i64.shr_u (local.get $found) (i64.const 32)))))
    (call $free (i32.wrap_i64 (i64.shr_u (local.get $found) (i64.const 32))) (i32.const 4))))
  (i32.store (i32.const 32) (i32.add (local.get $value) (i32.const 1)))
  (if (call $put (i32.const 16) (i32.const 1) (i32.const 32) (i32.const 4)) (then (unreachable)))
  (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 88)) (then (unreachable)))  ;; X
  (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 82)) (then  ;; R
    (call $reject (i32.const 16) (i32.const 1)) (return (i64.const 0))))
  (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 68)) (then (return (i64.const 0))))  ;; D
  (call $number (i32.load (i32.const 32)))
"""
GRANTED = Permissions(state=True)

WORKER = """
import sys
from pathlib import Path
from plugbay import Host, Limits, Permissions
from plugbay.errors import StateConflict
with Host(state="sqlite:" + sys.argv[1]) as host:
    plugin = host.load(sys.argv[2], name="counter", permissions=Permissions(state=True), limits=Limits(deadline=60))
    print("ready", flush=True)
    sys.stdin.readline()
    conflicts = 0
    for _ in range(int(sys.argv[3])):
        try:
            plugin.call("process", b"x")
        except StateConflict:
            conflicts += 1
    print(conflicts)
"""


@pytest.fixture
def counter_gear(gear: Gear) -> bytes:
    """A gear that counts in its state, and then answers, traps (X), rejects (R) or drops (D)."""
    return gear(INCREMENT, imports=IMPORTS, extra='(data (i32.const 16) "n")')


@pytest.fixture
def counter(host: Host, counter_gear: bytes) -> Plugin:
    return host.load(counter_gear, name="counter", permissions=GRANTED)


def count(answer: bytes) -> int:
    return int.from_bytes(answer, "little")


def stored(host: Host, name: str) -> int:
    found = host.state.get(name, "n")
    return count(found.value) if found is not None else 0


def test_state_lives_from_message_to_message(counter: Plugin, host: Host) -> None:
    assert [count(counter.call("process", b"x")) for _ in range(3)] == [1, 2, 3]
    assert [count(answer) for answer in counter.call_many("process", [b"x"] * 3)] == [4, 5, 6]
    assert stored(host, "counter") == 6


def test_a_message_that_traps_leaves_no_state(counter: Plugin, host: Host) -> None:
    with pytest.raises(GuestTrap):
        counter.call("process", b"X")
    assert stored(host, "counter") == 0
    with pytest.raises(BatchError):
        counter.call_many("process", [b"x", b"X", b"x"])
    assert stored(host, "counter") == 2


def test_a_rejected_message_leaves_no_state_and_a_dropped_one_does(counter: Plugin, host: Host) -> None:
    with pytest.raises(MessageRejected, match="counter: n"):
        counter.call("process", b"R")
    assert stored(host, "counter") == 0
    assert counter.call("process", b"D") == b""
    assert stored(host, "counter") == 1


def test_an_outcome_says_what_changed(host: Host, gear: Gear) -> None:
    body = """
      (drop (call $put (i32.const 16) (i32.const 1) (local.get $p) (local.get $n)))
      (call $copy (local.get $p) (local.get $n))"""
    plugin = host.load(gear(body, imports=IMPORTS, extra='(data (i32.const 16) "n")'), permissions=GRANTED)
    message = Message.new()
    for outcome in [plugin.process(message), *plugin.process_many([Message.new(), Message.new()])]:
        assert outcome.state_change is not None
        assert outcome.state_change.written == {"n"}
    rejecting = body.replace("(call $copy", "(call $reject (i32.const 16) (i32.const 1)) (call $copy")
    refused = host.load(gear(rejecting, imports=IMPORTS), permissions=GRANTED).process(message)
    assert (refused.disposition, refused.state_change) == (Disposition.REJECT, None)


def test_state_that_was_not_granted_is_absent_and_unwritable(
    host: Host, gear: Gear, caplog: pytest.LogCaptureFixture
) -> None:
    body = """
      (if (i64.ne (call $get (i32.const 16) (i32.const 1)) (i64.const 0)) (then (unreachable)))
      (if (i32.eqz (call $put (i32.const 16) (i32.const 1) (i32.const 16) (i32.const 1))) (then (unreachable)))
      (call $copy (local.get $p) (local.get $n))"""
    plugin = host.load(gear(body, imports=IMPORTS))
    outcome = plugin.process(Message.new())
    assert outcome.disposition is Disposition.OK
    assert ["state was not granted" in line.text for line in outcome.logs] == [True, True]
    with caplog.at_level(logging.WARNING, "plugbay.guest"):
        plugin.call("process", b"raw")
    assert len(caplog.records) == 2


def test_plugins_of_different_names_do_not_share_state(host: Host, counter_gear: bytes) -> None:
    one = host.load(counter_gear, name="one", permissions=GRANTED)
    two = host.load(counter_gear, name="two", permissions=GRANTED)
    again = host.load(counter_gear, name="one", permissions=GRANTED)
    assert [count(plugin.call("process", b"x")) for plugin in (one, two, one, again)] == [1, 1, 2, 3]


def test_state_outlives_reload_and_replaced_instances(counter: Plugin, counter_gear: bytes) -> None:
    assert count(counter.call("process", b"x")) == 1
    counter.reload(counter_gear)
    assert count(counter.call("process", b"x")) == 2
    with pytest.raises(GuestTrap):
        counter.call("process", b"X")
    assert count(counter.call("process", b"x")) == 3


JOURNAL = """
  (local $found i64) (local $size i32)
  (local.set $found (call $get (i32.const 16) (i32.const 1)))
  (local.set $size (i32.wrap_i64 (local.get $found)))
  (memory.copy (i32.const 64) (i32.wrap_i64 (i64.shr_u (local.get $found) (i64.const 32))) (local.get $size))
  (i32.store8 offset=64 (local.get $size) (local.get $n))
  (drop (call $put (i32.const 16) (i32.const 1) (i32.const 64) (i32.add (local.get $size) (i32.const 1))))
  (call $copy (local.get $p) (local.get $n))
"""
"""Appends a byte, the size of the message, to what the state holds."""


class RivalStore(MemoryStore):
    """A store in which somebody else writes just before a commit, at each of the first ``rivals`` commits."""

    def __init__(self, rivals: int) -> None:
        super().__init__()
        self.rivals = rivals

    def commit(
        self,
        namespace: str,
        expected: Mapping[str, int],
        writes: Mapping[str, bytes | None],
        *,
        quota_bytes: int,
        complete: bool = False,
    ) -> None:
        if self.rivals:
            self.rivals -= 1
            seen = self.get(namespace, "n")
            now = seen.version if seen else 0
            text = (seen.value if seen else b"") + b"-"
            super().commit(namespace, {"n": now}, {"n": text}, quota_bytes=quota_bytes)
        super().commit(namespace, expected, writes, quota_bytes=quota_bytes, complete=complete)

    @property
    def journal(self) -> bytes:
        found = self.get("journal", "n")
        return found.value if found else b""


MESSAGES = [Message.new(data={"k": "x" * size}) for size in range(3)]
PAYLOADS = [message.to_cbor() for message in MESSAGES]
SIZES = bytes(len(payload) & 0xFF for payload in PAYLOADS)


@pytest.fixture
def journal_gear(gear: Gear) -> bytes:
    return gear(JOURNAL, imports=IMPORTS, extra='(data (i32.const 16) "n")')


def use(plugin: Plugin, how: str, payloads: list[bytes]) -> list[object]:
    """What came of the payloads, one by one or at once; the error of a payload that failed."""
    if how == "call":
        return [plugin.call("process", payload) for payload in payloads]
    if how == "call_many":
        try:
            return list(plugin.call_many("process", payloads))
        except BatchError as error:
            return list(error.results)
    if how == "process":
        return [plugin.process(Message.from_cbor(payload)) for payload in payloads]
    if how == "process_many":
        return list(plugin.process_many([Message.from_cbor(payload) for payload in payloads]))
    return list(plugin.process_encoded(payloads) or [])


def error_of(result: object) -> object:
    error = result.error if isinstance(result, Outcome) else result
    return error if isinstance(error, Exception) else None


@pytest.mark.parametrize("how", ["call", "call_many", "process", "process_many", "process_encoded"])
def test_a_message_that_lost_a_race_is_run_again_before_the_next(journal_gear: bytes, how: str) -> None:
    store = RivalStore(3)
    with Host(state=store) as host:
        plugin = host.load(journal_gear, name="journal", permissions=GRANTED)
        results = use(plugin, how, PAYLOADS)
        assert not any(error_of(result) for result in results)
        assert store.journal == b"---" + SIZES


@pytest.mark.parametrize("how", ["call_many", "process_encoded", "process_many"])
def test_a_race_that_cannot_be_won_fails_its_message_and_the_next_is_tried(journal_gear: bytes, how: str) -> None:
    store = RivalStore(CONFLICT_ATTEMPTS)
    with Host(state=store) as host:
        plugin = host.load(journal_gear, name="journal", permissions=GRANTED)
        first, *others = use(plugin, how, PAYLOADS)
        assert isinstance(error_of(first), StateConflict)
        assert [error_of(result) for result in others] == [None, None]
        assert store.journal == b"-" * CONFLICT_ATTEMPTS + SIZES[1:]


def test_a_race_that_is_never_won_is_given_up(journal_gear: bytes) -> None:
    store = RivalStore(1000)
    with Host(state=store) as host:
        plugin = host.load(journal_gear, name="journal", permissions=GRANTED)
        with pytest.raises(StateConflict):
            plugin.call("process", PAYLOADS[0])
        assert isinstance(plugin.process(MESSAGES[0]).error, StateConflict)
        assert store.rivals == 1000 - 2 * CONFLICT_ATTEMPTS


def test_threads_counting_together_lose_nothing(host: Host, counter_gear: bytes) -> None:
    plugin = host.load(counter_gear, name="counter", permissions=GRANTED, instances=3, limits=Limits(deadline=20))
    failures: list[BaseException] = []

    def work() -> None:
        for _ in range(200):
            try:
                plugin.call("process", b"x")
            except Exception as error:  # noqa: BLE001 # counted below
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored(host, "counter") == 600 - len(failures)
    assert {type(failure).__name__ for failure in failures} <= {"StateConflict"}


def test_processes_counting_together_in_sqlite_lose_nothing(counter_gear: bytes, tmp_path: Path) -> None:
    gear = tmp_path / "counter.wasm"
    gear.write_bytes(counter_gear)
    database = tmp_path / "state.db"
    command = [sys.executable, "-c", WORKER, str(database), str(gear), "100"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    results = [worker.communicate("\n", timeout=120) for worker in workers]
    assert [error for _, error in results] == [""] * 3
    store = SqliteStore(database)
    found = store.get("counter", "n")
    store.close()
    assert found is not None
    assert count(found.value) == 300 - sum(int(conflicts) for conflicts, _ in results)
