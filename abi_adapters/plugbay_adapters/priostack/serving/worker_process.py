"""The parent's side of one worker process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import orjson

from plugbay_adapters.priostack.serving.worker import order_of

if TYPE_CHECKING:
    import socket

    from plugbay_adapters.priostack.serving.place import WorkerPlace
    from plugbay_adapters.priostack.serving.settings import ServeSettings

_MOST_REPORTED: Final = 1024 * 1024


class WorkerProcess:
    """A running worker. ``report`` is a descriptor that becomes readable when it has something to say, or died."""

    def __init__(self, settings: ServeSettings, place: WorkerPlace, listener: socket.socket) -> None:
        self.number = place.worker
        self.started = time.monotonic()
        self.ready: dict[str, Any] | None = None
        """What it said when it began to serve."""
        self.error: dict[str, Any] | None = None
        """What kept it from that, as :meth:`PlugbayError.to_dict` gives it."""
        self._said = b""
        self._reload_due = False
        self.report, theirs = os.pipe()
        os.set_blocking(self.report, False)
        try:
            # In a session of its own, so that a Ctrl-C reaches it once: by the parent.
            self._process = subprocess.Popen(  # noqa: S603 # this interpreter, and a module of this package
                [sys.executable, "-m", order_of.__module__],
                stdin=subprocess.PIPE,
                pass_fds=(listener.fileno(), theirs),
                start_new_session=True,
            )
        except BaseException:
            os.close(self.report)
            raise
        finally:
            os.close(theirs)
        self._order(order_of(settings, place, listener=listener.fileno(), report=theirs))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def read_report(self) -> bool:
        """Take in what it says; whether it still lives."""
        try:
            part = os.read(self.report, 65536)
        except BlockingIOError:
            return True
        self._said = (self._said + part)[:_MOST_REPORTED]
        *lines, self._said = self._said.split(b"\n")
        for line in lines:
            facts: dict[str, Any] = orjson.loads(line)
            self.ready = facts.get("ready", self.ready)
            self.error = facts.get("error", self.error)
            if self.ready is not None and self._reload_due:
                self._reload_due = False
                self.signal(signal.SIGHUP)
        return bool(part)

    def signal(self, number: int) -> None:
        """Send it a signal; nothing happens when it is gone."""
        self._process.send_signal(number)

    def reload(self) -> None:
        """Have it reload its bundle, once it serves: the signal would end it while it still loads."""
        if self.ready is None:
            self._reload_due = True
        else:
            self.signal(signal.SIGHUP)

    def reap(self) -> str:
        """Wait for the end of one whose report has ended, and say how it ended."""
        code = self._process.wait()
        os.close(self.report)
        assert self._process.stdin is not None, "it was started with a pipe"
        self._process.stdin.close()
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _order(self, line: bytes) -> None:
        assert self._process.stdin is not None, "it was started with a pipe"
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it died at once, as its report will tell
