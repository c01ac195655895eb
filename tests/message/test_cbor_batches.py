from __future__ import annotations

from typing import TYPE_CHECKING

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugbay.errors import InvalidMessage
from plugbay.message import EntityId, Message, cbor

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_a_batch_is_an_array_of_messages(messages: SearchStrategy[Message], data: st.DataObject) -> None:
    batch = data.draw(st.lists(messages, max_size=4))
    item = cbor2.dumps([]).replace(b"\x80", bytes([0x80 | len(batch)])) + b"".join(m.to_cbor() for m in batch)
    assert cbor.decode_many(item) == batch
    for message in batch:
        assert cbor.decode_many(message.to_cbor()) == [message]


def test_an_error_in_a_batch_says_which_message_it_is() -> None:
    with pytest.raises(InvalidMessage, match="message 1 of the array: flags: expected") as caught:
        cbor.decode_many(cbor2.dumps([{}, {"flags": -1}]))
    assert caught.value.function == "flags"


def test_a_message_of_a_batch_may_nest_as_deep_as_a_single_one() -> None:
    inner: list[object] = []
    for _ in range(29):
        inner = [inner]
    deepest = Message(EntityId(bytes(16)), data={"a": inner})
    assert cbor.decode_many(b"\x81" + deepest.to_cbor()) == [deepest]
