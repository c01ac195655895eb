"""What one guest instance may reach of the host: each service granted by name, refused by default, and timed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from plugbay.errors import DeadlineExceeded, LimitExceeded, PermissionDenied, PlugbayError
from plugbay.services.hosts import parse_patterns
from plugbay.state.transaction import StateTransaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.limits import Limits
    from plugbay.outcome import StateChange
    from plugbay.permissions import Permissions
    from plugbay.services.http import HttpClient
    from plugbay.services.response import HttpResponse
    from plugbay.state.contract import StateStore

RANDOM_BYTES = 1024 * 1024
"""Bytes of randomness that a guest may ask for at once."""


class HostServices:
    """The host's side of one instance; adapters call it for their guests.

    A message is ``begin()``, any services, then ``commit()`` if it succeeded or ``rollback()`` if it failed. The clock
    of the start-up begins with the object. For one thread at a time, like the instance.

    Each service raises :class:`~plugbay.errors.PermissionDenied` when it was not granted and
    :class:`~plugbay.errors.DeadlineExceeded` when the message's time is up.
    """

    __slots__ = ("_deadline", "_grants", "_http", "_state", "deadline_at", "limits", "permissions", "plugin")

    def __init__(
        self, plugin: str, permissions: Permissions, limits: Limits, store: StateStore, http: HttpClient
    ) -> None:
        self.plugin = plugin
        self.permissions = permissions
        self.limits = limits
        self._deadline = limits.deadline
        self._grants = parse_patterns(permissions.http)
        self._http = http
        self._state = StateTransaction(store, plugin, limits.state_bytes)
        self.deadline_at = time.monotonic() + limits.deadline
        """When the message's time is up, by ``time.monotonic``."""

    def begin(self) -> None:
        """Start a message's clock."""
        self.deadline_at = time.monotonic() + self._deadline

    def remaining(self) -> float:
        """Seconds that the message has left, 0 when its time is up."""
        return max(self.deadline_at - time.monotonic(), 0.0)

    def state_get(self, key: str) -> bytes | None:
        """The value of a key in the plugin's own state; None when there is none."""
        self._check("state")
        return self._state.get(key)

    def state_put(self, key: str, value: bytes | None) -> None:
        """Write a key of the plugin's state, or delete it (None); stored when the message commits.

        Raises :class:`~plugbay.errors.StateQuotaExceeded`; the key then keeps its value and the message may go on.
        """
        self._check("state")
        if value is None:
            self._state.delete(key)
        else:
            self._state.put(key, value)

    def state_snapshot(self) -> dict[str, bytes]:
        """The plugin's whole state as this message sees it."""
        self._check("state")
        return self._state.snapshot()

    def commit(self) -> StateChange | None:
        """Store what the message wrote; None when that is nothing.

        Raises :class:`~plugbay.errors.StateConflict`, :class:`~plugbay.errors.StateQuotaExceeded` and
        :class:`~plugbay.errors.StateUnavailable`; nothing is stored then.
        """
        return self._state.commit()

    def rollback(self) -> None:
        """Forget what the message wrote."""
        self._state.rollback()

    def now_ns(self) -> int:
        """The time of day in nanoseconds since 1970."""
        self._check("clock")
        return time.time_ns()

    def random(self, n: int) -> bytes:
        """``n`` bytes of cryptographic randomness, at most :data:`RANDOM_BYTES`."""
        self._check("randomness")
        if not 0 <= n <= RANDOM_BYTES:
            raise LimitExceeded(
                f"a guest may ask for {RANDOM_BYTES} random bytes at once, not {n}",
                plugin=self.plugin,
                expected=RANDOM_BYTES,
                found=n,
            )
        return os.urandom(n)

    def http_request(
        self, url: str, *, method: str = "GET", headers: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> HttpResponse:
        """The response to an HTTP request, which must fit into the message's time and ``Limits.http_bytes``.

        Raises what :meth:`HttpClient.request <plugbay.services.HttpClient.request>` raises.
        """
        self.check_time()
        try:
            return self._http.request(
                url,
                method=method,
                headers=headers,
                body=body,
                grants=self._grants,
                max_bytes=self.limits.http_bytes,
                deadline_at=self.deadline_at,
            )
        except PlugbayError as error:
            error.plugin = self.plugin
            raise

    def _check(self, service: str) -> None:
        if not getattr(self.permissions, service):
            raise PermissionDenied(
                f"{service} was not granted",
                plugin=self.plugin,
                expected=service,
                hint=f"Permissions({service}=True), or --allow {service}",
            )
        self.check_time()

    def check_time(self) -> None:
        """Raise :class:`~plugbay.errors.DeadlineExceeded` when the message's time is up."""
        if time.monotonic() >= self.deadline_at:
            raise DeadlineExceeded(
                f"the message took longer than {self._deadline:g} s",
                plugin=self.plugin,
                limit="deadline",
                expected=self._deadline,
                hint="raise Limits(deadline=…)",
            )
