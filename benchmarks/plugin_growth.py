"""Makes plugins and closes them, and prints by how many bytes resident memory grew after the first 500.

    python benchmarks/plugin_growth.py plugbay 10000

Run as a process of its own, so that nothing but the plugins' work grows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from growth import resident
from guests import extism_echo
from peers import extism_plugin

from plugbay import Host

WARM_UP: Final = 500
PAYLOAD: Final = b"card 4f1a9c"
WAYS: Final = ("plugbay", "Extism's SDK")

Make = Callable[[], None]
"""Makes a plugin from bytes, calls it once, and closes it."""


def grown(name: str, plugins: int) -> int:
    """Bytes by which resident memory is larger at the end than after the first 500 plugins."""
    with Host() as host:
        make = {"plugbay": lambda: _ours(host), "Extism's SDK": _theirs}[name]
        _repeat(make, WARM_UP)
        before = resident()
        _repeat(make, plugins - WARM_UP)
        return resident() - before


def _ours(host: Host) -> None:
    with host.load(extism_echo()) as plugin:
        assert plugin.call("process", PAYLOAD) == PAYLOAD


def _theirs() -> None:
    with extism_plugin(extism_echo()) as plugin:
        assert plugin.call("process", PAYLOAD) == PAYLOAD


def _repeat(make: Make, times: int) -> None:
    for _ in range(times):
        make()


if __name__ == "__main__":
    print(grown(sys.argv[1], int(sys.argv[2])))
