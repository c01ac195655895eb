"""The file of a queue: who may read it, and what becomes of files that can't be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.priostack.intents.workbench import Workbench, intent

from plugbay.errors import ConfigInvalid, PluginClosed
from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.intents.queue import SensorQueue

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


@pytest.fixture
def made(queue_path: Path) -> Iterator[Workbench]:
    bench = Workbench(f"sqlite:{queue_path}", intent())
    yield bench
    bench.close()


def open_queue(path: Path, busy_timeout: float = 5.0) -> SensorQueue:
    return SensorQueue.open(f"sqlite:{path}", busy_timeout=busy_timeout)


def test_an_accepted_event_outlives_its_queue(queue_path: Path) -> None:
    first = Workbench(f"sqlite:{queue_path}", intent())
    event = first.fire(payload={"n": 1})
    first.close()
    second = Workbench(f"sqlite:{queue_path}", intent())
    assert second.run_all() == 1
    assert second.calls == [("greet", b'{"n":1}')]
    assert second.event(event).finished
    second.close()


def test_accepting_waits_for_the_disk_and_running_does_not(made: Workbench, queue_path: Path) -> None:
    connection = made.queue._transactions._connection  # pyright: ignore[reportPrivateUsage] # to see its statements
    assert connection is not None
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    made.fire()
    accepting = [statement for statement in seen if "synchronous" in statement or statement == "COMMIT"]
    seen.clear()
    made.engine.step()
    running = [statement for statement in seen if "synchronous" in statement or statement == "COMMIT"]
    assert accepting == ["PRAGMA synchronous = FULL", "COMMIT"]
    assert running == ["PRAGMA synchronous = NORMAL", "COMMIT"] * 2  # the claim and its end
    with closing(sqlite3.connect(queue_path)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_file_is_readable_by_its_owner_only(made: Workbench, queue_path: Path) -> None:
    made.fire()
    assert {stat.S_IMODE(path.stat().st_mode) for path in queue_path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "url", ["", "memory", "memory:x", "sqlite:", "sqlite", "sqlite::memory:", "sqlite:a\0b", "redis://x", "queue.db"]
)
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigInvalid, match="sensor queue"):
        SensorQueue.open(url)


def test_a_home_that_is_unknown_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="can't be expanded"):
        SensorQueue.open("sqlite:~nobody-of-that-name/queue.db")


def test_a_missing_folder_a_folder_and_a_device_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "queue.db", tmp_path, Path("/dev/null/queue.db"), Path("/dev/full")):
        with pytest.raises(SensorQueueUnusable):
            open_queue(path)


def test_a_database_of_another_program_is_refused_and_left_alone(queue_path: Path) -> None:
    with closing(sqlite3.connect(queue_path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    before = queue_path.read_bytes()
    with pytest.raises(SensorQueueUnusable, match="another program"):
        open_queue(queue_path)
    assert queue_path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(queue_path: Path) -> None:
    queue_path.write_bytes(b"not a database " * 100)
    with pytest.raises(SensorQueueUnusable, match="file of its own") as caught:
        open_queue(queue_path)
    assert caught.value.found == "SQLITE_NOTADB"
    assert queue_path.read_bytes() == b"not a database " * 100


def test_a_queue_of_a_newer_plugbay_is_refused(queue_path: Path) -> None:
    open_queue(queue_path).close()
    with closing(sqlite3.connect(queue_path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(SensorQueueUnusable, match="newer plugbay") as caught:
        open_queue(queue_path)
    assert (caught.value.expected, caught.value.found) == (1, 2)


def test_a_damaged_file_is_an_error_and_nothing_is_accepted(queue_path: Path) -> None:
    first = Workbench(f"sqlite:{queue_path}", intent())
    for number in range(50):
        first.fire(payload="x" * number)
    first.close()
    damaged = bytearray(queue_path.read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    queue_path.write_bytes(damaged)
    second = Workbench(f"sqlite:{queue_path}", intent())
    with pytest.raises(SensorQueueUnusable, match="restore it from a backup") as caught:
        second.fire()
    assert caught.value.found == "SQLITE_CORRUPT"
    with pytest.raises(SensorQueueUnusable):
        second.queue.check()
    second.close()


def test_a_read_only_folder_is_told_at_once() -> None:
    script = """
import os, sys
from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.intents.queue import SensorQueue
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write everywhere
for name in ("queue.db", "new.db"):
    try:
        SensorQueue.open(f"sqlite:{sys.argv[1]}/{name}")
    except SensorQueueUnusable as error:
        print(error.hint)
