"""The reader of heads: which rule bytes break, where, and never more than they do."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import InvalidMessage
from plugbay.message import Message
from plugbay_conformance.fluxrig.wire import MAX_DEPTH, Rule, flaws_of

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_what_a_good_encoder_writes_breaks_no_rule(value: object) -> None:
    assert flaws_of(cbor2.dumps(value)) == ()


@given(PLAIN, st.data())
def test_what_is_cut_off_is_no_item(value: object, data: st.DataObject) -> None:
    encoded = cbor2.dumps(value)
    cut = encoded[: data.draw(st.integers(0, len(encoded) - 1))]
    assert Rule.ITEM in {flaw.rule for flaw in flaws_of(cut)}


@given(st.binary(max_size=60))
def test_any_bytes_are_read_and_what_the_messages_own_reader_takes_has_no_flaw(data: bytes) -> None:
    flaws = {flaw.rule for flaw in flaws_of(data)}
    try:
        Message.from_cbor(data)
    except InvalidMessage:
        return
    assert flaws <= {Rule.PREFERRED}


@pytest.mark.parametrize(
    ("digits", "rule", "offset"),
    [
        ("", Rule.ITEM, 0),
        ("01 02", Rule.ITEM, 1),
        ("1c", Rule.ITEM, 0),
        ("ff", Rule.ITEM, 0),
        ("81 ff", Rule.ITEM, 1),
        ("bf 6161 ff", Rule.ITEM, 3),
        ("5f 6161 ff", Rule.ITEM, 1),
        ("5f 5f ff ff", Rule.ITEM, 1),
        ("f8 18", Rule.ITEM, 0),
        ("1f", Rule.ITEM, 0),
        ("9b ffffffffffffffff 01", Rule.ITEM, 10),
        ("63 61c328", Rule.UTF8, 2),
        ("7f 61c3 61a4 ff", Rule.UTF8, 2),
        ("a1 61ff 01", Rule.UTF8, 2),
        ("a2 6161 01 6161 02", Rule.KEYS, 4),
        ("bf 6161 01 7f 6161 ff 02 ff", Rule.KEYS, 4),
        ("a1 01 02", Rule.KEYS, 1),
        ("81 a1 4161 02", Rule.KEYS, 2),
        ("c0 6161", Rule.PLAIN, 0),
        ("f7", Rule.PLAIN, 0),
        ("f8 ff", Rule.PLAIN, 0),
        ("3b 8000000000000000", Rule.PLAIN, 0),
        ("18 17", Rule.PREFERRED, 0),
        ("79 0001 61", Rule.PREFERRED, 0),
        ("9f ff", Rule.PREFERRED, 0),
        ("81 1b 00000000ffffffff", Rule.PREFERRED, 1),
    ],
)
def test_each_rule_is_told_with_its_place(digits: str, rule: Rule, offset: int) -> None:
    flaws = flaws_of(bytes.fromhex(digits))
    assert (rule, offset) in {(flaw.rule, flaw.offset) for flaw in flaws}
    assert {flaw.rule for flaw in flaws} <= {rule, Rule.PREFERRED}


@pytest.mark.parametrize(
    "digits", ["f9 3e00", "fa 47c35000", "3b 7fffffffffffffff", "1b ffffffffffffffff", "f4", "60", "a0"]
)
def test_what_a_message_may_hold_is_no_flaw(digits: str) -> None:
    assert flaws_of(bytes.fromhex(digits)) == ()


def test_containers_are_counted_from_the_outermost() -> None:
    assert flaws_of(b"\x81" * MAX_DEPTH + b"\x01") == ()
    (flaw,) = flaws_of(b"\x81" * (MAX_DEPTH + 1) + b"\x01")
    assert (flaw.rule, flaw.offset) == (Rule.DEPTH, MAX_DEPTH)


@pytest.mark.parametrize("opening", [b"\x81", b"\x9f", b"\xa1\x61k", b"\xc6"])
def test_deep_nesting_is_read_without_recursion(opening: bytes) -> None:
    flaws = flaws_of(opening * 100_000)
    assert flaws
    assert len(flaws) <= 101


@given(st.binary(max_size=40))
def test_what_keeps_the_rules_can_be_decoded(data: bytes) -> None:
    if {flaw.rule for flaw in flaws_of(data)} <= {Rule.PREFERRED}:
        cbor2.loads(data)


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x61k"])
def test_depth_is_told_also_where_the_search_ends(opening: bytes) -> None:
    assert {flaw.rule for flaw in flaws_of(opening * 60_000 + b"\x01")} == {Rule.DEPTH}
