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
    python, plugbay = _beside_us("python"), _beside_us("plugbay")
    steps = (
        (python, str(HERE / "generate.py"), *generate),
        (plugbay, "run", str(HERE / "fraud.wasm"), "--in", str(payments), "--out", str(scored),
         "--failures", str(rejected)),
        (python, str(HERE / "report.py"), str(scored), "--failures", str(rejected)),
    )  # fmt: skip
    for step in steps:
        print(f"\n$ {' '.join(map(_shown, step))}", flush=True)
        code = subprocess.run(step, check=False).returncode
        if code:
            return code
    return 0


def _beside_us(command: str) -> str:
    """The command of the virtual environment that runs this script."""
    return str(Path(sys.executable).with_name(command))


def _shown(part: str) -> str:
    """A path as it is typed from here, if that is shorter."""
    return min(part, os.path.relpath(part), key=len) if part.startswith("/") else part


if __name__ == "__main__":
    sys.exit(main())
