"""Every store against a plain dict, step by step, with random commits."""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from plugbay.errors import StateConflict, StateQuotaExceeded
from plugbay.state import MemoryStore, SqliteStore, StateStore, Versioned

NAMES = st.sampled_from(["a", "b"])
KEYS = st.sampled_from(["", "k", "é", "long key"]) | st.text(max_size=3)
WRITES = st.dictionaries(KEYS, st.none() | st.binary(max_size=8), max_size=4)


def size(values: dict[str, bytes]) -> int:
    return sum(len(key.encode()) + len(value) for key, value in values.items())


class StoresAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.stores: list[StateStore] = [MemoryStore(), SqliteStore(Path(self.folder.name) / "state.db")]
        self.model: dict[str, dict[str, bytes]] = {"a": {}, "b": {}}
        self.highest: list[dict[tuple[str, str], int]] = [{} for _ in self.stores]
        self.seen: list[dict[str, dict[str, Versioned]]] = [{"a": {}, "b": {}} for _ in self.stores]
        self.known: dict[str, set[str]] = {"a": set(), "b": set()}
        self.changed: dict[str, set[str]] = {"a": set(), "b": set()}

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.folder.cleanup()

    @rule(namespace=NAMES)
    def remember_a_snapshot(self, namespace: str) -> None:
        for store, seen in zip(self.stores, self.seen, strict=True):
            seen[namespace] = store.snapshot(namespace)
        self.known[namespace] = set(self.model[namespace])
        self.changed[namespace] = set()

    @rule(
        namespace=NAMES,
        writes=WRITES,
        reads=st.sets(KEYS, max_size=3),
        quota=st.sampled_from([10, 30, 1000]),
        complete=st.booleans(),
    )
    def commit(
        self, namespace: str, writes: dict[str, bytes | None], reads: set[str], quota: int, complete: bool
    ) -> None:
        old = self.model[namespace]
        merged: dict[str, bytes | None] = {**old, **writes}
        new = {key: value for key, value in merged.items() if value is not None}
        wanted: type[Exception] | None = None
        known = self.known[namespace]
        if complete:
            reads = reads | known
        if reads & known & self.changed[namespace] or (reads - known) & old.keys() or (complete and old.keys() - reads):
            wanted = StateConflict
        elif size(new) > quota and size(new) > size(old):
            wanted = StateQuotaExceeded
        for store, seen in zip(self.stores, self.seen, strict=True):
            expected = {key: seen[namespace][key].version if key in seen[namespace] else 0 for key in reads}
            raised: type[Exception] | None = None
            try:
                store.commit(namespace, expected, writes, quota_bytes=quota, complete=complete)
            except (StateConflict, StateQuotaExceeded) as error:
                raised = type(error)
            assert raised is wanted
        if wanted is None:
            self.model[namespace] = new
            self.changed[namespace] |= {key for key in writes if key in old or key in new}

    @invariant()
    def each_store_holds_what_the_model_holds(self) -> None:
        for store in self.stores:
            assert store.namespaces() == sorted(name for name, values in self.model.items() if values)
            for namespace, values in self.model.items():
                snapshot = store.snapshot(namespace)
                assert {key: found.value for key, found in snapshot.items()} == values
                assert all(store.get(namespace, key) == found for key, found in snapshot.items())

    @invariant()
    def versions_never_go_back(self) -> None:
        for store, highest in zip(self.stores, self.highest, strict=True):
            for namespace in self.model:
                for key, found in store.snapshot(namespace).items():
                    assert found.version >= highest.get((namespace, key), 1)
                    highest[namespace, key] = found.version


StoresAgainstModel.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestStoresAgainstModel = StoresAgainstModel.TestCase
