"""Outputs hold whole pieces only."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugbay.errors import StreamUnusable
from plugbay.stream.sink import Sink, open_source


@contextmanager
def largest_file(size: int) -> Generator[None]:
    """A disk that is full after so many bytes of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_opening_a_path_empties_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with Sink(str(path)) as sink:
        sink.write(b"new\n")
        assert not sink.is_terminal
    assert path.read_bytes() == b"new\n"


def test_a_full_disk_leaves_whole_pieces(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with largest_file(10), Sink(str(path)) as sink:
        sink.write(b"whole\n")
        with pytest.raises(StreamUnusable, match="can't be written: File too large"):
            sink.write(b"does not fit\n")
        sink.write(b"fit\n")
    assert path.read_bytes() == b"whole\nfit\n"


def test_a_full_device_is_unusable() -> None:
    with Sink("/dev/full") as sink, pytest.raises(StreamUnusable, match="No space left"):
        sink.write(b"x")


def test_standard_output_is_named_when_it_is_full() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    kept = os.dup(1)
    os.dup2(full, 1)
    try:
        with Sink("-") as sink, pytest.raises(StreamUnusable, match="standard output can't be written: No space"):
            sink.write(b"x")
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(full)


def test_a_reader_that_left_is_a_broken_pipe() -> None:
    read, write = os.pipe()
    os.close(read)
    with Sink("-", standard=write) as sink, pytest.raises(BrokenPipeError):
        sink.write(b"x")
    os.close(write)


def test_a_closed_standard_output_is_unusable() -> None:
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.close(descriptor)
    with pytest.raises(StreamUnusable, match="Bad file descriptor"):
        Sink("-", standard=descriptor)


@pytest.mark.parametrize("name", [".", "missing/out", "x" * 300])
def test_what_can_not_be_written_is_unusable(name: str, tmp_path: Path) -> None:
    with pytest.raises(StreamUnusable, match="can't be written") as caught:
        Sink(str(tmp_path / name))
    assert caught.value.hint


@pytest.mark.parametrize(("name", "reason"), [(".", "it is a folder"), ("missing", "No such file")])
def test_what_can_not_be_read_is_unusable(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(StreamUnusable, match=f"can't be read: {reason}"), open_source(str(tmp_path / name)):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_files_without_rights_are_unusable(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(0o000)
    tmp_path.chmod(0o500)
    with pytest.raises(StreamUnusable, match="Permission denied"), open_source(str(secret)):
        pass
    with pytest.raises(StreamUnusable, match="Permission denied"):
        Sink(str(tmp_path / "new"))
