"""The demo: make a day of card payments, run the fraud gear over it, show what happened.

Each step is a command that you can run yourself; it is printed before it runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run the three steps; the first that fails ends the demo with its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/demo"), help="where the streams go")
    parser.add_argument("--count", type=int, default=12_000, help="how many payments")
    parser.add_argument("--seed", type=int, default=2026, help="of the random payments")
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    payments, scored, rejected = (folder / name for name in ("payments.cbor", "scored.ndjson", "rejected.ndjson"))
    generate = ["--format", "cbor", "--count", str(options.count), "--seed", str(options.seed), "--out", str(payments)]
    steps = (
        ("python", str(HERE / "generate.py"), *generate),
        ("plugbay", "run", str(HERE / "fraud.wasm"), "--in", str(payments), "--out", str(scored),
         "--failures", str(rejected)),
        ("python", str(HERE / "report.py"), str(scored), "--failures", str(rejected)),
    )  # fmt: skip
    for step in steps:
        code = _run(step)
        if code:
            return code
    return 0


def _run(step: tuple[str, ...]) -> int:
    shown = " ".join(os.path.relpath(part) if part.startswith("/") else part for part in step)
    print(f"\n$ {shown}", flush=True)
    command = [sys.executable, *(("-m", "plugbay") if step[0] == "plugbay" else ()), *step[1:]]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
