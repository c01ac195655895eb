"""Sends messages through one instance and prints by how many bytes resident memory grew after the first 10,000.

    python benchmarks/growth.py call_many 1000000

Run as a process of its own, so that nothing but the plugin's work grows.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from guests import PASSTHROUGH, logging_gear

from plugbay import Disposition, Host, Message

if TYPE_CHECKING:
    from plugbay import Plugin

WARM_UP: Final = 10_000
BATCH: Final = 1000
LINES: Final = 3
_STATM: Final = Path("/proc/self/statm")
_PAGE_BYTES: Final = 4096

Send = Callable[[], int]
"""Sends some messages and says how many."""


def way(name: str, plugin: Plugin) -> Send:
    """One way to send messages to a plugin, by its name."""
    message = Message.new(data={"amount": 1299, "currency": "EUR", "card": {"hash": "4f1a9c", "country": "DE"}})
    payload = message.to_cbor()
    batch = [payload] * BATCH

    def call() -> int:
        assert plugin.call("process", payload) == payload
        return 1

    def call_many() -> int:
        assert plugin.call_many("process", batch)[-1] == payload
        return BATCH

    def process_encoded() -> int:
        results = plugin.process_encoded(batch)
        assert results is not None
        assert results[-1] == payload
        return BATCH

    def process_with_logs() -> int:
        outcome = plugin.process(message)
        assert outcome.disposition is Disposition.OK
        assert len(outcome.logs) == LINES
        return 1

    return {send.__name__: send for send in (call, call_many, process_encoded, process_with_logs)}[name]


WAYS: Final = ("call", "call_many", "process_encoded", "process_with_logs")


def grown(name: str, messages: int) -> int:
    """Bytes by which resident memory is larger at the end than after the first 10,000 messages."""
    gear = logging_gear(LINES) if name == "process_with_logs" else PASSTHROUGH
    with Host() as host, host.load(gear) as plugin:
        send = way(name, plugin)
        _send_all(send, WARM_UP)
        before = resident()
        _send_all(send, messages - WARM_UP)
        return resident() - before


def resident() -> int:
    """Bytes of this process in memory now; what Python could free at once is freed before."""
    gc.collect()
    return int(_STATM.read_text().split()[1]) * _PAGE_BYTES


def _send_all(send: Send, messages: int) -> None:
    while messages > 0:
        messages -= send()


if __name__ == "__main__":
    print(grown(sys.argv[1], int(sys.argv[2])))
