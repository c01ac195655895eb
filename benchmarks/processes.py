"""Starts Python processes as a user's shell would, with byte code kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True, slots=True)
class Processes:
    """Starts this Python with byte code kept in ``folder``, whatever the settings here are."""

    folder: Path

    def run(self, *arguments: str | Path) -> bytes:
        """The standard output of a process; raises when it fails, after its standard error was shown."""
        settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        command: Sequence[str | Path] = [sys.executable, *arguments]
        kept = settings | {"PYTHONPYCACHEPREFIX": str(self.folder)}
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, env=kept).stdout


@contextmanager
def processes() -> Generator[Processes]:
    """Processes with a folder for their byte code that goes away at the end."""
    with TemporaryDirectory() as folder:
        yield Processes(Path(folder))
