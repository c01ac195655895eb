"""``plugbay run`` when it ends early: interrupts, closed pipes, full disks, kills."""

from __future__ import annotations

import json
import re
import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
Start = Callable[..., Any]
Lines = Callable[..., bytes]
SPIN = 5


def test_a_file_read_by_redirection_is_not_emptied(start: Start, told_file: Path, tmp_path: Path, lines: Lines) -> None:
    (tmp_path / "in").write_bytes(lines(3))
    with (tmp_path / "in").open("rb") as stdin:
        run = start(told_file, "--out", tmp_path / "in", stdin=stdin)
        _, err = run.child.communicate(timeout=60)
    assert run.child.returncode == 2
    assert b"used twice" in err
    assert (tmp_path / "in").read_bytes() == lines(3)


def test_a_full_disk_keeps_whole_messages(start: Start, told_file: Path, tmp_path: Path, lines: Lines) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    out = tmp_path / "out"
    run = start(told_file, "--out", out, preexec_fn=limit)
    _, err = run.child.communicate(lines(3000), timeout=60)
    assert run.child.returncode == 2
    told = re.search(rb"can't be written: File too large; it ends before the results of line or item ([\d,]+)\n", err)
    assert told is not None
    written = out.read_bytes()
    assert int(told[1].replace(b",", b"")) == written.count(b"\n") + 1
    assert 0 < len(written) <= 20_000
    assert lines(3000).startswith(written)
    assert written.endswith(b"\n")


def test_a_closed_output_pipe_ends_the_stream_quietly(
    start: Start, told_file: Path, tmp_path: Path, lines: Lines
) -> None:
    (tmp_path / "in").write_bytes(lines(20_000))
    run = start(told_file, "--in", tmp_path / "in")
    head = run.child.stdout.read(1000)
    run.close_output()
    err = run.errors()
    assert run.child.wait(60) == 0
    assert lines(20).startswith(head)
    assert "ended early, the output was closed" in err
    assert "error" not in err
    assert "Exception" not in err


@pytest.mark.parametrize("instances", [1, 3])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_waiting_for_input_ends_cleanly(
    number: signal.Signals, instances: int, start: Start, told_file: Path, lines: Lines
) -> None:
    run = start(told_file, "--instances", instances)
    run.feed(lines(5) + b'{"half a li')
    assert run.read_lines(5) == lines(5)
    run.child.send_signal(number)
    err = run.errors()
    assert run.child.wait(60) == 130
    assert run.child.stdout.read() == b""
    assert "interrupted; everything above was written whole" in err
    assert "Traceback" not in err
    assert re.search(r"invalid input +0 ", err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_in_the_middle_of_a_file_leaves_whole_messages(
    number: signal.Signals, start: Start, told_file: Path, tmp_path: Path, line: Lines
) -> None:
    stream = b"".join(line(0, n, text="x" * 400) for n in range(40_000))
    (tmp_path / "in").write_bytes(stream)
    run = start(told_file, "--in", tmp_path / "in", "--json")
    first = run.read_lines(1)
    run.child.send_signal(number)
    out, err = run.child.communicate(timeout=60)
    assert run.child.returncode == 130
    written = first + out
    assert stream.startswith(written)
    assert written.endswith(b"\n")
    summary = json.loads(err.splitlines()[0])
    assert summary["ended"] == "interrupted"
    assert summary["out"] == written.count(b"\n") < 40_000


@pytest.mark.parametrize("instances", [1, 2])
def test_a_second_interrupt_stops_a_guest_that_never_ends(
    instances: int, start: Start, told_file: Path, line: Lines, lines: Lines
) -> None:
    run = start(told_file, "--deadline", 3600, "--instances", instances, "--json")
    run.feed(lines(3))
    assert run.read_lines(3) == lines(3)
    run.feed(line(SPIN))
    ended = threading.Event()

    def insist() -> None:
        run.child.send_signal(signal.SIGINT)
        if not ended.wait(0.5):
            run.child.send_signal(signal.SIGINT)

    # Whether the guest runs by now is unknown; without it, the first signal ends the stream alike.
    insisting = threading.Timer(0.5, insist)
    insisting.start()
    err = run.errors()
    ended.set()
    insisting.join()
    assert run.child.wait(60) == 130
    summary = json.loads(err.splitlines()[0])
    assert (summary["ended"], summary["out"]) == ("interrupted", 3)


@pytest.mark.parametrize("instances", [1, 3])
def test_a_live_stream_is_answered_message_by_message(
    instances: int, start: Start, told_file: Path, line: Lines
) -> None:
    run = start(told_file, "--instances", instances)
    for n in range(5):
        run.feed(line(0, n))
        assert run.read_lines(1) == line(0, n)
    run.child.communicate(timeout=60)
    assert run.child.returncode == 0


def test_a_kill_can_only_cut_off_what_was_being_written(
    start: Start, told_file: Path, tmp_path: Path, line: Lines
) -> None:
    stream = b"".join(line(0, n, text="x" * 400) for n in range(40_000))
    (tmp_path / "in").write_bytes(stream)
    out = tmp_path / "out"
    run = start(told_file, "--in", tmp_path / "in", "--out", out)
    while run.child.poll() is None and not (out.exists() and out.stat().st_size):
        time.sleep(0.001)
    run.child.kill()
    run.child.wait(60)
    assert stream.startswith(out.read_bytes())


def test_state_is_not_resumed_silently_after_a_kill(
    start: Start, process: Cli, remembering_file: Path, tmp_path: Path, lines: Lines
) -> None:
    out, state = tmp_path / "out", f"sqlite:{tmp_path / 'state.db'}"
    run = start(remembering_file, "--state", state)
    run.feed(lines(20))
    assert run.read_lines(20) == lines(20)
    run.child.kill()
    run.child.wait(60)
    result = process("run", remembering_file, "--state", state, "--out", out, stdin=lines(30))
    assert result.code == 0
    assert f"State of gear in {state} goes on with 20 keys from before." in result.err
    again = process("run", remembering_file, "--state", state, "--out", out, "--json", stdin=lines(1))
    assert again.json["state_keys_before"] == 30
