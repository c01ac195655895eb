"""Where a worker's numbers lie in its slot of the metrics' board, and how those of all workers are added up.

The name of a record is its kind and its labels. A record is 512 words of 8 bytes: of requests

====================== ========================================================
0 to 14                requests by time: how many took at most each of BOUNDS, and longer
15                     requests by a status that is none
16 to 415              requests by status, from 200 to 599
511                    seconds of all of them, a float
====================== ========================================================

and of everything else word 0 is the number.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.goals.board import PAGE, Shape

if TYPE_CHECKING:
    from plugbay_adapters.priostack.goals.board import Board

SHAPE: Final = Shape(records=1024, record_bytes=PAGE)
"""So many combinations of labels are told apart; requests with further ones are counted together."""
BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds that the buckets of a request's time end at."""
NO_STATUS: Final = len(BOUNDS) + 1
STATUSES: Final = range(200, 600)
STATUS_OFFSET: Final = NO_STATUS + 1 - STATUSES.start
SUM: Final = PAGE // 8 - 1

_SEPARATOR: Final = "\x1f"
_COUNTERS_END: Final = 8 * (STATUS_OFFSET + STATUSES.stop)


class Kind(StrEnum):
    """What a record counts."""

    REQUESTS = "requests"  # service, endpoint, method
    FAILURES = "failures"  # service, code
    RELOADS = "reloads"  # result
    LINES_DROPPED = "lines-dropped"
    IN_FLIGHT = "in-flight"
    WAITING = "waiting"  # service


@dataclass(slots=True)
class RequestTotal:
    """Requests of one endpoint by one method."""

    by_time: list[int] = field(default_factory=lambda: [0] * NO_STATUS)
    by_status: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0


@dataclass(slots=True)
class Totals:
    """The numbers of all workers together, by their labels."""

    workers: int = 0
    requests: dict[tuple[str, str, str], RequestTotal] = field(default_factory=dict[tuple[str, str, str], RequestTotal])
    numbers: dict[Kind, Counter[tuple[str, ...]]] = field(
        default_factory=lambda: {kind: Counter[tuple[str, ...]]() for kind in Kind}
    )


def name_of(kind: Kind, *labels: str) -> str:
    """The name of a record."""
    return _SEPARATOR.join((kind, *labels))


def add_up(board: Board) -> Totals:
    """What all workers counted. What is in flight or waits counts only where the worker lives."""
    living = board.living()
    totals = Totals(workers=len(living))
    for slot, name, record in board.all():
        kind, *labels = name.split(_SEPARATOR)
        match kind, labels:
            case Kind.REQUESTS, [service, endpoint, method]:
                _add_requests(totals.requests.setdefault((service, endpoint, method), RequestTotal()), record)
            case ((Kind.IN_FLIGHT | Kind.WAITING), _) if slot not in living:
                pass
            case _ if kind in totals.numbers:
                totals.numbers[Kind(kind)][tuple(labels)] += int.from_bytes(record[:8], sys.byteorder)
            case _:
                pass
    return totals


def _add_requests(total: RequestTotal, record: memoryview) -> None:
    counters = memoryview(bytes(record[:_COUNTERS_END])).cast("Q").tolist()
    total.seconds += memoryview(bytes(record[8 * SUM :])).cast("d")[0]
    for bucket in range(NO_STATUS):
        total.by_time[bucket] += counters[bucket]
    if counters[NO_STATUS]:
        total.by_status["none"] += counters[NO_STATUS]
    for status, count in enumerate(counters[NO_STATUS + 1 :], STATUSES.start):
        if count:
            total.by_status[str(status)] += count
