"""``plugbay new`` makes a project and says what to do next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Result

Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_tells_what_was_made_and_the_next_two_commands(cli: Cli) -> None:
    result = cli("new", "my-filter", "--abi", "fluxrig", "--lang", "rust")
    assert (result.code, result.err) == (0, "")
    lines = result.text.splitlines()
    assert lines[0] == "made my-filter: a plugin for fluxrig core in rust"
    assert "  src/lib.rs" in lines
    assert "  plugbay-guest/  (the SDK)" in lines
    assert lines[-3:] == ["next", "  cd my-filter && ./build.sh", "  plugbay conform my-filter.wasm"]
    assert Path("my-filter/src/lib.rs").is_file()


def test_as_json_it_is_one_document(cli: Cli) -> None:
    result = cli("new", "a b/my-actor", "--abi", "reflow", "--lang", "go", "--json")
    assert result.code == 0
    project = result.json["project"]
    assert {key: project[key] for key in ("name", "abi", "profile", "language", "folder", "module")} == {
        "name": "my-actor",
        "abi": "extism",
        "profile": "actor",
        "language": "go",
        "folder": "a b/my-actor",
        "module": "my-actor.wasm",
    }
    assert project["next"] == ["cd 'a b/my-actor' && ./build.sh", "plugbay conform my-actor.wasm"]
    assert all(Path(project["folder"], file).is_file() for file in project["files"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("My Filter", "--abi", "fluxrig", "--lang", "rust"), "'My Filter' can't be the name of a project"),
        (("my-filter", "--abi", "wapc", "--lang", "rust"), "there is no ABI 'wapc'"),
        (("my-filter", "--abi", "fluxrig", "--lang", "c"), "there is no language 'c'"),
        (("my-filter", "--abi", "fluxrig", "--lang", "go", "--profile", "core"), "standard Go can't build a core gear"),
        ((".", "--abi", "fluxrig", "--lang", "zig"), "'.' can't be the name of a project"),
    ],
)
def test_what_can_not_be_made_ends_with_2_and_the_way_out(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    result = cli("new", *arguments)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(f"error[project-invalid]: {words}")
    assert "\n  hint     " in result.err
    assert list(Path.cwd().iterdir()) == []


def test_a_project_that_is_there_stays_as_it_is(cli: Cli) -> None:
    Path("my-filter").mkdir()
    result = cli("new", "my-filter", "--abi", "fluxrig", "--lang", "zig", "--json")
    assert result.code == 2
    assert result.json["error"]["code"] == "project-invalid"
    assert list(Path("my-filter").iterdir()) == []
