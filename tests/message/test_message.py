from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plugbay.message
from plugbay.errors import InvalidMessage
from plugbay.message import EntityType, Message
from plugbay.message.identifier import NIL_ID, entity_type

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def test_the_public_names_are_sorted_and_exist() -> None:
    names = plugbay.message.__all__
    assert list(names) == sorted(names)
    assert all(hasattr(plugbay.message, name) for name in names)


def test_a_new_message_has_an_id_of_its_own_and_the_present_time() -> None:
    before = time.time_ns()
    one, other = Message.new({"amount": 12}, {"conn.id": "7"}, trace="ab", flags=1, raw=b"r"), Message.new()
    assert before <= one.ts <= time.time_ns()
    assert entity_type(one.id) is EntityType.MESSAGE
    assert one.id < other.id
    assert (one.data, one.meta, one.trace, one.flags, one.raw) == ({"amount": 12}, {"conn.id": "7"}, "ab", 1, b"r")
    assert (other.data, other.meta, other.ref_id, other.src_id, other.raw, other.path) == (
        {},
        {},
        NIL_ID,
        NIL_ID,
        None,
        None,
    )


def test_a_message_can_not_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Message.new().flags = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue] # the point of the test


def test_get_follows_the_dotted_path() -> None:
    message = Message.new({"card": {"pan": "4111", "none": None}, "list": [1]})
    assert message.get("card.pan") == "4111"
    assert message.get("card") == {"pan": "4111", "none": None}
    assert message.get("card.none", "default") is None


@pytest.mark.parametrize("path", ["missing", "card.missing", "card.pan.deeper", "list.0", ""])
def test_get_gives_the_default_where_the_path_leads_nowhere(path: str) -> None:
    message = Message.new({"card": {"pan": "4111"}, "list": [1]})
    assert message.get(path) is None
    assert message.get(path, 5) == 5


def test_set_copies_only_the_maps_on_the_path() -> None:
    original = Message.new({"card": {"pan": "4111"}, "shop": {"id": 1}})
    changed = original.set("card.pan", "****")
    assert original.data == {"card": {"pan": "4111"}, "shop": {"id": 1}}
    assert changed.data == {"card": {"pan": "****"}, "shop": {"id": 1}}
    assert changed.data["shop"] is original.data["shop"]
    assert dataclasses.replace(changed, data=original.data) == original


def test_set_makes_the_maps_that_are_missing() -> None:
    assert Message.new().set("a.b.c", 1).data == {"a": {"b": {"c": 1}}}


def test_set_names_what_is_in_the_way() -> None:
    with pytest.raises(InvalidMessage, match=r"data\.card\.pan is in the way") as caught:
        Message.new({"card": {"pan": "4111"}}).set("card.pan.digits", 4)
    assert (caught.value.function, caught.value.found) == ("data.card.pan", "str")


@given(data=st.data(), path=st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join))
def test_what_was_set_is_what_get_gives(plain_values: SearchStrategy[object], data: st.DataObject, path: str) -> None:
    value = data.draw(plain_values)
    assert Message.new({"z": 1}).set(path, value).get(path) == value
