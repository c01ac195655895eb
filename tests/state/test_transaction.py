from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given

from plugbay.errors import StateConflict, StateQuotaExceeded
from plugbay.outcome import StateChange
from plugbay.state import MemoryStore, StateTransaction
from plugbay.state.transaction import PROBE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.state import StateStore

QUOTA = 1000


def write(store: StateStore, **values: bytes | None) -> None:
    store.commit("a", {}, values, quota_bytes=QUOTA)


def stored(store: StateStore) -> dict[str, bytes]:
    return {key: found.value for key, found in store.snapshot("a").items()}


@pytest.fixture
def transaction(store: StateStore) -> StateTransaction:
    return StateTransaction(store, "a", QUOTA)


def test_a_message_reads_its_own_writes(transaction: StateTransaction) -> None:
    transaction.put("k", b"1")
    assert transaction.get("k") == b"1"
    transaction.delete("k")
    assert transaction.get("k") is None


def test_nothing_is_stored_before_the_commit(store: StateStore, transaction: StateTransaction) -> None:
    transaction.put("k", b"1")
    assert stored(store) == {}
    assert transaction.commit() == StateChange(written=frozenset({"k"}))
    assert stored(store) == {"k": b"1"}


def test_a_rolled_back_message_leaves_nothing(store: StateStore, transaction: StateTransaction) -> None:
    transaction.put("k", b"1")
    transaction.rollback()
    assert not transaction.touched
    assert transaction.get("k") is None
    assert transaction.commit() is None
    assert stored(store) == {}


def test_the_change_names_what_was_written_and_deleted(store: StateStore, transaction: StateTransaction) -> None:
    write(store, old=b"1")
    transaction.delete("old")
    transaction.put("new", b"2")
    assert transaction.commit() == StateChange(written=frozenset({"new"}), deleted=frozenset({"old"}))
    assert stored(store) == {"new": b"2"}


def test_a_snapshot_sees_the_store_and_the_own_writes(store: StateStore, transaction: StateTransaction) -> None:
    write(store, kept=b"1", changed=b"1", deleted=b"1")
    transaction.get("missing")
    transaction.put("changed", b"2")
    transaction.put("new", b"3")
    transaction.delete("deleted")
    assert transaction.snapshot() == {"kept": b"1", "changed": b"2", "new": b"3"}


def test_reads_repeat_whatever_others_write(store: StateStore, transaction: StateTransaction) -> None:
    write(store, k=b"1")
    assert transaction.get("k") == b"1"
    assert transaction.get("later") is None
    write(store, k=b"2", later=b"2")
    assert transaction.get("k") == b"1"
    assert transaction.get("later") is None
    assert transaction.snapshot() == {"k": b"1"}


def test_a_write_that_rests_on_a_changed_key_is_refused(store: StateStore, transaction: StateTransaction) -> None:
    write(store, k=b"1")
    transaction.get("k")
    transaction.put("sum", b"1")
    write(store, k=b"2")
    with pytest.raises(StateConflict):
        transaction.commit()
    assert stored(store) == {"k": b"2"}
    assert not transaction.touched


def test_a_write_that_rests_on_a_missing_key_is_refused_once_it_exists(
    store: StateStore, transaction: StateTransaction
) -> None:
    transaction.get("k")
    transaction.put("k", b"first")
    write(store, k=b"other")
    with pytest.raises(StateConflict):
        transaction.commit()
    assert stored(store) == {"k": b"other"}


def test_after_a_snapshot_a_key_created_by_another_is_not_overwritten(
    store: StateStore, transaction: StateTransaction
) -> None:
    transaction.snapshot()
    transaction.put("k", b"mine")
    write(store, k=b"theirs")
    with pytest.raises(StateConflict):
        transaction.commit()


def test_after_a_snapshot_a_key_asked_for_and_missing_is_checked(
    store: StateStore, transaction: StateTransaction
) -> None:
    transaction.snapshot()
    write(store, k=b"theirs")
    assert transaction.get("k") is None
    transaction.put("other", b"rests on k")
    with pytest.raises(StateConflict):
        transaction.commit()


