"""Whether ten thousand plugins that are made and closed leave anything behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugin_growth import WARM_UP, WAYS
from processes import processes
from results import Section, Target
from timing import seconds_of

if TYPE_CHECKING:
    from effort import Effort

MOST_MEGABYTES: Final = 5.0
TIMED: Final = (
    f"Resident memory (/proc/self/statm) after all plugins, less that after the first {WARM_UP:,}. Each is made from "
    "the bytes of an Extism echo plugin, called once and closed: Host.load and Plugin.close, beside extism.Plugin, "
    "each in a process of its own. The time is that of the whole process, for each plugin."
)


def measure(effort: Effort) -> Section:
    """Each way in a process of its own."""
    script = Path(__file__).with_name("plugin_growth.py")
    found: dict[str, dict[str, float]] = {}
    with processes() as python:
        for name in WAYS:
            printed: list[bytes] = []
            seconds = seconds_of(lambda: printed.append(python.run(script, name, str(effort.plugins))))  # noqa: B023 # runs now
            found[name] = {"megabytes": int(printed[0]) / 1e6, "ms": seconds / effort.plugins * 1000}
    return Section(
        "plugins",
        f"Memory after {effort.plugins:,} plugins",
        TIMED,
        ("way", "growth", "a plugin"),
        [[name, f"{figure['megabytes']:.2f} MB", f"{figure['ms']:.2f} ms"] for name, figure in found.items()],
        [Target("growth of memory by plugins", MOST_MEGABYTES, found["plugbay"]["megabytes"], " MB", at_most=True)],
        found,
    )
