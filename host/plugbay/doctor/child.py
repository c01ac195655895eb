"""Work in a forked child that can never hang its parent."""

from __future__ import annotations

import os
import pickle
import selectors
import signal
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from plugbay.errors import PlugbayError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_CHUNK_BYTES = 65536


class ChildFailed(PlugbayError):
    """The forked child hung, crashed or raised."""

    code = "child-failed"


def in_forked_child(work: Callable[[], T], *, seconds: float) -> T:
    """The result of ``work``, done in a forked child, which is killed when it takes longer than ``seconds``.

    The result comes back pickled, from our own child. Raises :class:`ChildFailed`.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_leave(work, writer)
    os.close(writer)
    answer: bytes | None = None
    try:
        answer = _read_all(reader, monotonic() + seconds)
    finally:
        os.close(reader)
        if answer is None:
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if answer is None:
        raise ChildFailed(f"a forked child hung: it did not finish within {seconds:g} s")
    if not answer or status:
        raise ChildFailed(f"a forked child ended without an answer (exit status {status})", found=status)
    worked, value = pickle.loads(answer)  # noqa: S301 # written by our own child, over a pipe that nobody else has
    if not worked:
        raise ChildFailed(f"a forked child failed: {value}")
    result: T = value
    return result


def _work_and_leave(work: Callable[[], T], writer: int) -> None:
    """In the child: do the work, answer, and leave without running anything of the parent's."""
    try:
        try:
            answer: tuple[bool, object] = (True, work())
        except Exception as error:  # noqa: BLE001 # whatever it is, the parent reports it
            answer = (False, f"{type(error).__name__}: {error}")
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(pickle.dumps(answer))
    finally:
        os._exit(0)


def _read_all(reader: int, ends: float) -> bytes | None:
    """Everything until the other end is closed; None when that takes too long."""
    chunks: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        while selector.select(max(0.0, ends - monotonic())):
            chunk = os.read(reader, _CHUNK_BYTES)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
    return None
