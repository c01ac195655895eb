"""Messages leave nothing behind: resident memory stops growing after the first 10,000."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MEGABYTE = 1_000_000
SCRIPT = Path(__file__).parents[1] / "benchmarks" / "growth.py"

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc, which only Linux has"
)


@pytest.mark.parametrize(
    ("way", "messages"),
    [("call_many", 300_000), ("call", 100_000), ("process_encoded", 200_000), ("process_with_logs", 30_000)],
)
def test_memory_grows_by_less_than_five_megabytes(way: str, messages: int) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, way, str(messages)], capture_output=True, check=False, timeout=60, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 5 * MEGABYTE
