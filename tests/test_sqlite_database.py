from __future__ import annotations

import errno
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from plugbay.errors import StateUnavailable
from plugbay.sqlite_database import SqliteDatabase, check_writable, create_private

NOTES = SqliteDatabase(
    owner="the notebook",
    application_id=7,
    schema_version=3,
    tables="CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('first');",
    settings="PRAGMA cache_size = 77; PRAGMA synchronous = OFF;",
    error=StateUnavailable,
)
FILE_OF_ITS_OWN = "give the notebook a file of its own"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "notes.db")


def test_a_new_file_gets_the_marks_the_tables_and_a_log(path: str) -> None:
    NOTES.connect(path, 5).close()
    with closing(sqlite3.connect(path)) as other:
        marks = [other.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")]
        assert marks == [(7,), (3,)]
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert other.execute("SELECT text FROM notes").fetchall() == [("first",)]


def test_a_file_that_is_made_is_filled_once_and_every_connection_is_set_up(path: str) -> None:
    for _ in range(2):
        with closing(NOTES.connect(path, 5)) as connection:
            assert connection.execute("PRAGMA cache_size").fetchone() == (77,)
            assert connection.execute("PRAGMA synchronous").fetchone() == (0,)
            assert connection.execute("SELECT text FROM notes").fetchall() == [("first",)]


def test_a_database_in_memory_is_of_its_own() -> None:
    with closing(NOTES.connect(None, 5)) as one, closing(NOTES.connect(None, 5)) as another:
        one.execute("DELETE FROM notes")
        assert another.execute("SELECT text FROM notes").fetchall() == [("first",)]


def test_a_path_that_means_memory_to_sqlite_is_no_file() -> None:
    with pytest.raises(StateUnavailable, match="write-ahead log"):
        NOTES.connect(":memory:", 5)


@pytest.mark.parametrize(
    ("made_by", "reason", "hint"),
    [
        ("PRAGMA application_id = 7; PRAGMA user_version = 4", "newer plugbay", "upgrade plugbay"),
        ("PRAGMA application_id = 8; PRAGMA user_version = 3", "another program", FILE_OF_ITS_OWN),
        ("PRAGMA user_version = 3", "another program", FILE_OF_ITS_OWN),
        ("CREATE TABLE notes (text TEXT)", "another program", FILE_OF_ITS_OWN),
    ],
)
def test_a_file_with_other_marks_is_refused_and_left_alone(
    path: str, tmp_path: Path, made_by: str, reason: str, hint: str
) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.executescript(made_by)
    before = (tmp_path / "notes.db").read_bytes()
    with pytest.raises(StateUnavailable, match=reason) as caught:
        NOTES.connect(path, 5)
    assert caught.value.hint == hint
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]


def test_a_lock_on_a_new_file_is_waited_for_up_to_the_limit(path: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            NOTES.connect(path, 0.05)
        assert caught.value.sqlite_errorcode == sqlite3.SQLITE_BUSY
        other.execute("ROLLBACK")
        NOTES.connect(path, 0.05).close()


def test_an_error_that_lasts_is_told_without_another_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_seconds: float) -> None:
        pytest.fail("it tried again")

    monkeypatch.setattr("plugbay.sqlite_database.time.sleep", fail)
    (tmp_path / "notes.db").touch()
    with pytest.raises(sqlite3.OperationalError) as caught:
        NOTES.connect(f"{tmp_path}/notes.db/notes.db", 3600)
    assert caught.value.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN
    (tmp_path / "other.db-journal").mkdir()  # where SQLite wants its journal, while the file changes to the log
    with pytest.raises(sqlite3.OperationalError) as caught:
        NOTES.connect(f"{tmp_path}/other.db", 3600)
    assert caught.value.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def test_a_file_that_can_only_be_read_is_told(path: str) -> None:
    NOTES.connect(path, 5).close()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as reader:
        with pytest.raises(sqlite3.OperationalError) as caught:
            check_writable(reader)
        assert not reader.in_transaction
        assert caught.value.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY


def test_a_file_that_another_writes_to_counts_as_writable_without_waiting(path: str) -> None:
    with closing(NOTES.connect(path, 3600)) as connection, closing(NOTES.connect(path, 5)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_writable(connection)  # with a wait it would take an hour
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (3_600_000,)
        assert not connection.in_transaction
        other.execute("ROLLBACK")


def test_a_new_file_is_its_owners_and_its_name_is_flushed(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []

    def flush(file: int) -> None:
        flushed.append(os.fstat(file).st_ino)

    monkeypatch.setattr(os, "fsync", flush)
    create_private(path)
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert flushed == [tmp_path.stat().st_ino]


def test_a_file_that_exists_is_left_as_it_is(path: str, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"x")
    (tmp_path / "notes.db").chmod(0o640)
    create_private(path)
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o640
    assert (tmp_path / "notes.db").read_bytes() == b"x"


def test_a_folder_that_can_not_be_read_may_still_hold_a_file(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def deny_folders(name: str | Path, flags: int, mode: int = 0o777) -> int:
        if Path(name).is_dir():
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(name, flags, mode)

    monkeypatch.setattr(os, "open", deny_folders)
    create_private(path)
    assert Path(path).exists()
