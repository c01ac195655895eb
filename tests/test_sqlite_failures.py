from __future__ import annotations

import sqlite3

import pytest

from plugbay.sqlite_failures import error_name, way_out


def failure(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SQLITE_FULL", "free some disk space"),
        ("SQLITE_IOERR_WRITE", "free some disk space, and look at the health of the disk"),
        ("SQLITE_READONLY_DBMOVED", "the file and its folder must be writable"),
        ("SQLITE_CANTOPEN", "own"),
        ("SQLITE_CANTOPEN_ISDIR", "own"),
        ("SQLITE_BUSY_SNAPSHOT", "wait"),
        ("SQLITE_BUSY_TIMEOUT", "own, of the whole name"),
        ("SQLITE_TOOBIG", None),
    ],
)
def test_a_failure_has_the_hint_of_its_name_or_kind_and_a_databases_own_comes_first(
    name: str, hint: str | None
) -> None:
    own = {"SQLITE_CANTOPEN": "own", "SQLITE_BUSY": "wait", "SQLITE_BUSY_TIMEOUT": "own, of the whole name"}
    assert way_out(failure(name), own) == hint


def test_a_failure_of_sqlites_module_is_named_by_its_class() -> None:
    error = sqlite3.ProgrammingError("Cannot operate on a closed database.")
    assert error_name(error) == "ProgrammingError"
    assert way_out(error, {}) is None
    assert error_name(failure("SQLITE_FULL")) == "SQLITE_FULL"
