from __future__ import annotations

from collections.abc import Sequence

import pytest

from plugbay import Disposition, GuestInstance, Limits, Message, Permissions, SingleCallInstance
from plugbay.errors import ConfigInvalid, GuestTrap, MissingExport, StateConflict
from plugbay.services import HostServices, HttpClient
from plugbay.state import MemoryStore


class Shouter(SingleCallInstance):
    """Shouts, counts in its state, and fails as the payload says."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(HostServices("shouter", Permissions(state=True), Limits(), store, HttpClient()))
        self.closed = False
        self.ran: list[bytes] = []

    def run(self, function: str, payload: bytes) -> bytes:
        if function != "shout":
            raise MissingExport("no such function")
        self.ran.append(payload)
        count = int(self.services.state_get("count") or b"0") + 1
        self.services.state_put("count", b"%d" % count)
        if payload == b"trap":
            self.poisoned = True
            raise GuestTrap("trapped")
        if payload == b"conflict":
            raise StateConflict("lost")
        if payload == b"crash":
            raise RuntimeError("a bug")
        return payload.upper()

    def encode(self, message: Message, port: str) -> tuple[str, bytes]:
        if port != "in":
            raise ConfigInvalid("no such port")
        return "shout", str(message.data["text"]).encode()

    def decode(self, message: Message, output: bytes) -> Sequence[tuple[str, Message]]:
        return [("out", message.set("text", output.decode()))] if output else []

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def shouter(store: MemoryStore) -> Shouter:
    return Shouter(store)


def counted(store: MemoryStore) -> int:
    found = store.get("shouter", "count")
    return int(found.value) if found else 0


def message(text: str) -> Message:
    return Message.new(data={"text": text})


def test_it_is_a_guest_instance(shouter: Shouter) -> None:
    assert isinstance(shouter, GuestInstance)


def test_calls_are_looped_and_each_commits(shouter: Shouter, store: MemoryStore) -> None:
    assert shouter.call("shout", b"a") == b"A"
    assert shouter.call_many("shout", [b"b", b"c"]) == [b"B", b"C"]
    assert counted(store) == 3


def test_a_failed_call_leaves_no_state(shouter: Shouter, store: MemoryStore) -> None:
    with pytest.raises(GuestTrap):
        shouter.call("shout", b"trap")
    with pytest.raises(RuntimeError):
        shouter.call("shout", b"crash")
    with pytest.raises(MissingExport):
        shouter.call("whisper", b"a")
    assert counted(store) == 0


@pytest.mark.parametrize("bad", ["trap", "conflict"])
def test_lists_end_after_a_message_that_poisons_or_lost_a_race(shouter: Shouter, bad: str) -> None:
    results = shouter.call_many("shout", [b"a", bad.encode(), b"b"])
    assert len(results) == 2
    assert shouter.ran[-1] == bad.encode()
    outcomes = Shouter(MemoryStore()).process_many([message("a"), message(bad), message("b")], "in")
    assert [outcome.disposition for outcome in outcomes] == [Disposition.OK, Disposition.ERROR]


def test_other_errors_leave_the_rest_to_run(shouter: Shouter, store: MemoryStore) -> None:
    results = shouter.call_many("whisper", [b"a", b"b"])
    assert [type(result) for result in results] == [MissingExport, MissingExport]
    outcomes = shouter.process_many([message("a")], "in") + shouter.process_many([message("b")], "side")
    assert [type(outcome.error) for outcome in outcomes] == [type(None), ConfigInvalid]
    assert counted(store) == 1


def test_a_typed_message_becomes_an_outcome(shouter: Shouter, store: MemoryStore) -> None:
    outcome = shouter.process(message("hi"), "in")
    assert outcome.messages[0][1].data == {"text": "HI"}
    assert outcome.state_change is not None
    assert outcome.state_change.written == {"count"}
    assert shouter.process(message(""), "in").disposition is Disposition.DROP
    assert counted(store) == 2


def test_a_bug_in_an_adapter_is_not_hidden_and_leaves_no_state(shouter: Shouter, store: MemoryStore) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        shouter.process(message("crash"), "in")
    assert counted(store) == 0
