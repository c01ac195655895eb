"""Which status a failed call gets, and what a client is told of it. The one table, which docs/serving.md shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay.errors import (
    DeadlineExceeded,
    GuestError,
    InputTooLarge,
    OutOfFuel,
    PluginClosed,
    PoolExhausted,
)
from plugbay_adapters.priostack.errors import SensorQueueFull, SensorQueueUnusable, UnknownSensor

if TYPE_CHECKING:
    from plugbay.errors import PlugbayError

INTERNAL: Final = "internal error"
"""All that a client gets to know of a failure that is not its own; the id beside it is in the log."""


@dataclass(frozen=True, slots=True)
class ErrorStatus:
    """What one kind of error becomes. ``told`` is the text for the client; None tells the error's own ``reason``."""

    status: int
    told: str | None
    logged: bool
    """Whether the log gets the whole error, and the client the id that it stands under."""
    retry_after: int | None = None
    """Seconds after which the client may try again."""


ERROR_STATUSES: Final[dict[type[PlugbayError], ErrorStatus]] = {
    GuestError: ErrorStatus(422, None, logged=False),
    InputTooLarge: ErrorStatus(413, "the input is larger than the function takes", logged=False),
    UnknownSensor: ErrorStatus(404, None, logged=False),
    PoolExhausted: ErrorStatus(503, "too many requests wait for this service", logged=False, retry_after=1),
    PluginClosed: ErrorStatus(503, "the service is being replaced or ends", logged=False, retry_after=1),
    SensorQueueFull: ErrorStatus(503, "too many runs of intents wait", logged=False, retry_after=1),
    SensorQueueUnusable: ErrorStatus(503, "the event could not be stored", logged=True, retry_after=1),
    DeadlineExceeded: ErrorStatus(504, "the function took too long", logged=True),
    OutOfFuel: ErrorStatus(504, "the function took too long", logged=True),
}
"""By the error's class or the nearest of its bases; any other error is :data:`UNEXPECTED`."""
UNEXPECTED: Final = ErrorStatus(500, INTERNAL, logged=True)


def status_of(error: BaseException) -> ErrorStatus:
    """What an error becomes."""
    for kind in type(error).__mro__:
        known = ERROR_STATUSES.get(kind)
        if known is not None:
            return known
    return UNEXPECTED


def told_of(error: PlugbayError, status: ErrorStatus) -> object:
    """What stands under ``error`` in the answer: a text, or the JSON value that the guest itself reported."""
    if status.told is not None:
        return status.told
    if isinstance(error, GuestError) and error.found is not None:
        return error.found
    return error.reason