"""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is open to its owner only
        path = Path(folder) / "queue.db"
        open_queue(path).close()
        path.chmod(0o444)
        path.parent.chmod(0o555)
        done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)
        path.parent.chmod(0o700)
    assert done.stdout == "the file and its folder must be writable\nits folder must exist and be writable\n"


def test_a_read_only_file_in_a_folder_that_is_writable_is_told_at_once() -> None:
    script = """
import os, sys
from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.intents.queue import SensorQueue
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write everywhere
try:
    SensorQueue.open(f"sqlite:{sys.argv[1]}")
except SensorQueueUnusable as error:
    print(error.found, error.hint)
"""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is open to its owner only
        path = Path(folder) / "queue.db"
        open_queue(path).close()
        path.chmod(0o444)
        path.parent.chmod(0o777)
        done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
        path.parent.chmod(0o700)
    assert done.stdout == "SQLITE_READONLY the file and its folder must be writable\n"


def test_a_full_disk_refuses_events_and_keeps_what_was_accepted(queue_path: Path) -> None:
    script = """
import resource, sys
from plugbay_adapters.priostack.errors import SensorQueueUnusable
from tests.priostack.intents.workbench import Workbench, intent
bench = Workbench("sqlite:" + sys.argv[1], intent())
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
accepted, refused = [], []
for number in range(40):
    try:
        accepted.append(bench.fire(payload=[number, "x" * 50_000]).id)
    except SensorQueueUnusable as error:
        refused.append(error.found)
assert accepted and refused, (len(accepted), len(refused))
assert all(bench.engine.event(event_id) for event_id in accepted)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
bench.fire(payload=[99, ""])
assert bench.run_all() == len(accepted) + 1
print(sorted(set(refused)))
"""
    done = subprocess.run([sys.executable, "-c", script, str(queue_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout in ("['SQLITE_FULL']\n", "['SQLITE_IOERR_WRITE']\n")


def test_a_file_that_is_moved_in_use_is_told_until_it_is_back(made: Workbench, queue_path: Path) -> None:
    event = made.fire()
    queue_path.rename(queue_path.with_name("moved.db"))
    for _ in range(2):
        with pytest.raises(SensorQueueUnusable, match="moved, deleted or replaced"):
            made.fire()
        with pytest.raises(SensorQueueUnusable, match="moved, deleted or replaced"):
            made.queue.check()
    assert not queue_path.exists()
    queue_path.with_name("moved.db").rename(queue_path)
    assert made.run_all() == 1
    assert made.event(event).finished


def test_a_file_that_is_replaced_in_use_is_left_alone(made: Workbench, queue_path: Path) -> None:
    queue_path.rename(queue_path.with_name("moved.db"))
    queue_path.write_bytes(b"another")
    with pytest.raises(SensorQueueUnusable, match="restart the server"):
        made.fire()
    assert queue_path.read_bytes() == b"another"


def test_a_writer_that_holds_the_file_for_too_long_is_told(queue_path: Path) -> None:
    with closing(open_queue(queue_path, busy_timeout=0.01)) as queue, closing(sqlite3.connect(queue_path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SensorQueueUnusable, match="another process holds the file") as caught:
            queue.accept("arrived", b"1", [intent()])
        assert caught.value.found == "SQLITE_BUSY"
        queue.check()  # readers do not wait
        other.rollback()
        assert queue.accept("arrived", b"1", [intent()]).runs


def test_a_closed_queue_says_so(queue_path: Path) -> None:
    queue = open_queue(queue_path)
    queue.close()
    queue.close()
    with pytest.raises(PluginClosed):
        queue.accept("arrived", b"1", [intent()])
    with pytest.raises(PluginClosed):
        queue.event("x")
    with pytest.raises(PluginClosed):
        queue.check()


def test_many_processes_may_open_a_new_file_at_once(queue_path: Path) -> None:
    script = """
import sys
from tests.priostack.intents.workbench import Workbench, intent
bench = Workbench("sqlite:" + sys.argv[1], intent())
for _ in range(20):
    bench.fire()
bench.close()
"""
    workers = [
        subprocess.Popen([sys.executable, "-c", script, str(queue_path)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4, said
    bench = Workbench(f"sqlite:{queue_path}", intent())
    assert bench.run_all() == 80
    bench.close()
    with closing(sqlite3.connect(queue_path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_default_folder_of_a_relative_path_is_that_of_its_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bench = Workbench("sqlite:queue.db", intent())
    os.chdir("/")
    bench.fire()
    bench.close()
    assert (tmp_path / "queue.db").exists()
