"""The errors of PrioStack bundles, beside those of :mod:`plugbay.errors`.

::

    PlugbayError
    ├── ConfigInvalid
    │   ├── BundleInvalid           files of a bundle are wrong; ``.problems`` has every mistake
    │   └── BundleUnusable          there is no bundle at that path, or an archive that is not safe to read
    ├── PoolExhausted
    │   └── LaneSaturated           as many calls of a plugin wait as may wait
    ├── UnknownSensor               (LookupError) no intent of the bundle listens to it
    ├── SensorQueueFull             as many runs of intents wait as may wait
    └── SensorQueueUnusable         (OSError) the queue's file can't be read or written
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.errors import ConfigInvalid, PlugbayError, PoolExhausted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_adapters.priostack.bundle.problem import Problem


_SHOWN: Final = 20
"""Mistakes in an error's text; a screen has no room for more."""


class BundleInvalid(ConfigInvalid):
    """Files of the bundle are wrong; ``problems`` has every mistake, in the order of files and lines.

    ``notes`` has what is no mistake, but may well not be meant.
    """

    code = "bundle-invalid"

    def __init__(self, bundle: str, problems: Sequence[Problem], notes: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        self.notes = tuple(notes)
        lines = "".join(f"\n  {problem}" for problem in self.problems[:_SHOWN])
        count = "1 mistake" if len(self.problems) == 1 else f"{len(self.problems):,} mistakes"
        more = f"\n  … and {len(self.problems) - _SHOWN:,} more" if len(self.problems) > _SHOWN else ""
        super().__init__(f"{bundle} has {count}:{lines}{more}")

    def to_dict(self) -> dict[str, object]:
        """The error as plain values, each problem with its file and line."""
        problems = [problem.to_dict() for problem in self.problems]
        return {**super().to_dict(), "problems": problems, "notes": [note.to_dict() for note in self.notes]}


class BundleUnusable(ConfigInvalid):
    """There is no bundle at that path, it can't be read, or it is an archive that is not safe to read.

    ``function`` names the file or entry concerned, if it is one of several.
    """

    code = "bundle-unusable"


class LaneSaturated(PoolExhausted):
    """As many calls of the plugin wait as may wait; nothing of this one ran."""

    code = "lane-saturated"


class UnknownSensor(PlugbayError, LookupError):
    """No intent of the bundle listens to the sensor."""

    code = "unknown-sensor"


class SensorQueueFull(PlugbayError):
    """As many runs of intents wait as may wait; the event was not accepted."""

    code = "sensor-queue-full"


class SensorQueueUnusable(PlugbayError, OSError):
    """The queue's file can't be read or written; the event was not accepted."""

    code = "sensor-queue-unusable"
