"""What functions of bytes are to the host: a guest that is called by name, whatever its ABI and engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from plugbay.errors import PlugbayError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.guest_log import GuestLog
    from plugbay.outcome import LogRecord
    from plugbay.services import HostServices


class ByteGuest(Protocol):
    """One live guest whose functions take bytes and return bytes; used by one thread at a time.

    ``poisoned`` is set when it is in an unknown condition and no call may follow. ``batches`` says whether it asks the
    host for nothing, so that many messages may run in one crossing. ``unsettled`` is set when the last call may have
    poisoned it or left log lines; it spares most calls the look.
    """

    poisoned: bool
    unsettled: bool
    batches: bool
    services: HostServices

    def start(self) -> None:
        """Run the start-up functions of the guest's language. Raises :class:`InitFailed` or :class:`LimitExceeded`."""
        ...

    def invoke(self, function: str, payload: bytes) -> bytes:
        """One call of an export: its output.

        Raises :class:`GuestError` for what the guest says or returns, and other :class:`CallError` or
        :class:`PermissionDenied`. A ``StateTransaction`` or its commit is the caller's business.
        """
        ...

    def invoke_many(self, function: str, payloads: Sequence[bytes]) -> list[bytes | PlugbayError]:
        """Calls in order: one entry for each that was run; shorter only when poisoned, never empty."""
        ...

    def take_logs(self) -> tuple[LogRecord, ...]:
        """The log lines since they were last taken, those of failed calls included."""
        ...

    @property
    def fuel_used(self) -> int | None:
        """Fuel units of the last single call; None when not metered."""
        ...

    def interrupt(self) -> None:
        """End what runs, and any later call, as soon as the engine can; for other threads."""
        ...

    def close(self) -> None:
        """Free it; it is not used again."""
        ...


def start_guest(guest: ByteGuest, log: GuestLog) -> None:
    """Run the start-up of a guest, and log its lines. Raises what :meth:`ByteGuest.start` does; it is closed then."""
    try:
        guest.start()
    except PlugbayError:
        log.write(guest.take_logs())
        guest.close()
        raise
    log.write(guest.take_logs())
