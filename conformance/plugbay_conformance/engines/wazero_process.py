"""The running program: one request and one reply at a time, each a line of JSON."""

from __future__ import annotations

import base64
import contextlib
import os
import select
import subprocess
import tempfile
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from plugbay_conformance.engines.contract import GuestStopped, StopKind
from plugbay_conformance.engines.errors import EngineMissing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROTOCOL: Final = 1
_START_SECONDS: Final = 30.0
_END_SECONDS: Final = 2.0
GRACE_SECONDS: Final = 15.0
"""How much longer than a guest's deadline the program may take to answer before it is ended."""
_WATCH_SECONDS: Final = 1.0
"""The same where the guest can't be stopped otherwise."""
_BETWEEN_LINES: Final = 1.1
_CHUNK: Final = 1 << 18
_SAID_BYTES: Final = 600


class Patience:
    """How long the next line may take, in seconds, and what it means when there is none: ``overrun``, else that the
    engine failed."""

    def __init__(self, seconds: float, deadline: float) -> None:
        self.seconds = seconds
        self.overrun: GuestStopped | None = None
        self._deadline = deadline

    def note_progress(self, *, is_watched: bool) -> None:
        """There was a line that tells of progress: they come about ten times in each deadline.

        A guest that is *watched* can't be stopped but with its process, so silence means that it hangs.
        """
        if is_watched:
            self.overrun = GuestStopped(StopKind.DEADLINE, f"it did not answer within {self._deadline:g} s")
        self.seconds = self._deadline * _BETWEEN_LINES + (_WATCH_SECONDS if is_watched else GRACE_SECONDS)


class WazeroProcess:
    """A child that lives until :meth:`close`, or until it breaks; then it is ``dead`` and every request says so."""

    def __init__(self, binary: Path, cache: Path) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 # open as long as the child lives
        self._rest = b""
        self.dead: str | None = None
        try:
            self._child = subprocess.Popen(  # noqa: S603 # the binary that find_binary built or the user named
                [binary, cache],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,  # Ctrl-C is for the run, which then ends its children
            )
        except OSError as error:
            self._errors.close()
            raise EngineMissing(f"the program for wazero does not start: {error.strerror}") from error
        self.greeting = self._greet(binary)

    @property
    def pid(self) -> int:
        """The child's."""
        return self._child.pid

    def ask(self, request: Mapping[str, object], patience: Patience) -> dict[str, Any]:
        """The reply to a request.

        Raises :class:`GuestStopped` when there is none in time: of the kind ENGINE, or what ``patience`` says.
        """
        if self.dead is not None:
            raise GuestStopped(StopKind.ENGINE, self.dead)
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(orjson.dumps(request, default=encoded) + b"\n")
            self._child.stdin.flush()
            reply = self._reply(patience)
        except (BrokenPipeError, EOFError):
            raise GuestStopped(StopKind.ENGINE, self._end(f"the engine's process ended{self._how()}")) from None
        except TimeoutError:
            self._end("the engine's process did not answer")
            raise patience.overrun or GuestStopped(StopKind.ENGINE, "the engine's process did not answer") from None
        except BaseException:
            self._end("the engine's process was interrupted")  # its reply would be taken for that to another request
            raise
        return reply

    def close(self) -> None:
        """End the child."""
        self._end("the engine is closed")

    def _greet(self, binary: Path) -> dict[str, str]:
        try:
            greeting = self._parsed(self._read_line(_START_SECONDS))
        except (EOFError, TimeoutError, GuestStopped):
            self._end("the engine's process did not start")
            raise EngineMissing(f"{binary} does not speak the protocol of plugbay's program for wazero") from None
        if greeting.get("program") != "plugbay-wazero" or greeting.get("protocol") != PROTOCOL:
            self._end("the engine's process is of another version")
            raise EngineMissing(
                f"{binary} speaks another version of the protocol than this suite",
                expected=PROTOCOL,
                found=greeting.get("protocol"),
                hint="build it from the sources of this suite",
            )
        return greeting

    def _reply(self, patience: Patience) -> dict[str, Any]:
        """The reply, after any lines that tell of progress."""
        reply = self._parsed(self._read_line(patience.seconds))
        while "progress" in reply:
            patience.note_progress(is_watched=bool(reply.get("watched")))
            reply = self._parsed(self._read_line(patience.seconds))
        return reply

    def _read_line(self, seconds: float) -> bytes:
        assert self._child.stdout is not None
        descriptor = self._child.stdout.fileno()
        ends = monotonic() + seconds
        pieces = [self._rest]
        while b"\n" not in pieces[-1]:
            ready, _, _ = select.select([descriptor], [], [], max(ends - monotonic(), 0))
            if not ready:
                raise TimeoutError
            piece = os.read(descriptor, _CHUNK)
            if not piece:
                raise EOFError
            pieces.append(piece)
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        return line

    def _parsed(self, line: bytes) -> dict[str, Any]:
        try:
            reply: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            reply = None
        if not isinstance(reply, dict):
            raise GuestStopped(StopKind.ENGINE, self._end("the engine's process broke its protocol"))
        return cast("dict[str, Any]", reply)

    def _how(self) -> str:
        """How the child ended, and the first line of what it said last."""
        try:
            code = self._child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return ""
        self._errors.seek(0)
        said = self._errors.read(_SAID_BYTES).decode(errors="replace").strip().partition("\n")[0]
        how = f" by signal {-code}" if code < 0 else f" with the code {code}"
        return f"{how}: {said}" if said else how

    def _end(self, reason: str) -> str:
        if self.dead is None:
            self.dead = reason
            self._child.kill()
            self._child.wait()
            assert self._child.stdin is not None
            assert self._child.stdout is not None
            with contextlib.suppress(BrokenPipeError):  # of what it did not read any more
                self._child.stdin.close()
            self._child.stdout.close()
            self._errors.close()
        return self.dead


def encoded(data: object) -> str:
    """Bytes as the protocol has them, base64. Raises :class:`TypeError` for what JSON does not know either."""
    if isinstance(data, (bytes, bytearray)):
        return base64.b64encode(data).decode()
    raise TypeError(type(data).__name__)


def decoded(text: str | None) -> bytes:
    """The bytes of a field of a reply; none when it is left out."""
    return base64.b64decode(text) if text else b""
