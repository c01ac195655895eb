"""Whether a million messages leave anything behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from growth import LINES, WARM_UP, WAYS
from processes import processes
from results import Section, Target

if TYPE_CHECKING:
    from effort import Effort

MOST_MEGABYTES: Final = 5.0
TIMED: Final = (
    f"Resident memory (/proc/self/statm) after all messages, less that after the first {WARM_UP:,}, through one "
    "instance in a process of its own, for each way to send them. process_with_logs sends typed messages that log "
    f"{LINES} lines each."
)


def measure(effort: Effort) -> Section:
    """Each way in a process of its own."""
    script = Path(__file__).with_name("growth.py")
    with processes() as python:
        grown = {name: int(python.run(script, name, str(effort.memory_messages))) / 1e6 for name in WAYS}
    return Section(
        "memory",
        f"Memory after {effort.memory_messages:,} messages",
        TIMED,
        ("way", "growth"),
        [[name, f"{megabytes:.2f} MB"] for name, megabytes in grown.items()],
        [
            Target(f"growth of memory by {name}", MOST_MEGABYTES, megabytes, " MB", at_most=True)
            for name, megabytes in grown.items()
        ],
        {name: {"megabytes": megabytes} for name, megabytes in grown.items()},
    )
