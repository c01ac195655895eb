"""A project is written whole or not at all, and has what it promises."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import tomllib
import zlib
from pathlib import Path

import pytest
import yaml

from plugbay_conformance import conform
from plugbay_conformance.results import Verdict
from plugbay_conformance.scaffold import (
    KINDS,
    SDK_FOLDER,
    Project,
    ProjectInvalid,
    ProjectKind,
    create_project,
    sample_of,
)

ZIG_CORE = ProjectKind("fluxrig", "core", "zig")
RUST_CORE = ProjectKind("fluxrig", "core", "rust")


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind.language}-{kind.templates}")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of each kind, which no test changes."""
    return create_project(tmp_path_factory.mktemp("projects") / "my-plugin", request.param)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_kind_has_all_that_a_project_needs(project: Project) -> None:
    found = {path.as_posix() for path in project.files}
    assert found >= {
        ".editorconfig",
        ".github/workflows/ci.yml",
        ".gitignore",
        ".vscode/extensions.json",
        ".vscode/settings.json",
        "README.md",
        "build.sh",
    }
    assert all((project.folder / path).is_file() for path in project.files)
    written = {
        path.relative_to(project.folder)
        for path in project.folder.rglob("*")
        if path.is_file() and SDK_FOLDER not in path.parts
    }
    assert written == set(project.files)
    assert names_in(project.folder.parent) == ["my-plugin"]
    assert os.access(project.folder / "build.sh", os.X_OK)
    assert not (project.folder / ".git").exists()


def test_no_place_is_left_open(project: Project) -> None:
    for path in project.files:
        text = (project.folder / path).read_text("utf-8")
        assert not re.search("[«»]", f"{path}{text}"), path
        assert text.endswith("\n"), path
        assert not re.search(r"[ \t]+$", text, re.MULTILINE), path
        assert str(project.folder.parent) not in text, path


def test_what_other_programs_read_is_well_formed(project: Project) -> None:
    jobs = yaml.safe_load((project.folder / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
    runs = [step["run"] for step in jobs["plugin"]["steps"] if "run" in step]
    judge = f"plugbay conform my-plugin.wasm --abi {project.kind.abi} --profile {project.kind.profile}"
    assert f"{judge} --report report.html --report report.xml" in runs
    for path in (project.folder / ".vscode").iterdir():
        json.loads(path.read_text("utf-8"))
    for path in project.folder.glob("*.toml"):
        tomllib.loads(path.read_text("utf-8"))


def test_the_readme_says_how_to_build_test_call_and_judge(project: Project) -> None:
    readme = (project.folder / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 36
    tests = {"rust": "`cargo test`", "go": "`go test .`", "zig": "`zig build test`"}[project.kind.language]
    for words in (
        tests,
        "`./build.sh`",
        "`plugbay conform my-plugin.wasm`",
        sample_of(project.kind).call,
        sample_of(project.kind).does,
    ):
        assert words in readme
    for link in re.findall(r"\]\(([^)]+)\)", readme):
        assert (project.folder / link).exists(), link


def test_folders_above_are_made(tmp_path: Path) -> None:
    project = create_project(tmp_path / "plugins/payments/my-filter", ZIG_CORE)
    assert (project.name, project.module) == ("my-filter", "my-filter.wasm")
    assert (tmp_path / "plugins/payments/my-filter/build.zig").is_file()


def test_the_folder_is_as_open_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    project = create_project(tmp_path / "my-filter", ZIG_CORE)
    assert project.folder.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_zig_gets_a_fingerprint_that_belongs_to_the_name(tmp_path: Path) -> None:
    prints: set[int] = set()
    for folder in ("a", "b"):
        project = create_project(tmp_path / folder / "my-filter", ZIG_CORE)
        found = re.search(r"fingerprint = 0x([0-9a-f]{16}),", (project.folder / "build.zig.zon").read_text("utf-8"))
        assert found is not None
        prints.add(int(found[1], 16))
    assert {value >> 32 for value in prints} == {zlib.crc32(b"my_filter")}
    assert len(prints) == 2


def test_go_needs_the_versions_that_its_sdk_needs(tmp_path: Path) -> None:
    project = create_project(tmp_path / "my-actor", ProjectKind("extism", "actor", "go"))
    for name in ("go.mod", "go.sum"):
        sdk = (project.folder / SDK_FOLDER / name).read_text("utf-8")
        for version in re.findall(r"^.*extism/go-pdk (\S+)", (project.folder / name).read_text("utf-8"), re.MULTILINE):
            assert f"extism/go-pdk {version}" in sdk


@pytest.mark.parametrize("what", ["folder", "empty folder", "file", "dangling link"])
def test_what_is_there_is_left_alone(what: str, tmp_path: Path) -> None:
    target = tmp_path / "my-filter"
    if what == "file":
        target.write_text("mine")
    elif what == "dangling link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.mkdir()
    if what == "folder":
        (target / "mine").write_text("mine")
    with pytest.raises(ProjectInvalid, match="is there already"):
        create_project(target, ZIG_CORE)
    assert names_in(tmp_path) == ["my-filter"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt()])
def test_nothing_is_left_when_writing_ends_early(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def write_some(path: Path, text: str, encoding: str) -> int:
        if path.name == "build.sh":
            raise error
        return write(path, text, encoding)

    monkeypatch.setattr(Path, "write_text", write_some)
    expected = ProjectInvalid if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        create_project(tmp_path / "my-filter", ZIG_CORE)
    if isinstance(caught.value, ProjectInvalid):
        assert caught.value.reason.endswith("can't be written: No space left on device")
        assert str(caught.value.hint).startswith("nothing was made")
    assert names_in(tmp_path) == []


def test_a_name_that_a_crate_has_leaves_nothing_either(tmp_path: Path) -> None:
    with pytest.raises(ProjectInvalid, match="it needs the crate of that name"):
        create_project(tmp_path / "minicbor", RUST_CORE)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("above", ["file", "x" * 300])
def test_a_folder_that_can_not_be_is_refused(above: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectInvalid, match="can't be written"):
        create_project(tmp_path / above / "my-filter", ZIG_CORE)
    assert names_in(tmp_path) == ["file"]


def test_a_project_in_zig_is_tested_built_and_judged(tmp_path: Path) -> None:
    project = create_project(tmp_path / "my-filter", ZIG_CORE)
    environment = {**os.environ, "PYTHON": sys.executable}
    for command in ([sys.executable, "-m", "ziglang", "build", "test"], ["./build.sh"]):
        done = subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    module = project.folder / project.module
    report = conform(module, abi="fluxrig", profile="core", processes=0, hosts=False)
    assert report.verdict is Verdict.PARTIAL
    assert report.profiles[0].failed == 0
