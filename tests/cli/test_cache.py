"""``plugbay cache``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test's own; it does not exist yet."""
    monkeypatch.setenv("PLUGBAY_CACHE_DIR", str(tmp_path / "aot"))
    return tmp_path / "aot"


def test_a_cache_that_does_not_exist_yet_is_empty(cli: Cli, folder: Path) -> None:
    result = cli("cache", "info", "--json")
    assert result.code == 0
    assert set(result.json) == {"folder", "entries", "used_bytes", "max_bytes", "problem"}
    assert result.json["folder"] == str(folder)
    assert result.json["entries"] == 0


def test_a_folder_that_can_never_be_made_is_a_problem(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.touch()
    monkeypatch.setenv("PLUGBAY_CACHE_DIR", str(folder / "in" / "a" / "file"))
    result = cli("cache", "info", "--json")
    assert result.code == 1
    assert f"{folder} can't hold one" in result.json["problem"]


def test_what_was_loaded_is_kept_and_cleared(cli: Cli, folder: Path, echo_file: Path) -> None:
    cli("call", echo_file, "--input", "x")
    before = cli("cache", "info", "--json").json
    assert before["entries"] > 0
    assert cli("cache", "clear", "--json").json == {"folder": str(folder), "freed_bytes": before["used_bytes"]}
    assert cli("cache", "info", "--json").json["entries"] == 0


def test_people_get_lines(cli: Cli, folder: Path) -> None:
    assert f"folder   {folder}" in cli("cache", "info").text
    assert "freed 0 bytes" in cli("cache", "clear").text


def test_a_folder_open_to_others_is_a_problem(cli: Cli, folder: Path) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    result = cli("cache", "info", "--json")
    assert result.code == 1
    assert "0700" in result.json["problem"]
    assert cli("cache", "clear", "--json").json["error"]["code"] == "cache-error"
