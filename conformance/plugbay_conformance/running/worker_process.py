"""One worker process, seen from the run: what it was given, until when, and what it says."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from plugbay_conformance.running.faults import Fault, FaultKind
from plugbay_conformance.running.memory import OUT_OF_MEMORY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay_conformance.running.parts import Parts

_MODULE: Final = "plugbay_conformance.running.worker"
_CHUNK: Final = 65_536
_MOST_ANSWER: Final = 16 * 1024**2
_LAST_WORDS: Final = 4_096
_PATIENCE: Final = 2.0
"""Seconds that a process gets to end by itself, or to be gone after it was killed."""


class WorkerProcess:
    """A worker. The one who made it waits for :attr:`streams` and calls :meth:`receive`."""

    def __init__(self, parts: Parts) -> None:
        self._process = subprocess.Popen(  # noqa: S603 # this Python, and names that come from the suite
            [sys.executable, "-P", "-m", _MODULE, parts.suite, parts.engine, parts.differences],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is the run's to handle; what the worker starts dies with it
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._input = self._process.stdin.fileno()
        self._output, self._errors = self._process.stdout.fileno(), self._process.stderr.fileno()
        for stream in (self._output, self._errors):
            os.set_blocking(stream, False)
        self._patience = 0.0
        self._began = 0.0
        self._said = bytearray()
        self._last_words = bytearray()
        self.subject: object = None
        """What it was told to judge last, by identity."""
        self.ready = False
        self.deadline: float | None = None
        """When what it does must be done, by the monotonic clock; None while it does nothing."""

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def streams(self) -> tuple[int, int]:
        """The descriptors that become readable when the worker says something or ends."""
        return self._output, self._errors

    def tell(self, values: Mapping[str, Any]) -> None:
        """Send a line. That nobody reads it any more is noticed when the answer is waited for."""
        view = memoryview(orjson.dumps(values) + b"\n")
        with contextlib.suppress(BrokenPipeError):
            while view:
                view = view[os.write(self._input, view) :]

    def receive(self) -> Mapping[str, Any] | Fault | None:
        """What the worker says by now: an answer, that it is gone, or nothing yet."""
        self._listen()
        ended = self._read_answers()
        line, newline, rest = self._said.partition(b"\n")
        if newline:
            self._said = rest
            return self._parsed(bytes(line))
        if len(self._said) > _MOST_ANSWER:
            return Fault(FaultKind.BROKE, "it said more than an answer can be")
        return self._end() if ended else None

    def begin(self, seconds: float) -> None:
        """Count the time of what it is given now."""
        self._began = time.monotonic()
        self.deadline = self._began + seconds

    def spent(self) -> float:
        """Seconds since that."""
        return time.monotonic() - self._began

    def overrun(self) -> bool:
        """Whether it is over its time."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def finish(self) -> None:
        """Ask an idle one to end by itself, so that its engines can."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._patience = _PATIENCE

    def stop(self) -> None:
        """End it, with all that it started: at once, or soon where it was asked to finish."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(self._patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already; macOS says the latter
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _read_answers(self) -> bool:
        """Take in what was said; whether the process will say no more."""
        while True:
            try:
                data = os.read(self._output, _CHUNK)
            except BlockingIOError:
                return False
            if not data:
                return True
            self._said += data
            if len(self._said) > _MOST_ANSWER:
                return False

    def _listen(self) -> None:
        """Keep the end of standard error."""
        for _ in range(64):  # whoever floods it is read on next time
            try:
                data = os.read(self._errors, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                return
            self._last_words += data
            del self._last_words[:-_LAST_WORDS]

    def _parsed(self, line: bytes) -> Mapping[str, Any] | Fault:
        try:
            answer: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            return Fault(FaultKind.BROKE, "what it said is no JSON")
        if not isinstance(answer, dict):
            return Fault(FaultKind.BROKE, "what it said is no object")
        return cast("dict[str, Any]", answer)

    def _end(self) -> Fault:
        """How a process ended that closed its output."""
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return Fault(FaultKind.BROKE, "it closed its output", self._words())
        self._listen()
        if code == OUT_OF_MEMORY:
            return Fault(FaultKind.MEMORY, "it took more memory than a worker may have", self._words())
        if code < 0:
            return Fault(FaultKind.DIED, f"it died of {_signal_name(-code)}", self._words())
        return Fault(FaultKind.BROKE, f"it ended with exit code {code}", self._words())

    def _words(self) -> str:
        return self._last_words.decode(errors="replace").strip()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
