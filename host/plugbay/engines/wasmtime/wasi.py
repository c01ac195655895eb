"""WASI preview 1 for guests, default-deny, as a driver (``wasi.wat``) that any ABI may put beside its own.

No files, environment, arguments or sockets. What a guest writes to stdout and stderr becomes log records, stdin is at
its end. The clock, randomness and sleep are asked of the host, which may refuse: the guest then gets ``notcapable``.
``proc_exit`` ends the call with :class:`~plugbay.errors.GuestExit`.
"""

from __future__ import annotations

from typing import Final

from plugbay.engines.wasmtime.driver import Driver

WASI: Final = "wasi_snapshot_preview1"
"""The module that guests import from."""
WASI_ASKING: Final = frozenset(f"{WASI}.{name}" for name in ("clock_time_get", "poll_oneoff", "random_get"))
"""Imports that may ask the host for something; the driver answers the others alone."""


def wasi_driver() -> Driver:
    """The driver; it goes after the first one, on whose mailbox it relies."""
    return Driver.load("plugbay.engines.wasmtime", "wasi.wat")
