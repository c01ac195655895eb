"""What every state store must do; runs against each of them."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from plugbay.errors import CallError, ConfigInvalid, PluginClosed, StateConflict, StateQuotaExceeded
from plugbay.state import StateStore, Versioned, entry_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

QUOTA = 1000


def put(store: StateStore, writes: Mapping[str, bytes | None], namespace: str = "a", quota: int = QUOTA) -> None:
    store.commit(namespace, {}, writes, quota_bytes=quota)


def version(store: StateStore, key: str) -> int:
    found = store.get("a", key)
    assert found is not None
    return found.version


def test_a_store_keeps_the_contract(store: StateStore) -> None:
    assert isinstance(store, StateStore)


def test_what_was_never_written_is_none(store: StateStore) -> None:
    assert store.get("a", "k") is None
    assert store.snapshot("a") == {}
    assert store.namespaces() == []


def test_a_written_value_is_read_back_with_a_version_above_zero(store: StateStore) -> None:
    put(store, {"k": b"v"})
    found = store.get("a", "k")
    assert found is not None
    assert found.value == b"v"
    assert found.version > 0
    assert store.snapshot("a") == {"k": found}


def test_namespaces_see_nothing_of_each_other(store: StateStore) -> None:
    put(store, {"k": b"1"}, "a")
    put(store, {"k": b"2", "other": b"3"}, "b")
    assert {key: found.value for key, found in store.snapshot("a").items()} == {"k": b"1"}
    assert store.get("a", "other") is None
    assert store.namespaces() == ["a", "b"]


def test_a_namespace_without_keys_is_not_listed(store: StateStore) -> None:
    put(store, {"": b""})
    assert store.namespaces() == ["a"]
    put(store, {"": None})
    assert store.namespaces() == []


@pytest.mark.parametrize("key", ["", "a\x00b", "naïve", "鍵", "\U0001f511", "e\u0301", "é", " ", "%_'\"--", "k" * 900])
def test_any_unicode_text_is_a_key_of_its_own(store: StateStore, key: str) -> None:
    put(store, {"a": b"other", key: b"mine"})
    assert store.snapshot("a").keys() == {"a", key}
    found = store.get("a", key)
    assert found is not None
    assert found.value == b"mine"


@pytest.mark.parametrize("value", [b"", b"\x00", bytes(range(256)), "é".encode("latin-1")])
def test_any_bytes_are_a_value(store: StateStore, value: bytes) -> None:
    put(store, {"k": value})
    assert {key: found.value for key, found in store.snapshot("a").items()} == {"k": value}


def test_a_lone_surrogate_is_no_key(store: StateStore) -> None:
    with pytest.raises(ConfigInvalid, match="not Unicode text"):
        put(store, {"\ud800": b""})
    assert store.namespaces() == []


def test_a_commit_that_expects_the_current_versions_goes_through(store: StateStore) -> None:
    put(store, {"k": b"1"})
    store.commit("a", {"k": version(store, "k"), "missing": 0}, {"k": b"2"}, quota_bytes=QUOTA)
    found = store.get("a", "k")
    assert found is not None
    assert found.value == b"2"


def test_a_commit_that_expects_another_version_stores_nothing_at_all(store: StateStore) -> None:
    put(store, {"k": b"1"})
    seen = version(store, "k")
    put(store, {"k": b"2"})
    before = store.snapshot("a")
    with pytest.raises(StateConflict) as caught:
        store.commit("a", {"k": seen}, {"j": b"new", "k": b"3"}, quota_bytes=QUOTA)
    assert store.snapshot("a") == before
    assert caught.value.plugin == "a"
    assert (caught.value.expected, caught.value.found) == (seen, version(store, "k"))


def test_a_key_read_as_missing_conflicts_with_its_creation(store: StateStore) -> None:
    put(store, {"k": b"1"})
    with pytest.raises(StateConflict):
        store.commit("a", {"k": 0}, {"j": b""}, quota_bytes=QUOTA)


def test_a_key_read_as_present_conflicts_with_its_deletion(store: StateStore) -> None:
    put(store, {"k": b"1"})
    seen = version(store, "k")
    put(store, {"k": None})
    with pytest.raises(StateConflict):
        store.commit("a", {"k": seen}, {"k": b"2"}, quota_bytes=QUOTA)


def test_a_complete_commit_conflicts_with_a_key_that_another_writer_added(store: StateStore) -> None:
    put(store, {"k": b"1", "gone": b"2"})
    put(store, {"gone": None})
    seen = {"k": version(store, "k"), "missing": 0}
    store.commit("a", seen, {"k": b"2"}, quota_bytes=QUOTA, complete=True)
    seen["k"] = version(store, "k")
    put(store, {"new": b""})
    with pytest.raises(StateConflict, match="1 state keys first"):
        store.commit("a", seen, {"k": b"3"}, quota_bytes=QUOTA, complete=True)
    store.commit("a", seen, {"k": b"3"}, quota_bytes=QUOTA)


def test_a_complete_commit_looks_at_its_own_namespace_only(store: StateStore) -> None:
    put(store, {"k": b"1"}, namespace="b")
    store.commit("a", {}, {"k": b"1"}, quota_bytes=QUOTA, complete=True)
    with pytest.raises(StateConflict):
        store.commit("a", {}, {"j": b"1"}, quota_bytes=QUOTA, complete=True)


def test_a_key_deleted_and_made_again_never_gets_an_old_version(store: StateStore) -> None:
    seen: list[int] = []
    for _ in range(5):
        put(store, {"k": b"same"})
        seen.append(version(store, "k"))
        put(store, {"k": None})
    assert seen == sorted(set(seen))


def test_deleting_a_missing_key_is_fine(store: StateStore) -> None:
    put(store, {"k": None})
    assert store.snapshot("a") == {}


def test_the_quota_counts_utf8_bytes_of_keys_and_values(store: StateStore) -> None:
    put(store, {"é": b"123"}, quota=5)
    with pytest.raises(StateQuotaExceeded) as caught:
        put(store, {"x": b""}, quota=5)
    assert (caught.value.limit, caught.value.expected, caught.value.found) == ("state_bytes", 5, 6)
    assert store.get("a", "x") is None


def test_room_freed_in_the_same_commit_counts(store: StateStore) -> None:
    put(store, {"old": b"12"}, quota=5)
    put(store, {"old": None, "new": b"12"}, quota=5)
    put(store, {"new": b"1"}, quota=5)
    put(store, {"x": b""}, quota=5)
    assert store.snapshot("a").keys() == {"new", "x"}


def test_each_namespace_has_its_own_quota(store: StateStore) -> None:
    put(store, {"k": b"1234"}, "a", quota=5)
    put(store, {"k": b"1234"}, "b", quota=5)
    assert store.namespaces() == ["a", "b"]


def test_over_a_lowered_quota_only_shrinking_is_allowed(store: StateStore) -> None:
    put(store, {"k": b"12345", "j": b"12345"})
    put(store, {"k": b"123"}, quota=1)
    with pytest.raises(StateQuotaExceeded):
        put(store, {"k": b"1234"}, quota=1)
    put(store, {"k": None, "j": None}, quota=1)
    assert store.namespaces() == []


def test_a_closed_store_says_so_and_closes_twice(store: StateStore) -> None:
    store.close()
    store.close()
    for use in (lambda: store.get("a", "k"), lambda: store.snapshot("a"), store.namespaces, lambda: put(store, {})):
        with pytest.raises(PluginClosed):
            use()


def test_threads_that_retry_on_conflict_lose_no_increment(store: StateStore) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(50):
                increment(store)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = store.get("a", "n")
    assert found is not None
    assert found.value == b"200"


def increment(store: StateStore) -> None:
    while True:
        found = store.get("a", "n") or Versioned(b"0", 0)
        try:
            store.commit("a", {"n": found.version}, {"n": b"%d" % (int(found.value) + 1)}, quota_bytes=QUOTA)
        except StateConflict:
            continue
        return


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_store_works_on_both_sides_of_a_fork(store: StateStore) -> None:
    put(store, {"k": b"before"})
    pid = os.fork()
    if pid == 0:
        # The child reports by its exit code alone, so that nothing of pytest runs twice.
        code = 1
        try:
            found = store.get("a", "k")
            put(store, {"child": b"1"})
            if found is not None and found.value == b"before" and store.get("a", "child") is not None:
                code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    put(store, {"k": b"after"})
    found = store.get("a", "k")
    assert found is not None
    assert found.value == b"after"


def test_an_entry_counts_its_utf8_bytes() -> None:
    assert entry_bytes("", b"") == 0
    assert entry_bytes("key", b"value") == 8
    assert entry_bytes("鍵", b"\xff") == 4


def test_store_errors_are_errors_of_one_call() -> None:
    assert issubclass(StateConflict, CallError)
    assert issubclass(StateQuotaExceeded, CallError)
