"""The contract of a state store: where plugins keep what must outlive a message.

A store is a set of namespaces, one per plugin, each a map of Unicode keys to bytes. Writers meet at :meth:`commit`, a
compare-and-set over the versions that were read. So no lock is held while a guest runs, a slow guest blocks nobody, and
the same contract fits an embedded database and a key-value store on the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from plugbay.errors import ConfigInvalid, StateConflict, StateQuotaExceeded

if TYPE_CHECKING:
    from collections.abc import Mapping

ABSENT = 0
"""The version of a key that does not exist."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """A value and its version.

    Versions of a key only ever grow, also over deletion and re-creation, so an equal version means that nothing
    happened in between. They start above :data:`ABSENT`; gaps mean nothing.
    """

    value: bytes
    version: int


@runtime_checkable
class StateStore(Protocol):
    """Namespaces of versioned keys. Safe to use from several threads at once, and usable in a forked child.

    Every method raises :class:`~plugbay.errors.StateUnavailable` when the store can't do its work and
    :class:`~plugbay.errors.PluginClosed` after :meth:`close`.
    """

    def get(self, namespace: str, key: str) -> Versioned | None:
        """The value of a key; None when there is none."""
        ...

    def snapshot(self, namespace: str) -> dict[str, Versioned]:
        """Every key of a namespace as of one moment; empty when nothing was ever written."""
        ...

    def commit(
        self,
        namespace: str,
        expected: Mapping[str, int],
        writes: Mapping[str, bytes | None],
        *,
        quota_bytes: int,
        complete: bool = False,
    ) -> None:
        """Store ``writes`` (None deletes) if every key of ``expected`` still has that version; all of it or nothing.

        ``complete`` says that ``expected`` has every key of the namespace, as a snapshot shows them: one that another
        writer added since then is a conflict, too.

        ``quota_bytes`` bounds what the namespace holds afterwards, counted by :func:`entry_bytes`; a commit that does
        not grow a namespace is let through, so that a plugin over a lowered quota can still clean up.

        Raises :class:`~plugbay.errors.StateConflict` when another writer was first, and
        :class:`~plugbay.errors.StateQuotaExceeded`.
        """
        ...

    def namespaces(self) -> list[str]:
        """The namespaces that hold at least one key, sorted."""
        ...

    def close(self) -> None:
        """Free what the store holds; calls in progress finish. Closing twice is fine."""
        ...


def entry_bytes(key: str, value: bytes = b"") -> int:
    """What a key and its value count towards the quota: the key's UTF-8 bytes and the value's bytes.

    Raises :class:`~plugbay.errors.ConfigInvalid` for a key that is no Unicode text (a lone surrogate).
    """
    if key.isascii():
        return len(key) + len(value)
    try:
        return len(key.encode()) + len(value)
    except UnicodeEncodeError as error:
        raise ConfigInvalid(f"the state key {key!a} is not Unicode text", found=ascii(key)) from error


def check_version(namespace: str, key: str, expected: int, found: int) -> None:
    """Raise :class:`~plugbay.errors.StateConflict` unless a key still has the version that was read."""
    if expected != found:
        raise StateConflict(
            f"another writer changed the state key {key!r} first",
            plugin=namespace,
            expected=expected,
            found=found,
            hint="nothing of this message was stored: run it again",
        )


def check_complete(namespace: str, expected: Mapping[str, int], found: int) -> None:
    """Raise :class:`StateConflict` unless a namespace of ``found`` keys has none beyond those of ``expected``.

    Each of those must have been checked before, so that their number decides.
    """
    known = sum(version != ABSENT for version in expected.values())
    if known != found:
        raise StateConflict(
            f"another writer added {found - known} state keys first",
            plugin=namespace,
            expected=known,
            found=found,
            hint="nothing of this message was stored: run it again",
        )


def check_quota(namespace: str, used: int, wanted: int, quota_bytes: int) -> None:
    """Raise :class:`~plugbay.errors.StateQuotaExceeded` if a namespace of ``used`` bytes would grow over its quota."""
    if wanted > quota_bytes and wanted > used:
        raise StateQuotaExceeded(
            f"the state would grow to {wanted} bytes, {quota_bytes} are allowed",
            plugin=namespace,
            limit="state_bytes",
            expected=quota_bytes,
            found=wanted,
            hint="raise Limits(state_bytes=…), or let the plugin delete what it no longer needs",
        )
