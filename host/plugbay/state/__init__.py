"""State: what plugins keep between messages, in a store behind one contract."""

from plugbay.state.contract import ABSENT, StateStore, Versioned, check_quota, check_version, entry_bytes
from plugbay.state.memory import MemoryStore
from plugbay.state.sqlite import SqliteStore
from plugbay.state.transaction import StateTransaction
from plugbay.state.url import open_store

__all__ = [
    "ABSENT",
    "MemoryStore",
    "SqliteStore",
    "StateStore",
    "StateTransaction",
    "Versioned",
    "check_quota",
    "check_version",
    "entry_bytes",
    "open_store",
]
