"""The durable queue of sensor events: what was accepted is run, whatever becomes of the process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_adapters.priostack.intents.bounds import QueueBounds
    from plugbay_adapters.priostack.intents.event import SensorEvent


class SensorQueue:
    """Events and their runs in one SQLite file, shared by any number of threads and processes of one machine.

    ``url`` is ``memory:`` or ``sqlite:PATH``. ``clock`` gives Unix nanoseconds.
    """

    @classmethod
    def open(
        cls,
        url: str,
        *,
        bounds: QueueBounds | None = None,
        busy_timeout: float = 5.0,
        clock: Callable[[], int] = time.time_ns,
    ) -> SensorQueue:
        """Raises ConfigInvalid for a malformed URL, SensorQueueUnusable when the file can't be used."""
        raise NotImplementedError

    def check(self) -> None:
        """Raises SensorQueueUnusable when the file can't be read; cheap, for readiness probes."""
        raise NotImplementedError

    def event(self, event_id: str) -> SensorEvent | None:
        """An event as it stands; None when there is none of that id, or no longer."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file. Close the engine first."""
        raise NotImplementedError
