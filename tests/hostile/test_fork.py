"""A forked child is as safe from its guests as the parent, and can load more of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "fork_script.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("cached", [True, False], ids=["with a cache", "without one"])
def test_deadlines_hold_and_modules_compile_in_a_child_forked_in_the_middle_of_calls(
    cache_folder: Path, tmp_path: Path, cached: bool
) -> None:
    # A cache folder that can't be made means compiling each time.
    folder = cache_folder if cached else tmp_path / "file" / "cache"
    (tmp_path / "file").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", SCRIPT],
        env={**os.environ, "PLUGBAY_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr
