"""Makes a project of every kind that ``plugbay new`` knows, builds and tests it, and judges what it built.

usage: projects.py [--keep FOLDER] [LANGUAGE…]

Each step is what the project's own README says. The exit code is 1 when one fails for any project. ``--keep`` leaves
the projects in a folder; Rust's crates and its standard library are built once, in build/projects.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from plugbay_conformance.scaffold import KINDS, LANGUAGES, Project, create_project, sample_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plugbay_conformance.scaffold import ProjectKind

ROOT: Final = Path(__file__).parents[1]
PLUGBAY: Final = (sys.executable, "-m", "plugbay")
TRIPLE: Final = "wasm32-unknown-unknown"
DEBIAN_RUST: Final = {
    "CARGO": "/usr/bin/cargo",
    "RUSTC": "/usr/bin/rustc",
    "RUSTC_BOOTSTRAP": "1",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER": "wasm-ld-22",
}
BUILD_STD: Final = ("-Z", "build-std=std,panic_abort", "-Z", "build-std-features=")
STEPS: Final = ("format", "test", "build", "call", "conform")
STEP_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Toolchain:
    """How a language's projects are formatted, tested and built on this machine."""

    format: tuple[str, ...]
    test: tuple[str, ...]
    build: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a project: seconds of each step that was done, and the output of the one that failed."""

    kind: ProjectKind
    seconds: Mapping[str, float]
    size: int
    failure: str = ""


def main() -> int:
    """Make, build, test, call, judge; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the projects are left")
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help="rust, go or zig; all of them by default")
    arguments = parser.parse_args()
    unknown = set(arguments.languages) - set(LANGUAGES)
    if unknown:
        parser.error(f"no language: {', '.join(sorted(unknown))}")
    languages = arguments.languages or LANGUAGES
    started = perf_counter()
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(len(languages)) as threads:
        folder = arguments.keep or Path(temporary)
        running = [threads.submit(try_all, language, folder) for language in languages]
        trials = [trial for tried in running for trial in tried.result()]
    show(trials, perf_counter() - started)
    return 1 if any(trial.failure for trial in trials) else 0


def try_all(language: str, folder: Path) -> list[Trial]:
    """The projects of a language, one after the other: they share what they build."""
    toolchain = {"rust": rust, "go": go, "zig": zig}[language]()
    return [try_project(kind, folder, toolchain) for kind in KINDS if kind.language == language]


def try_project(kind: ProjectKind, folder: Path, toolchain: Toolchain) -> Trial:
    """Make a project and do all that its README says, up to the first step that fails."""
    project = create_project(folder / f"{kind.language}-{kind.templates}", kind)
    environment = {**os.environ, **toolchain.environment}
    seconds: dict[str, float] = {}
    for step, command in zip(STEPS, commands(project, toolchain), strict=True):
        started = perf_counter()
        failure = run(command, project.folder, environment)
        if failure:
            return Trial(kind, seconds, 0, f"{project.name}: {step}: {shlex.join(command)}\n{failure}")
        seconds[step] = perf_counter() - started
    return Trial(kind, seconds, (project.folder / project.module).stat().st_size)


def commands(project: Project, toolchain: Toolchain) -> Iterator[Sequence[str]]:
    """What is run for each of the steps, in the project's folder; nothing where a tool is missing."""
    kind = project.kind
    yield toolchain.format
    yield toolchain.test
    yield ("./build.sh", *toolchain.build)
    yield (*PLUGBAY, "call", project.module, *shlex.split(sample_of(kind).call))
    yield (*PLUGBAY, "conform", project.module, "--abi", kind.abi, "--profile", kind.profile)


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command; what it said when it failed, else an empty text."""
    if not command:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 # the commands are those above
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=STEP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stdout.decode(errors="replace").strip()
    return f"{said}\nexit code {done.returncode}" if done.returncode else ""


def rust() -> Toolchain:
    """The Rust on PATH when it has the target, else Debian's, which builds the standard library (``wasm-cargo.sh``)."""
    rustfmt = ("rustfmt", "--check", "--edition", "2024", "src/lib.rs") if shutil.which("rustfmt") else ()
    shared = {"CARGO_TARGET_DIR": str(ROOT / "build/projects")}
    if shutil.which("rustup"):
        # A machine without network can't have what rust-toolchain.toml asks for.
        shared["RUSTUP_TOOLCHAIN"] = said("rustup", "default").split(" ")[0]
    libraries = said("rustc", "--print", "target-libdir", "--target", TRIPLE, environment=shared)
    if libraries and Path(libraries).is_dir():
        return Toolchain(rustfmt, ("cargo", "test", "--quiet", "--locked"), ("--quiet", "--locked"), shared)
    cargo_test = (DEBIAN_RUST["CARGO"], "test", "--quiet", "--locked")
    return Toolchain(rustfmt, cargo_test, ("--quiet", "--locked", *BUILD_STD), {**shared, **DEBIAN_RUST})


def go() -> Toolchain:
    """The Go on PATH."""
    return Toolchain(
        ("sh", "-c", 'test -z "$(gofmt -d *.go | tee /dev/stderr)" && go vet .'),
        ("go", "test", "."),
        environment={"GOFLAGS": "-buildvcs=false", "GOWORK": "off"},
    )


def zig() -> Toolchain:
    """The Zig of PyPI, in this Python."""
    program = (sys.executable, "-m", "ziglang")
    return Toolchain(
        (*program, "fmt", "--check", "build.zig", "src"),
        (*program, "build", "test"),
        environment={"PYTHON": sys.executable},
    )


def said(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints, nothing when it fails or is not there."""
    try:
        done = subprocess.run(  # noqa: S603 # the commands are those above
            command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def show(trials: Sequence[Trial], seconds: float) -> None:
    """The table, and what failed below it."""
    table = Table("language", "ABI", "profile", "bytes", *(f"{step}, s" for step in STEPS), box=None)
    for trial in trials:
        took = [f"{trial.seconds[step]:.1f}" if step in trial.seconds else "-" for step in STEPS]
        table.add_row(trial.kind.language, trial.kind.abi, trial.kind.profile, f"{trial.size:,}", *took)
    console = Console(highlight=False, markup=False, width=100)
    console.print(table, f"\n{len(trials)} projects in {seconds:.0f} s")
    for trial in trials:
        if trial.failure:
            console.print(f"\nfailed: {trial.failure}", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
