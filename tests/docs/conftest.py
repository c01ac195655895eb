"""Reads the pages of the documentation, runs their examples and compares what they print.

What is executed: every ``python`` block (the blocks of a page share their names, in order), every command of a
``console`` block that starts with a program of :data:`PROGRAMS`. A block after ``<!-- not run: reason -->`` is left
alone. An ``output`` block right after a ``python`` block is what that one prints; the lines below a command, if there
are any, are what it prints, both streams together. ``…`` stands for anything, also for lines. A command must end with
the exit code 0, or with the one that a comment behind it names: ``# exit code 2``.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ("plugbay", "python", "printf", "cat")
"""Others (make, pip, a package manager) would change the machine or run the tests again."""

_FENCE = re.compile(r"^```(\w*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*\Z", re.DOTALL)
_EXIT_CODE = re.compile(r"#\s*exit code (\d+)\s*\Z")
_BENCH = re.compile(r"^(plugbay bench\b)(?!.*--seconds)")
_HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block; ``line`` is that of its first line in the page."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str | None = None
    output: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, for the reader of a failure."""
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True)
class Command:
    """One command of a console block, what it should print (None when the page does not say) and its exit code."""

    place: str
    text: str
    output: str | None
    exit_code: int


@dataclass(frozen=True)
class Page:
    """One page of the documentation."""

    path: Path

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text("utf-8")

    @property
    def blocks(self) -> list[Block]:
        """Its fenced blocks, in order; an ``output`` block belongs to the one before it."""
        text = self.text
        found: list[Block] = []
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            if match[1] == "output" and found:
                found[-1] = replace(found[-1], output=match[2])
                continue
            reason = _NOT_RUN.search(text, 0, match.start())
            found.append(Block(self.path, line, match[1], match[2], reason[1] if reason else None))
        return found

    @property
    def commands(self) -> list[Command]:
        """The commands that are run."""
        blocks = [block for block in self.blocks if block.language == "console" and block.not_run is None]
        found = [command for block in blocks for command in _commands(block)]
        return [command for command in found if command.text.split(maxsplit=1)[0] in PROGRAMS]

    @property
    def anchors(self) -> set[str]:
        """What links may point at, spelled as GitHub does."""
        prose = _FENCE.sub("", self.text)
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(prose)}

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return _LINK.findall(_FENCE.sub("", self.text))

    def rows(self, heading: str) -> list[list[str]]:
        """The cells of the table below a heading, without its head; pipes inside backticks are written ``\\|``."""
        section = self.text.partition(f"# {heading}\n")[2]
        assert section, f"{self.path.name} has no heading {heading!r}"
        lines = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
        table = [line for line in lines if line.startswith("|")][2:]
        return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


def _commands(block: Block) -> Iterator[Command]:
    """The commands of a block; a line that ends with a backslash goes on in the next one."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        match = re.match(r"((?:.*\\\n)*.*)\n?", part)
        assert match is not None
        text, rest = match[1], part[match.end() :]
        code = _EXIT_CODE.search(text)
        yield Command(block.place, text, rest if rest.strip() else None, int(code[1]) if code else 0)


def matches(expected: str, printed: str) -> bool:
    """Whether a program printed what the page says, where ``…`` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in _trimmed(expected).split("…"))
    return re.fullmatch(pattern, _trimmed(printed), re.DOTALL) is not None


def _require_match(expected: str, printed: str, where: str) -> None:
    if not matches(expected, printed):
        raise AssertionError(f"{where}\nprints:\n{printed}")


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def run_python(page: Page) -> None:
    """Run the python blocks of a page; raises what they raise, and AssertionError for another output."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in page.blocks:
        if block.language != "python" or block.not_run is not None:
            continue
        printed = io.StringIO()
        code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec", dont_inherit=True)
        with contextlib.redirect_stdout(printed):
            exec(code, names)
        if block.output is not None:
            _require_match(block.output, printed.getvalue(), block.place)


def run_command(command: Command) -> None:
    """Run a command in the current folder; AssertionError for another output or exit code.

    ``plugbay bench`` measures for a shorter time than the page lets it; ``plugbay cache`` clears a cache of its own.
    """
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    if command.text.startswith("plugbay cache"):
        environment["PLUGBAY_CACHE_DIR"] = str(Path.cwd() / "cache")
    done = subprocess.run(
        ["sh", "-c", _BENCH.sub(r"\1 --seconds 0.02", command.text)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    said = done.stdout.decode()
    where = f"{command.place}: $ {command.text}"
    if done.returncode != command.exit_code:
        raise AssertionError(f"{where}\nends with exit code {done.returncode}:\n{said}")
    if command.output is not None:
        _require_match(command.output, said, where)


def broken_links(page: Page) -> list[str]:
    """The links of a page into this repository that lead nowhere."""
    return [link for link in page.links if not re.match(r"[a-z]+:", link) and not _leads_somewhere(page, link)]


def _leads_somewhere(page: Page, link: str) -> bool:
    target, _, anchor = link.partition("#")
    path = (page.path.parent / target) if target else page.path
    if not path.exists():
        return False
    return not anchor or (path.suffix == ".md" and anchor in Page(path).anchors)


@pytest.fixture
def page_at() -> Callable[[str], Page]:
    """A page by its path in the repository."""
    return lambda path: Page(ROOT / path)


@pytest.fixture(scope="session")
def payments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short stream of the fraud example, which pages call payments.cbor."""
    path = tmp_path_factory.mktemp("stream") / "payments.cbor"
    generate = [sys.executable, str(ROOT / "examples/fraud/generate.py"), "--format", "cbor", "--count", "400"]
    subprocess.run([*generate, "--out", str(path)], check=True, capture_output=True)
    return path


@pytest.fixture
def workshop(tmp_path: Path, payments: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder: examples and guests as in a checkout, payments.cbor. A page's logging is undone after it."""
    ignored = shutil.ignore_patterns("__pycache__", ".zig-cache")
    for folder in ("examples", "conformance/tutorial"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copytree(ROOT / "sdk_guest/dist", tmp_path / "sdk_guest/dist", ignore=shutil.ignore_patterns("*-go.wasm"))
    shutil.copy(payments, tmp_path)
    monkeypatch.chdir(tmp_path)
    guests = logging.getLogger("plugbay.guest")
    before = guests.level, guests.handlers.copy()
    yield tmp_path
    guests.setLevel(before[0])
    guests.handlers[:] = before[1]
