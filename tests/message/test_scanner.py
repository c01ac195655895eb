from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plugbay.message.scanner as scanner_module
from plugbay.errors import InvalidMessage, PluginClosed
from plugbay.message import Message, cbor
from plugbay.message.scanner import Kind, Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import SearchStrategy

FOLDER = Path(scanner_module.__file__).parent
EMPTY = bytes.fromhex("a0")


@pytest.fixture(scope="module")
def scanner() -> Iterator[Scanner]:
    with Scanner() as scanner:
        yield scanner


def accepted(data: bytes) -> Kind | None:
    """What the Python side says of these bytes."""
    many = bool(data) and data[0] >> 5 == 4
    try:
        cbor.decode_many(data)
    except InvalidMessage:
        return None
    return Kind.MESSAGES if many else Kind.MESSAGE


def scanned(scanner: Scanner, data: bytes) -> Kind | None:
    """What the scanner says of these bytes, in the same terms."""
    scan = scanner.scan(data)
    if list(scan.ends) != [len(data)]:
        return None
    kind = Kind(scan.kinds[0])
    return kind if kind in (Kind.MESSAGE, Kind.MESSAGES) else None


shared_scanner = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@settings(shared_scanner, max_examples=1000)
@given(data=st.data())
def test_the_scanner_and_decode_agree_on_what_is_nearly_a_message(
    scanner: Scanner, near_messages: SearchStrategy[bytes], data: st.DataObject
) -> None:
    item = data.draw(near_messages)
    kind = scanned(scanner, item)
    assert kind == accepted(item), item.hex()
    if kind is Kind.MESSAGE:
        assert repr(cbor.decode_scanned(item)) == repr(cbor.decode(item))


