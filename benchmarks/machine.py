"""The facts of the machine that figures depend on."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_PACKAGES: Final = ("plugbay", "wasmtime", "extism", "extism-sys", "cbor2", "orjson", "starlette", "uvicorn")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and when figures were taken. ``load`` is the load average of the last minute as the run began."""

    date: str
    cpu: str
    cores: int
    load: float
    system: str
    python: str
    packages: dict[str, str]

    @classmethod
    def now(cls) -> Machine:
        """This machine."""
        return cls(
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            cpu=_cpu(),
            cores=_cores(),
            load=round(os.getloadavg()[0], 2),
            system=f"{platform.system()} {platform.machine()}",
            python=f"{platform.python_implementation()} {platform.python_version()}",
            packages={name: version(name) for name in _PACKAGES},
        )

    def sentence(self) -> str:
        """All of it in one line."""
        packages = ", ".join(f"{name} {number}" for name, number in self.packages.items())
        return (
            f"{self.date}; {self.cpu}, {self.cores} cores, load {self.load} at the start; "
            f"{self.system}, {self.python}; {packages}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
