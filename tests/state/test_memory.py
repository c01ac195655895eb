from __future__ import annotations

from plugbay.state import MemoryStore


def test_a_snapshot_is_a_copy() -> None:
    store = MemoryStore()
    store.commit("a", {}, {"k": b"1"}, quota_bytes=10)
    store.snapshot("a").clear()
    assert store.get("a", "k") is not None


def test_closing_forgets_everything_at_once() -> None:
    store = MemoryStore()
    store.commit("a", {}, {"k": b"1"}, quota_bytes=10)
    store.close()
    assert store._namespaces == {}  # pyright: ignore[reportPrivateUsage] # no public name shows what it holds
