from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Final

import pytest

from plugbay.module.binary import read_module
from plugbay.module.info import FuncType

ROOT: Final = Path(__file__).parents[2]
ACTORS: Final = ROOT / "examples" / "actors"
GUESTS: Final = ROOT / "benchmarks" / "guests"
MODULES: Final = ("counter-rust.wasm", "counter-go.wasm", "async-output-rust.wasm", "async-output-go.wasm")

modules = pytest.mark.parametrize("name", MODULES)
folders = pytest.mark.parametrize("folder", [ACTORS, GUESTS], ids=["actors", "guests"])


def rows(readme: Path) -> list[list[str]]:
    """The cells of all table rows of a page."""
    lines = (line for line in readme.read_text().splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(cell: str) -> set[str]:
    """What a cell has between backticks."""
    return set(re.findall("`([^`]+)`", cell))


def meant(who: str, name: str) -> bool:
    """Whether a row about all modules, both of a kind or one of them is about this one."""
    return who == "all four" or who.removeprefix("both ").strip("`").lower() in name


@folders
def test_the_committed_modules_have_their_digests(folder: Path) -> None:
    listed = {name: digest for digest, name in map(str.split, (folder / "DIGESTS").read_text().splitlines())}
    assert listed == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.wasm")}


@folders
def test_the_readme_says_the_size_of_each_module(folder: Path) -> None:
    said = {row[0].strip("`"): row[1] for row in rows(folder / "README.md") if re.fullmatch("[0-9,]+", row[1])}
    assert said == {file.name: f"{file.stat().st_size:,}" for file in folder.glob("*.wasm")}


@modules
def test_a_module_has_the_exports_and_the_memory_that_the_readme_says(name: str) -> None:
    info = read_module((ACTORS / name).read_bytes(), digest="")
    (said,) = (row for row in rows(ACTORS / "README.md") if row[0] == f"`{name}`" and len(row) == 4)
    assert {export.name for export in info.exports} == names(said[3])
    assert [memory.minimum for memory in info.memories] == [int(said[2])]


@modules
def test_a_module_has_the_imports_that_the_readme_says(name: str) -> None:
    info = read_module((ACTORS / name).read_bytes(), digest="")
    table = (row for row in rows(ACTORS / "README.md") if len(row) == 3 and ("extism" in row[1] or "wasi" in row[1]))
    said = {(row[1].strip("`"), function) for row in table if meant(row[0], name) for function in names(row[2])}
    assert {(wanted.module, wanted.name) for wanted in info.imports} == said


@modules
def test_every_function_of_an_actor_takes_nothing_and_returns_a_code(name: str) -> None:
    info = read_module((ACTORS / name).read_bytes(), digest="")
    functions = [export for export in info.exports if isinstance(export.type, FuncType)]
    assert {export.type for export in functions if export.name != "_initialize"} == {FuncType((), ("i32",))}


@modules
def test_no_module_names_the_machine_that_built_it(name: str) -> None:
    assert not re.search(rb"/(home|root|tmp|work|Users)/", (ACTORS / name).read_bytes())


@pytest.mark.parametrize(("rust", "go"), [("counter", "counter"), ("async_output", "asyncoutput")])
def test_both_languages_have_the_same_metadata(rust: str, go: str) -> None:
    ours = json.loads((ACTORS / "rust" / rust / "src" / "metadata.json").read_text())
    assert ours == json.loads((ACTORS / "go" / go / "metadata.json").read_text())
