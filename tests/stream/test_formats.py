"""The readers: the same messages, numbers and bad items, however the input is cut."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugbay.message import Message
from plugbay.message.ndjson import to_line
from plugbay.message.scanner import Scanner
from plugbay.stream.formats import PORTION_ITEMS, CborReader, NdjsonReader, Reader, StreamFormat, encoder

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

MOST = 400
Saying = Callable[..., Message]


class Read(NamedTuple):
    """All that a reader made of a stream."""

    payloads: list[bytes]
    numbers: list[int]
    bad: list[tuple[int, str, str | None]]
    broken: bool


def read(reader: Reader, chunks: Iterable[bytes]) -> Read:
    payloads: list[bytes] = []
    numbers: list[int] = []
    bad: list[tuple[int, str, str | None]] = []
    for chunk in (*filter(None, chunks), b""):
        for portion in reader.feed(chunk):
            assert len(portion.payloads) == len(portion.numbers)
            assert len(portion.payloads) + len(portion.bad) <= PORTION_ITEMS
            payloads += portion.payloads
            numbers += portion.numbers
            bad += [(item.number, item.error.reason, item.text) for item in portion.bad]
        if reader.broken:
            break
    return Read(payloads, numbers, bad, reader.broken)


def cut(stream: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({min(place, len(stream)) for place in places} | {len(stream)})
    return [stream[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def message(n: int, **data: object) -> Message:
    return Message.new(data={"n": n, **data})


MESSAGES = st.integers(0, 99).map(message) | st.text(max_size=20).map(lambda text: message(0, text=text))
BAD_LINES = st.sampled_from(
    [b"{", b"nonsense", b"[]", b"null", b'{"no":1}', b'{"id":"x"}', b"\xff\xfe", b'{"data":{"a":1e999}}', b"\0"]
)
LONG_LINES = st.integers(-3, 900).map(lambda more: b"x" * (MOST + more))
LINES = (
    MESSAGES.map(lambda item: to_line(item).rstrip()) | BAD_LINES | LONG_LINES | st.sampled_from([b"", b" \t", b"\r"])
)
OTHERS: list[Any] = [1, [], {}, {"id": b"short"}, "text", None, {"id": 1}, [{}], 1.5]
NOT_MESSAGES = st.sampled_from(list(map(cbor2.dumps, OTHERS)))
LONG_ITEMS = st.integers(-3, 600).map(lambda more: cbor2.dumps(b"x" * (MOST + more)))
MALFORMED = st.sampled_from(
    [b"\xff", b"\x1c", b"\xa1\x61a\xff", b"\x5b" + b"\xff" * 8, b"\x7f\x41a", b"\x81" * 700, b"\xa2\x61a", b"\x58\xff"]
)
ITEMS = MESSAGES.map(Message.to_cbor) | NOT_MESSAGES | LONG_ITEMS


@st.composite
def lines_and_cuts(draw: DrawFn) -> tuple[bytes, list[int]]:
    lines = draw(st.lists(LINES, max_size=12))
    ending = draw(st.sampled_from([b"\n", b"\r\n"]))
    stream = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + ending.join(lines) + draw(st.sampled_from([b"", ending]))
    return stream, draw(st.lists(st.integers(0, len(stream)), max_size=12))


@st.composite
def items_and_cuts(draw: DrawFn) -> tuple[bytes, list[int]]:
    stream = b"".join(draw(st.lists(ITEMS | ITEMS | MALFORMED, max_size=8)))
    return stream, draw(st.lists(st.integers(0, len(stream)), max_size=12))


@settings(deadline=None)
@given(lines_and_cuts())
def test_lines_are_the_same_however_they_are_cut(example: tuple[bytes, list[int]]) -> None:
    stream, places = example
    whole = read(NdjsonReader(max_bytes=MOST), [stream])
    assert read(NdjsonReader(max_bytes=MOST), cut(stream, places)) == whole
    assert read(NdjsonReader(max_bytes=MOST), cut(stream, range(len(stream)))) == whole


@settings(deadline=None)
@given(example=items_and_cuts())
def test_items_are_the_same_however_they_are_cut(example: tuple[bytes, list[int]], scanner: Scanner) -> None:
    stream, places = example
    whole = read(CborReader(scanner, max_bytes=MOST), [stream])
    assert read(CborReader(scanner, max_bytes=MOST), cut(stream, places)) == whole
    assert read(CborReader(scanner, max_bytes=MOST), cut(stream, range(len(stream)))) == whole


@settings(deadline=None)
@given(st.lists(st.tuples(LINES, st.booleans()), max_size=12))
def test_every_line_is_a_message_or_bad_or_blank(lines: list[tuple[bytes, bool]]) -> None:
    result = read(NdjsonReader(max_bytes=MOST), [b"".join(line + b"\n" for line, _ in lines)])
    blank = {number for number, (line, _) in enumerate(lines, 1) if not line.strip()}
    assert sorted([*result.numbers, *(number for number, _, _ in result.bad)]) == sorted(
        set(range(1, len(lines) + 1)) - blank
    )
    assert result.bad == sorted(result.bad)
    assert all(reason.startswith(f"line {number}") for number, reason, _ in result.bad)


@settings(deadline=None)
@given(items=st.lists(MESSAGES | NOT_MESSAGES, max_size=12))
def test_items_that_are_no_messages_are_bad_alone(items: list[Message | bytes], scanner: Scanner) -> None:
    encoded = [item if isinstance(item, bytes) else item.to_cbor() for item in items]
    good = [number for number, item in enumerate(items, 1) if not isinstance(item, bytes)]
    bad = [number for number, item in enumerate(items, 1) if isinstance(item, bytes) and item != cbor2.dumps({})]
    result = read(CborReader(scanner, max_bytes=MOST), [b"".join(encoded)])
    empty_maps = [number for number, item in enumerate(items, 1) if item == cbor2.dumps({})]
    assert result.numbers == sorted([*good, *empty_maps])
    assert [number for number, _, _ in result.bad] == bad
    assert all(reason.startswith(f"item {number}: ") for number, reason, _ in result.bad)
    assert not result.broken


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_bad_line_is_named_and_the_rest_goes_on(ending: bytes) -> None:
    one, two = message(1), message(2)
    stream = to_line(one).rstrip() + ending + b'{"x' + ending + ending + to_line(two).rstrip()
    result = read(NdjsonReader(max_bytes=MOST), [stream])
    assert result.payloads == [one.to_cbor(), two.to_cbor()]
    assert result.numbers == [1, 4]
    [(number, reason, text)] = result.bad
    assert (number, text) == (2, '{"x')
    assert reason.startswith("line 2: the line is not JSON")


def test_a_byte_order_mark_is_skipped_at_the_start_only() -> None:
    line = to_line(message(1))
    result = read(NdjsonReader(max_bytes=MOST), [b"\xef\xbb\xbf" + line + b"\xef\xbb\xbf" + line])
    assert result.numbers == [1]
    assert [number for number, _, _ in result.bad] == [2]


def test_a_byte_order_mark_counts_against_the_limit_however_it_is_cut() -> None:
    stream = b"\xef\xbb\xbf" + b" " * (MOST - 2)
    for chunks in ([stream], cut(stream, range(len(stream)))):
        result = read(NdjsonReader(max_bytes=MOST), chunks)
        assert result.bad == [(1, f"line 1 has over {MOST} bytes", None)]


def test_a_giant_line_is_named_in_little_memory_and_the_next_is_fine() -> None:
    last = message(7)
    reader = NdjsonReader(max_bytes=MOST)

    def stream() -> Iterator[bytes]:
        piece = b"x" * 100_000
        yield from (piece for _ in range(1000))
        yield b"\n" + to_line(last)

    tracemalloc.start()
    try:
        result = read(reader, stream())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.payloads == [last.to_cbor()]
    assert result.bad == [(1, f"line 1 has over {MOST} bytes", None)]
    assert peak < 3_000_000


def test_a_giant_line_without_any_end_is_one_bad_line() -> None:
    result = read(NdjsonReader(max_bytes=MOST), (b"x" * 100_000 for _ in range(20)))
    assert [number for number, _, _ in result.bad] == [1]


@pytest.mark.parametrize("garbage", [b"x\n", b"\x00"])
def test_a_chunk_of_nothing_but_garbage_takes_bounded_memory(garbage: bytes, scanner: Scanner) -> None:
    chunk = garbage * 40_000
    reader: Reader = NdjsonReader(max_bytes=MOST) if garbage == b"x\n" else CborReader(scanner, max_bytes=len(chunk))
    sizes = [len(portion.bad) for portion in reader.feed(chunk)]
    assert sum(sizes) == 40_000
    assert max(sizes) == PORTION_ITEMS


def test_malformed_cbor_ends_the_stream_and_says_where(scanner: Scanner) -> None:
    start = message(1).to_cbor()
    result = read(CborReader(scanner, max_bytes=MOST), [start + b"\xa1\x61a\xff" + start])
    assert result.payloads == [start]
    at = len(start)
    assert result.bad == [
        (2, f"item 2 at byte {at} can't be read: not well-formed CBOR at byte {at + 3}", None),
    ]
    assert result.broken


def test_a_cut_off_item_is_told(scanner: Scanner) -> None:
    start = message(1).to_cbor()
    result = read(CborReader(scanner, max_bytes=MOST), [start + start[:50]])
    assert result.payloads == [start]
    assert result.bad == [(2, f"item 2 at byte {len(start)} is cut off: 50 bytes of it are there", None)]
    assert result.broken


def test_an_endless_item_is_not_kept(scanner: Scanner) -> None:
    result = read(CborReader(scanner, max_bytes=MOST), (b"\x9f" if n == 0 else b"\x00" * 100 for n in range(10**6)))
    assert result.bad == [(1, f"item 1 at byte 0 has over {MOST} bytes", None)]
    assert result.broken


@pytest.mark.parametrize("stream", [b"", b"\n", b"\n\r\n  \n"])
def test_nothing_is_read_from_nothing(stream: bytes, scanner: Scanner) -> None:
    assert read(NdjsonReader(max_bytes=MOST), [stream]) == Read([], [], [], False)
    assert read(CborReader(scanner, max_bytes=MOST), []) == Read([], [], [], False)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("a.cbor", StreamFormat.CBOR), ("a.CBORSEQ", StreamFormat.CBOR), ("a.ndjson", StreamFormat.NDJSON),
        ("/x.y/a.jsonl", StreamFormat.NDJSON), ("a.json", None), ("a", None), ("-", None), ("cbor", None),
        ("/dev/cbor", None), ("a.cbor.gz", None),
    ],
)  # fmt: skip
def test_endings_promise_a_format(path: str, form: StreamFormat | None) -> None:
    assert StreamFormat.of_path(path) is form


@pytest.mark.parametrize(
    ("start", "form"),
    [(b"\xa2ab", StreamFormat.CBOR), (b"\xbf", StreamFormat.CBOR), (b"{", StreamFormat.NDJSON),
     (b"\xef\xbb\xbf{", StreamFormat.NDJSON), (b"", StreamFormat.NDJSON), (b"\n", StreamFormat.NDJSON)],
)  # fmt: skip
def test_the_first_byte_tells_the_format(start: bytes, form: StreamFormat) -> None:
    assert StreamFormat.of_bytes(start) is form


def test_encoders_write_what_readers_read(scanner: Scanner) -> None:
    encoded = [message(n, raw=b"\x00\xff").to_cbor() for n in range(3)]
    readers: dict[StreamFormat, Any] = {
        StreamFormat.CBOR: CborReader(scanner, max_bytes=MOST),
        StreamFormat.NDJSON: NdjsonReader(max_bytes=MOST),
    }
    for form, reader in readers.items():
        assert read(reader, map(encoder(form), encoded)).payloads == encoded
