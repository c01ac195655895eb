"""Serves the shop on a free port, plays a day of customers against it, and stops the server again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import drive

SHOP: Final = Path(__file__).parent


def main() -> int:
    """The exit code of the day."""
    serve = [sys.executable, "-m", "plugbay", "bundle", "serve", str(SHOP), "--port", "0", "--json"]
    with subprocess.Popen(
        [*serve, "--no-access-log", "--queue", "memory:"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        try:
            return drive.play(json.loads(_first_line(server))["url"], drive.CUSTOMERS, drive.SEED)
        finally:
            server.terminate()


def _first_line(server: subprocess.Popen[bytes]) -> bytes:
    assert server.stdout is not None, "it was asked for"
    line = server.stdout.readline()
    if not line:
        sys.exit("day.py: the server did not start; `plugbay bundle serve examples/shop` says why")
    return line


if __name__ == "__main__":
    sys.exit(drive.run(main))
