"""Ctrl-C asks first and insists the second time; no input is lost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugbay.errors import StreamUnusable
from plugbay.stream.interrupt import Interrupt


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_insists(number: signal.Signals) -> None:
    with Interrupt() as interrupt:
        assert not interrupt.is_requested()
        signal.raise_signal(number)
        assert interrupt.is_requested()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def test_the_former_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_other_threads_are_left_without() -> None:
    requested: list[bool] = []

    def run() -> None:
        with Interrupt() as interrupt:
            requested.append(interrupt.is_requested())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert requested == [False]


def test_a_pipe_is_read_as_it_comes_and_pauses_are_told(pipe: tuple[int, int]) -> None:
    chunks = Interrupt().chunks(pipe[0])
    os.write(pipe[1], b"one")
    assert next(chunks) == b"one"
    assert next(chunks) == b""
    os.write(pipe[1], b"two")
    assert next(chunks) == b"two"


def test_waiting_for_input_ends_at_the_first_signal(pipe: tuple[int, int]) -> None:
    with Interrupt() as interrupt:
        chunks = interrupt.chunks(pipe[0])
        assert next(chunks) == b""
        main = threading.main_thread().ident
        assert main is not None
        threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT)).start()
        assert list(chunks) == []
        assert interrupt.is_requested()


def test_nothing_is_read_after_the_signal(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"kept for the next reader")
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert list(interrupt.chunks(pipe[0])) == []
    assert os.read(pipe[0], 100) == b"kept for the next reader"


def test_what_can_not_be_read_is_unusable(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(StreamUnusable, match="can't be read: Is a directory"):
        list(Interrupt().chunks(folder))
    os.close(folder)
