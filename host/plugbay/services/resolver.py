"""Host names to addresses, within a deadline."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence

from plugbay.errors import DeadlineExceeded, HttpFailed

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host and port, as texts, in the order in which to try them; ``OSError`` when there are none."""

LOOKUPS = 32
"""Name lookups of one client that may be under way at once, those that nobody waits for any longer included."""


def system_resolver(host: str, port: int) -> list[str]:
    """The operating system's own answer."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class BoundedResolver:
    """Asks a resolver in a thread of its own, because the system's can't be interrupted.

    A lookup that outlives its deadline goes on by itself and keeps its place among :data:`LOOKUPS`, so a guest can't
    pile up threads with names that never resolve.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._places = threading.BoundedSemaphore(LOOKUPS)
        self._pid = os.getpid()

    def resolve(self, host: str, port: int, deadline_at: float) -> Sequence[str]:
        """The addresses of a host. ``deadline_at`` is a time of ``time.monotonic``.

        Raises :class:`~plugbay.errors.HttpFailed` when there are none and :class:`~plugbay.errors.DeadlineExceeded`.
        """
        places = self._places_of_this_process()
        answer: list[Sequence[str] | OSError | UnicodeError] = []
        done = threading.Event()

        def look_up() -> None:
            try:
                answer.append(self._resolver(host, port))
            except (OSError, UnicodeError) as error:
                answer.append(error)
            finally:
                places.release()
                done.set()

        if not places.acquire(timeout=max(deadline_at - time.monotonic(), 0)):
            raise DeadlineExceeded(f"too many name lookups are under way to ask for {host}", limit="deadline")
        try:
            threading.Thread(target=look_up, name=f"plugbay lookup of {host}", daemon=True).start()
        except RuntimeError as error:
            places.release()
            raise HttpFailed(f"the name {host} can't be looked up: {error}", found=host) from error
        if not done.wait(timeout=max(deadline_at - time.monotonic(), 0)):
            raise DeadlineExceeded(f"the name {host} was not resolved in time", limit="deadline")
        found = answer[0] if answer else OSError("the resolver failed")
        if isinstance(found, Exception):
            raise HttpFailed(f"the name {host} can't be resolved: {found}", found=host) from found
        if not found:
            raise HttpFailed(f"the name {host} has no address", found=host)
        return found

    def _places_of_this_process(self) -> threading.BoundedSemaphore:
        """A forked child has none of its parent's lookups, and none of the places that they hold."""
        if self._pid != os.getpid():
            self._pid, self._places = os.getpid(), threading.BoundedSemaphore(LOOKUPS)
        return self._places
