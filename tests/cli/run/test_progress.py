"""``plugbay run`` while it runs: progress on a terminal, memory."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugbay.message.ndjson import from_line

Cli = Callable[..., Any]
Lines = Callable[..., bytes]
PASSTHROUGH = Path(__file__).parents[3] / "examples" / "passthrough" / "passthrough.wasm"
MEASURE = """
import resource, sys
from plugbay.cli import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
raise SystemExit(code)
"""


def run_on_terminal(*arguments: object) -> tuple[int, str]:
    """Run with standard error on a terminal; the exit code and all that the terminal got."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "plugbay", "run", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # how a terminal without users ends
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return child.wait(60), shown.decode()


def test_progress_is_shown_on_a_terminal_and_gone_at_the_end(told_file: Path, tmp_path: Path, lines: Lines) -> None:
    (tmp_path / "in").write_bytes(lines(20_000))
    code, shown = run_on_terminal(told_file, "--in", tmp_path / "in")
    assert code == 0
    progress, _, rest = shown.rpartition("\x1b[2K")
    assert "msg/s" in progress
    assert "messages" in progress
    assert "the whole stream" in rest


def test_no_progress_is_shown_elsewhere(process: Cli, told_file: Path, lines: Lines) -> None:
    result = process("run", told_file, stdin=lines(2000))
    assert "\x1b" not in result.err
    assert "━" not in result.err


@pytest.mark.parametrize("form", ["ndjson", "cbor"])
def test_memory_does_not_grow_with_the_stream(form: str, line: Lines) -> None:
    text = "x" * 300
    block = b"".join(line(0, n, text=text) for n in range(1000))
    if form == "cbor":
        block = b"".join(from_line(one).to_cbor() for one in block.splitlines())

    def peak(blocks: int) -> int:
        child = subprocess.Popen(
            [sys.executable, "-c", MEASURE, "run", str(PASSTHROUGH), "--in-format", form, "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert child.stdin is not None
        for _ in range(blocks):
            child.stdin.write(block)
        _, err = child.communicate(timeout=120)
        assert json.loads(err.splitlines()[0])["out"] == blocks * 1000
        return int(err.splitlines()[-1])

    short, long = (20, 100) if form == "ndjson" else (30, 300)
    assert peak(long) - peak(short) < 8 * 1024  # KiB; the longer stream is 40 to 130 MB longer