def test_after_a_snapshot_a_key_created_beside_it_conflicts(store: StateStore, transaction: StateTransaction) -> None:
    transaction.snapshot()
    transaction.put("mine", b"1")
    write(store, theirs=b"1")
    with pytest.raises(StateConflict):
        transaction.commit()
    transaction.snapshot()
    transaction.put("mine", b"1")
    transaction.commit()
    assert stored(store) == {"mine": b"1", "theirs": b"1"}


def test_a_blind_write_takes_what_was_there(store: StateStore, transaction: StateTransaction) -> None:
    transaction.put("k", b"mine")
    write(store, k=b"theirs")
    transaction.commit()
    assert stored(store) == {"k": b"mine"}


def test_a_message_that_only_read_commits_nothing(store: StateStore, transaction: StateTransaction) -> None:
    write(store, k=b"1")
    transaction.get("k")
    write(store, k=b"2")
    assert transaction.commit() is None
    assert transaction.get("k") == b"2"


def test_writing_what_was_read_is_no_change(store: StateStore, transaction: StateTransaction) -> None:
    write(store, k=b"1")
    before = store.snapshot("a")
    transaction.get("missing")
    transaction.delete("missing")
    transaction.put("k", transaction.get("k") or b"")
    assert transaction.commit() is None
    assert store.snapshot("a") == before
    transaction.snapshot()
    transaction.delete("other")
    assert transaction.commit() is None


def test_pending_writes_are_bounded_by_the_quota_at_once(transaction: StateTransaction) -> None:
    transaction.put("k", b"x" * (QUOTA - 1))
    with pytest.raises(StateQuotaExceeded) as caught:
        transaction.put("j", b"")
    assert caught.value.plugin == "a"
    assert transaction.get("j") is None
    transaction.put("k", b"small")
    transaction.put("j", b"x" * (QUOTA - 7))
    assert transaction.get("k") == b"small"


def test_the_store_judges_the_whole_at_commit(store: StateStore, transaction: StateTransaction) -> None:
    write(store, k=b"x" * 900)
    transaction.put("j", b"x" * 900)
    with pytest.raises(StateQuotaExceeded):
        transaction.commit()
    assert stored(store).keys() == {"k"}


def remember(step: Callable[[str], object]) -> None:
    for number in range(PROBE_BYTES):
        step(f"{'k' * 500}{number}")


def test_a_message_can_not_make_the_host_remember_endless_missing_keys(transaction: StateTransaction) -> None:
    def toggle(key: str) -> None:
        transaction.put(key, b"")
        transaction.delete(key)

    for step in (transaction.get, transaction.delete, toggle):
        with pytest.raises(StateQuotaExceeded):
            remember(step)
        transaction.rollback()
    assert not transaction.touched


def test_one_key_may_be_written_and_deleted_any_number_of_times(transaction: StateTransaction) -> None:
    for _ in range(PROBE_BYTES // 64 + 10):
        transaction.put("k", b"")
        transaction.delete("k")
    assert transaction.get("k") is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["get", "put", "delete", "snapshot", "commit", "rollback"]),
        st.sampled_from("abc"),
        st.binary(max_size=2),
    ),
    max_size=25,
)


@given(steps=STEPS)
def test_a_transaction_behaves_like_a_copied_dict(steps: list[tuple[str, str, bytes]]) -> None:
    store = MemoryStore()
    transaction = StateTransaction(store, "a", QUOTA)
    committed: dict[str, bytes] = {}
    current: dict[str, bytes] = {}
    for step, key, value in steps:
        if step == "get":
            assert transaction.get(key) == current.get(key)
        elif step == "put":
            transaction.put(key, value)
            current[key] = value
        elif step == "delete":
            transaction.delete(key)
            current.pop(key, None)
        elif step == "snapshot":
            assert transaction.snapshot() == current
        elif step == "commit":
            transaction.commit()
            committed = dict(current)
        else:
            transaction.rollback()
            current = dict(committed)
        assert stored(store) == committed
