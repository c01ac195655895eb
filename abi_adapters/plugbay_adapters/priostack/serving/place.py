"""Which of a server's workers a process is, and where they meet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WorkerPlace:
    """The place of one worker among all; the default is a server that is one process."""

    worker: int = 0
    workers: int = 1
    folder: Path | None = None
    """Where the workers count goals and metrics together; None for one that is alone."""