@settings(shared_scanner, max_examples=500)
@given(data=st.data())
def test_they_agree_on_mutated_messages(
    scanner: Scanner, messages: SearchStrategy[Message], data: st.DataObject
) -> None:
    item = bytearray(data.draw(messages).to_cbor())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(item) - 1))
        item[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
        if not item:
            break
    assert scanned(scanner, bytes(item)) == accepted(bytes(item)), item.hex()


@settings(shared_scanner, max_examples=300)
@given(item=st.binary(max_size=60))
def test_they_agree_on_random_bytes(scanner: Scanner, item: bytes) -> None:
    assert scanned(scanner, item) == accepted(item)


def nested(depth: int) -> bytes:
    """A message whose data nests to that many containers, the message counted."""
    inner: object = []
    for _ in range(depth - 3):
        inner = [inner]
    return cbor2.dumps({"data": {"a": inner}})


def text_message(size: int) -> bytes:
    return cbor2.dumps({"raw": b"r" * 100, "meta": {"m": "ü" * 50}, "data": {"k": "x" * (size - 100 - 101 - 1)}})


def keys(count: int, last: str) -> bytes:
    pairs = b"".join(cbor2.dumps(f"key-number-{number:06}") + b"\x01" for number in range(count))
    return b"\xa1\x64data\xbf" + pairs + cbor2.dumps(last) + b"\x01\xff"


HOP = {"g": bytes(16), "p": bytes(16), "t": 1}
BORDERS = [
    (nested(32), Kind.MESSAGE),
    (nested(33), Kind.NESTING),
    (b"\x81" + nested(32), Kind.MESSAGES),
    (b"\x81" + nested(33), Kind.NESTING),
    (b"\x80", Kind.MESSAGES),
    (b"\x81\x00", Kind.OTHER),
    (b"\x00", Kind.OTHER),
    (cbor2.dumps({"path": [HOP] * 64}), Kind.MESSAGE),
    (cbor2.dumps({"path": [HOP] * 65}), Kind.HOPS),
    (text_message(2 * 1024 * 1024), Kind.MESSAGE),
    (text_message(2 * 1024 * 1024 + 1), Kind.MESSAGE_SIZE),
    (b"\x82" + EMPTY + text_message(2 * 1024 * 1024 + 1), Kind.MESSAGE_SIZE),
    (b"\x82" + text_message(1500000) + text_message(1500000), Kind.MESSAGES),
    (cbor2.dumps({"data": {"k": b"x" * 2**21}}), Kind.MESSAGE),
    (keys(40, "key-number-x"), Kind.MESSAGE),
    (keys(40, "key-number-000007"), Kind.DUPLICATE_KEY),
    (keys(16, "key-number-000000"), Kind.DUPLICATE_KEY),
    (keys(17, "key-number-000000"), Kind.DUPLICATE_KEY),
    (keys(2, "key-number-000001"), Kind.DUPLICATE_KEY),
    (b"\xbf\x62id\x50" + bytes(16) + b"\x7f\x61i\x61d\xff\x50" + bytes(16) + b"\xff", Kind.DUPLICATE_KEY),
    (bytes.fromhex("a17f626964ff5f4801010101010101014801010101010101 01ff"), Kind.MESSAGE),
    (cbor2.dumps({"flags": 2**32 - 1}), Kind.MESSAGE),
    (cbor2.dumps({"flags": 2**32}), Kind.FIELD_TYPE),
    (cbor2.dumps({"flags": True}), Kind.FIELD_TYPE),
    (cbor2.dumps({"ts": -(2**63)}), Kind.MESSAGE),
    (cbor2.dumps({"ts": 2**63}), Kind.FIELD_TYPE),
    (cbor2.dumps({"ts": 1.0}), Kind.FIELD_TYPE),
    (cbor2.dumps({"id": None}), Kind.FIELD_TYPE),
    (cbor2.dumps({"id": bytes(15)}), Kind.FIELD_TYPE),
    (cbor2.dumps({"trace": None}), Kind.FIELD_TYPE),
    (cbor2.dumps({"meta": {"a": 1}}), Kind.FIELD_TYPE),
    (cbor2.dumps({"path": [None]}), Kind.FIELD_TYPE),
    (cbor2.dumps({"meta": None, "data": None, "raw": None, "path": None}), Kind.MESSAGE),
    (cbor2.dumps({1: 2}), Kind.KEY_TYPE),
    (cbor2.dumps({"x": {1: 2}}), Kind.KEY_TYPE),
    (b"\xa1\x61x\xf7", Kind.SIMPLE_VALUE),
    (b"\xa1\x61x\xc1\x00", Kind.TAG),
    (b"\xa1\x61x\x3b\x80" + bytes(7), Kind.INTEGER_RANGE),
    (b"\xa1\x61x\x61\xff", Kind.UTF8),
    (b"\xa1\x61x\x7f\x61\xc3\x61\xa9\xff", Kind.UTF8),
]


@pytest.mark.parametrize(("item", "kind"), BORDERS)
def test_each_border_of_the_rules_is_where_decode_has_it(scanner: Scanner, item: bytes, kind: Kind) -> None:
    scan = scanner.scan(item)
    assert list(scan.ends) == [len(item)]
    assert Kind(scan.kinds[0]) is kind
    assert accepted(item) == (kind if kind in (Kind.MESSAGE, Kind.MESSAGES) else None)


def test_every_kind_has_a_case() -> None:
    assert {kind for _, kind in BORDERS} | {Kind.ITEM_SIZE} == set(Kind)


@settings(shared_scanner, max_examples=100)
@given(data=st.data())
def test_items_of_a_sequence_are_cut_exactly_and_a_cut_one_is_incomplete(
    scanner: Scanner, near_messages: SearchStrategy[bytes], data: st.DataObject
) -> None:
    items = data.draw(st.lists(near_messages, min_size=1, max_size=6))
    kinds = [scanner.scan(item).kinds[0] for item in items]
    scan = scanner.scan(b"".join(items))
    starts = [0, *scan.ends[:-1]]
    assert [b"".join(items)[start:end] for start, end in zip(starts, scan.ends, strict=True)] == items
    assert list(scan.kinds) == kinds
    whole = b"".join(items[:-1])
    cut = data.draw(st.integers(0, len(items[-1]) - 1))
    scan = scanner.scan(whole + items[-1][:cut])
    assert (scan.consumed, scan.error) == (len(whole), None)
    assert list(scan.kinds) == kinds[:-1]


def test_more_items_than_the_scanner_reports_at_once_are_all_found(scanner: Scanner) -> None:
    scan = scanner.scan(EMPTY * 100_001)
    assert list(scan.ends) == list(range(1, 100_002))
    assert set(scan.kinds) == {Kind.MESSAGE}
    assert (scan.consumed, scan.error) == (100_001, None)


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_any_kind_of_buffer_is_taken_and_left_as_it_was(scanner: Scanner, form: type) -> None:
    item = b"\xa1\x7f\x62da\x62ta\xff\xa0"  # the scanner joins the chunks, but in its own copy
    buffer = form(item)
    scanner.scan(buffer)
    assert bytes(buffer) == item


def test_an_empty_buffer_has_no_items(scanner: Scanner) -> None:
    scan = scanner.scan(b"")
    assert (list(scan.ends), scan.consumed, scan.error) == ([], 0, None)


@pytest.mark.parametrize("bad", ["ff", "1c", "3f", "fc", "f814", "81ff", "5f00ff", "7f7f6161ffff", "df00"])
def test_after_malformed_bytes_the_items_before_them_are_known(scanner: Scanner, bad: str) -> None:
    scan = scanner.scan(EMPTY * 3 + bytes.fromhex(bad) + EMPTY)
    assert list(scan.kinds) == [Kind.MESSAGE] * 3
    assert scan.consumed == 3
    assert scan.error is not None
    assert scan.error[0] >= 3


def test_an_item_over_the_limit_is_flawed_when_whole_and_an_error_when_its_end_is_not_there(scanner: Scanner) -> None:
    item = cbor2.dumps({"raw": bytes(200)})
    whole = scanner.scan(item + EMPTY, message_limit_bytes=len(item) - 1)
    assert list(whole.kinds) == [Kind.ITEM_SIZE, Kind.MESSAGE]
    assert scanner.scan(item, message_limit_bytes=len(item)).kinds[0] == Kind.MESSAGE
    assert scanner.scan(item[:20], message_limit_bytes=len(item) - 1).error is not None
    assert scanner.scan(item[:20], message_limit_bytes=len(item)).error is None
    assert scanner.scan(bytes.fromhex("9f") + bytes(100), message_limit_bytes=100).error is not None
    assert scanner.scan(bytes.fromhex("9bffffffffffffffff"), message_limit_bytes=100).error is None


def test_what_is_nested_too_deep_to_skip_is_an_error(scanner: Scanner) -> None:
    assert Kind(scanner.scan(b"\x81" * 400 + b"\x00").kinds[0]) is Kind.OTHER
    scan = scanner.scan(b"\x81" * 100_000)
    assert scan.error is not None
    assert "nested" in scan.error[1]


def test_keys_by_the_hundred_thousand_are_compared_in_no_quadratic_time(scanner: Scanner) -> None:
    deep = b"\xbf" + b"".join(cbor2.dumps(f"{number:07}") + b"\x00" for number in range(300_000)) + b"\xff"
    item = b"\xa1\x64data" + deep
    assert Kind(scanner.scan(item).kinds[0]) is Kind.MESSAGE_SIZE
    unknown = b"\xa1\x61x" + deep
    assert Kind(scanner.scan(unknown).kinds[0]) is Kind.MESSAGE


def test_a_closed_scanner_says_so() -> None:
    scanner = Scanner()
    scanner.close()
    scanner.close()
    with pytest.raises(PluginClosed):
        scanner.scan(EMPTY)


def test_a_buffer_beyond_the_largest_is_refused(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner_module, "MAX_BUFFER_BYTES", 10)
    with pytest.raises(InvalidMessage):
        scanner.scan(bytes(11))
