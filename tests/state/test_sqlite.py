from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugbay.errors import StateUnavailable
from plugbay.state import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

QUOTA = 10_000

WORKER = """
import sys
from plugbay.errors import StateConflict
from plugbay.state import SqliteStore, Versioned

path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = SqliteStore(path, busy_timeout=60)
print("ready", flush=True)
for _ in range(count):
    while True:
        total = store.get("a", "total") or Versioned(b"0", 0)
        mine = store.get("a", name) or Versioned(b"0", 0)
        seen = {"total": total.version, name: mine.version}
        writes = {"total": b"%d" % (int(total.value) + 1), name: b"%d" % (int(mine.value) + 1)}
        try:
            store.commit("a", seen, writes, quota_bytes=10_000)
        except StateConflict:
            continue
        break
"""


@pytest.fixture
def sqlite_store(database: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(database)
    yield store
    store.close()


def start(database: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(database), name, str(count)], stdout=subprocess.PIPE, text=True
    )


def counters(database: Path) -> dict[str, int]:
    with closing(SqliteStore(database)) as store:
        return {key: int(found.value) for key, found in store.snapshot("a").items()}


def check_consistent(database: Path) -> None:
    """The file is sound, and the quota's running total is what the entries add up to."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        used = connection.execute("SELECT used FROM namespaces").fetchone()
        summed = connection.execute("SELECT sum(length(CAST(key AS BLOB)) + length(value)) FROM entries").fetchone()
        assert used == summed


def test_state_survives_a_restart_with_its_versions(database: Path) -> None:
    with closing(SqliteStore(database)) as store:
        store.commit("a", {}, {"k": b"1", "gone": b"2"}, quota_bytes=QUOTA)
        store.commit("a", {}, {"gone": None}, quota_bytes=QUOTA)
        before = store.snapshot("a")
    with closing(SqliteStore(database)) as store:
        assert store.snapshot("a") == before
        store.commit("a", {}, {"gone": b"2"}, quota_bytes=QUOTA)
        again = store.get("a", "gone")
    assert again is not None
    assert again.version > 2


def test_processes_that_retry_on_conflict_lose_no_increment(database: Path) -> None:
    workers = [start(database, f"worker-{number}", 60) for number in range(4)]
    for worker in workers:
        worker.communicate()
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
    assert counters(database) == {"total": 240, **{f"worker-{number}": 60 for number in range(4)}}
    check_consistent(database)


def test_a_process_killed_in_the_middle_leaves_whole_commits_only(database: Path) -> None:
    victim, survivor = start(database, "victim", 1_000_000), start(database, "survivor", 100)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "ready\n"
    with closing(SqliteStore(database, busy_timeout=60)) as store:
        while (found := store.get("a", "victim")) is None or int(found.value) < 20:
            assert victim.poll() is None
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    survivor.communicate()
    assert survivor.returncode == 0
    after = counters(database)
    assert after["survivor"] == 100
    assert after["total"] == after["survivor"] + after["victim"]
    check_consistent(database)


def test_the_file_is_readable_by_its_owner_only(sqlite_store: SqliteStore, database: Path) -> None:
    sqlite_store.commit("a", {}, {"k": b"secret"}, quota_bytes=QUOTA)
    assert {stat.S_IMODE(path.stat().st_mode) for path in database.parent.iterdir()} == {0o600}


def test_the_log_and_the_synchronous_mode_are_as_documented(sqlite_store: SqliteStore, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with sqlite_store._pool.connection() as connection:  # pyright: ignore[reportPrivateUsage] # set per connection
        assert connection.execute("PRAGMA synchronous").fetchone() == (1,)


def test_connections_are_reused_and_closed(sqlite_store: SqliteStore) -> None:
    def work() -> None:
        sqlite_store.get("a", "k")

    for _ in range(20):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    idle = sqlite_store._pool._idle  # pyright: ignore[reportPrivateUsage] # no public name shows the connections
    assert len(idle) == 1
    connection = idle[0]
    sqlite_store.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_a_connection_at_work_is_closed_when_its_call_ends(sqlite_store: SqliteStore) -> None:
    pool = sqlite_store._pool  # pyright: ignore[reportPrivateUsage] # a call can't be held in the middle from outside
    with pool.connection() as connection:
        sqlite_store.close()
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_leaves_the_connections_of_its_parent_alone(sqlite_store: SqliteStore) -> None:
    sqlite_store.commit("a", {}, {"k": b"1"}, quota_bytes=QUOTA)
    pool = sqlite_store._pool  # pyright: ignore[reportPrivateUsage] # no public name shows the connections
    inherited = list(pool._idle)  # pyright: ignore[reportPrivateUsage]
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            sqlite_store.commit("a", {}, {"k": b"2"}, quota_bytes=QUOTA)
            sqlite_store.close()
            inherited[0].execute("SELECT 1")  # still open: only the parent may close it
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    found = sqlite_store.get("a", "k")
    assert found is not None
    assert found.value == b"2"


def test_a_writer_that_waits_too_long_is_told_who_is_in_the_way(database: Path) -> None:
    with closing(SqliteStore(database, busy_timeout=0.01)) as store, closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateUnavailable) as caught:
            store.commit("a", {}, {"k": b""}, quota_bytes=QUOTA)
        assert caught.value.found == "SQLITE_BUSY"
        assert store.get("a", "k") is None
        other.rollback()
        store.commit("a", {}, {"k": b""}, quota_bytes=QUOTA)
        assert store.get("a", "k") is not None


def test_a_database_of_another_program_is_refused_and_left_alone(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    before = database.read_bytes()
    with pytest.raises(StateUnavailable, match="another program"):
        SqliteStore(database)
    assert database.read_bytes() == before


def test_a_database_of_a_newer_plugbay_is_refused(database: Path) -> None:
    SqliteStore(database).close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(StateUnavailable, match="newer plugbay") as caught:
        SqliteStore(database)
    assert (caught.value.expected, caught.value.found) == (1, 2)


def test_a_new_file_may_be_made_by_two_at_once_at_every_step(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    told: list[str] = []
    steps = 0

    def make_meanwhile() -> None:
        with suppress(StateUnavailable), closing(SqliteStore(database, busy_timeout=0)) as other:
            other.commit("a", {}, {"other": b"1"}, quota_bytes=QUOTA)
            told.append("other")

    class Overtaken(sqlite3.Connection):
        """Before one of its statements another connection makes the same database."""

        left = 0

        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            self._step()
            return super().execute(*arguments)

        def executescript(self, script: str) -> sqlite3.Cursor:
            self._step()
            return super().executescript(script)

        def _step(self) -> None:
            Overtaken.left -= 1
            if Overtaken.left == 0:
                make_meanwhile()

    def connect_overtaken(*arguments: Any, **options: Any) -> sqlite3.Connection:
        monkeypatch.setattr(sqlite3, "connect", connect)
        return connect(*arguments, **options, factory=Overtaken)

    while Overtaken.left <= 0:  # until the first had fewer statements than that
        steps += 1
        told.clear()
        Overtaken.left = steps
        monkeypatch.setattr(sqlite3, "connect", connect_overtaken)
        with closing(SqliteStore(database)) as store:
            store.commit("a", {}, {"first": b"1"}, quota_bytes=QUOTA)
            assert sorted(store.snapshot("a")) == ["first", *told]
        for path in database.parent.iterdir():
            path.unlink()
    assert steps > 5


def test_a_file_that_is_no_database_is_refused_and_left_alone(database: Path) -> None:
    database.write_bytes(b"not a database " * 100)
    with pytest.raises(StateUnavailable) as caught:
        SqliteStore(database)
    assert caught.value.found == "SQLITE_NOTADB"
    assert database.read_bytes() == b"not a database " * 100


def test_a_damaged_database_is_an_error_of_the_call(database: Path) -> None:
    with closing(SqliteStore(database)) as store:
        store.commit("a", {}, {f"k{number}": b"x" * 100 for number in range(50)}, quota_bytes=QUOTA)
    damaged = bytearray(database.read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    database.write_bytes(damaged)
    with closing(SqliteStore(database)) as store, pytest.raises(StateUnavailable) as caught:
        store.commit("a", {}, {"k1": b"new"}, quota_bytes=QUOTA)
    assert caught.value.found == "SQLITE_CORRUPT"


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateUnavailable):
        SqliteStore(tmp_path)


def test_a_folder_without_write_permission_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    target = folder / "state.db"
    if os.geteuid() == 0:
        target = Path("/proc/state.db")  # not even root creates files there
    with pytest.raises(StateUnavailable):
        SqliteStore(target)


def test_a_file_that_can_only_be_read_is_told_at_once() -> None:
    script = """
import os, sys
from plugbay.errors import StateUnavailable
from plugbay.state import SqliteStore
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write everywhere
try:
    SqliteStore(sys.argv[1])
except StateUnavailable as error:
    print(error.found, error.hint)
"""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is open to its owner only
        path = Path(folder) / "state.db"
        SqliteStore(path).close()
        path.chmod(0o444)
        path.parent.chmod(0o777)
        done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
        path.parent.chmod(0o700)
    assert done.stdout == "SQLITE_READONLY the file and its folder must be writable\n"


def test_a_full_disk_fails_the_commit_and_keeps_what_was_there(database: Path) -> None:
    script = """
import resource, sys
from plugbay.errors import StateUnavailable
from plugbay.state import SqliteStore
store = SqliteStore(sys.argv[1])
store.commit("a", {}, {"k": b"kept"}, quota_bytes=10**8)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    store.commit("a", {}, {"k": b"lost", "big": bytes(10_000_000)}, quota_bytes=10**8)
except StateUnavailable as error:
    print(error.code, store.get("a", "k").value, list(store.snapshot("a")))
"""
    done = subprocess.run([sys.executable, "-c", script, str(database)], capture_output=True, text=True, check=True)
    assert done.stdout == "state-unavailable b'kept' ['k']\n"
