"""Who holds claimed runs, and whether that process is still there."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_START_TIME: Final = 19
"""Field 22 of /proc/PID/stat (proc_pid_stat(5)), counted from the state, which follows the parenthesised name."""
_DEAD: Final = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class Owner:
    """An engine that claims runs; ``process`` says in which process of which boot, as far as that can be told."""

    token: str
    process: str

    @classmethod
    def of_this_process(cls) -> Owner:
        """A new owner."""
        pid = os.getpid()
        return cls(secrets.token_hex(8), f"{_namespace()} {pid} {_start_of(pid) or '-'}")


def is_certainly_gone(process: str) -> bool:
    """Whether the process of an owner has ended; False when that can't be told, as of another container's.

    A write-ahead log is shared by processes of one machine only, so an owner of another boot is gone.
    """
    namespace, pid, start = process.split(" ")
    if namespace != _namespace():
        return namespace.partition("/")[0] != _namespace().partition("/")[0]
    if start == "-":
        return not _exists(int(pid))
    try:
        return _start_of(int(pid)) != start
    except OSError:
        return False


@cache
def _namespace() -> str:
    """The boot, and which processes can be seen: a container has numbers of its own."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return "-/-"


def _start_of(pid: int) -> str | None:
    """When the process started, in ticks since the boot; None when it has ended, or where there is no /proc.

    Raises ``OSError`` when that can't be told, as without free file descriptors.
    """
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in _DEAD else fields[_START_TIME]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
