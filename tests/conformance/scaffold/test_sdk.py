"""The copy of an SDK is complete, and has nothing but the SDK."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from plugbay_conformance.scaffold import LANGUAGES, ProjectInvalid
from plugbay_conformance.scaffold import sdk as sdk_module
from plugbay_conformance.scaffold.sdk import sdk_files

ROOT = Path(__file__).parents[3]


def copied(language: str) -> set[str]:
    return {path.as_posix() for path, _ in sdk_files(language)}


def install_into(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package be installed in a folder."""

    def files(package: str) -> Path:
        return folder

    monkeypatch.setattr(sdk_module, "files", files)


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("rust", {"Cargo.toml", "README.md", "src/lib.rs", "src/fluxrig/export.rs", "src/testing.rs"}),
        ("go", {"go.mod", "go.sum", "README.md", "fluxrig/export.go", "fluxrig/fluxrigtest/fluxrigtest.go"}),
        ("zig", {"build.zig", "build.zig.zon", "README.md", "src/plugbay.zig", "src/fluxrig/testing.zig"}),
    ],
)
def test_the_sdk_is_there(language: str, names: set[str]) -> None:
    assert names <= copied(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_guests_examples_tests_and_caches_are_not(language: str) -> None:
    for path in copied(language):
        parts = Path(path).parts
        assert not {"conformance", "examples", "guests", "tests", "target"}.intersection(parts), path
        assert not any(part.startswith(".") for part in parts), path
        assert not path.endswith(("_test.go", "_test.zig", "tests.zig", ".sh", ".wasm", "Cargo.lock")), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bytes_are_those_of_the_checkout(language: str) -> None:
    folder = ROOT / "sdk_guest" / language / ("plugbay-guest" if language == "rust" else "")
    for path, data in sdk_files(language):
        if path.name != "README.md":
            assert data == (folder / path).read_bytes()


def test_a_crate_of_rust_stands_alone() -> None:
    manifest = dict(sdk_files("rust"))[Path("Cargo.toml")].decode()
    assert "workspace" not in manifest


def test_an_installed_package_has_the_first_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sdk_guest/zig/src").mkdir(parents=True)
    for name in ("build.zig", "build.zig.zon", "README.md", "src/plugbay.zig"):
        (tmp_path / "sdk_guest/zig" / name).write_text(f"installed {name}")
    install_into(tmp_path, monkeypatch)
    assert dict(sdk_files("zig"))[Path("src/plugbay.zig")] == b"installed src/plugbay.zig"
    assert len(copied("zig")) == 4


@pytest.mark.parametrize(("language", "parts"), [("go", []), ("zig", ["build.zig"]), ("rust", ["README.md"])])
def test_an_installation_without_the_whole_sdk_says_so(
    language: str, parts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_into(tmp_path, monkeypatch)
    for part in parts:
        (tmp_path / "sdk_guest" / language).mkdir(parents=True, exist_ok=True)
        (tmp_path / "sdk_guest" / language / part).write_text("")
    monkeypatch.setattr(sdk_module, "__file__", str(tmp_path / "a/b/c/d/sdk.py"))
    with pytest.raises(ProjectInvalid, match=f"the SDK for {language} is not part of this installation"):
        copied(language)


def test_a_wheel_has_all_of_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    rust = {"rust/plugbay-guest", "rust/Cargo.lock", "rust/README.md"}
    zig = {"zig/build.zig", "zig/build.zig.zon", "zig/src", "zig/README.md"}
    wanted = {f"sdk_guest/{part}": f"plugbay_conformance/sdk_guest/{part}" for part in (*rust, *zig, "go")}
    assert {name: included.get(name) for name in wanted} == wanted
