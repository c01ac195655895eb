from __future__ import annotations

import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from plugbay.engines.wasmtime.mailbox import Record
from plugbay.engines.wasmtime.records import LogReader
from plugbay.outcome import LogLevel, LogRecord


def area(*records: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<II", kind, len(data)) + data for kind, data in records)


@given(st.lists(st.tuples(st.integers(100, 2**32 - 1), st.binary(max_size=50))))
def test_what_is_no_log_line_comes_back_as_it_was_left(records: list[tuple[int, bytes]]) -> None:
    reader = LogReader()
    assert reader.take(area(*records)) == records
    assert reader.finish() == ()


def test_log_lines_are_picked_out_in_order() -> None:
    reader = LogReader()
    others = reader.take(
        area((Record.INFO, b"one"), (Record.EMIT, b"message"), (Record.WARN, b"two"), (Record.REJECT, b"reason"))
    )
    assert others == [(Record.EMIT, b"message"), (Record.REJECT, b"reason")]
    assert reader.finish() == (LogRecord(LogLevel.INFO, "one"), LogRecord(LogLevel.WARN, "two"))


def test_levels_have_names() -> None:
    reader = LogReader()
    kinds = (Record.TRACE, Record.DEBUG, Record.INFO, Record.WARN, Record.ERROR)
    reader.take(area(*((kind, kind.name.encode()) for kind in kinds)))
    assert reader.finish() == tuple(LogRecord(LogLevel(kind.name.lower()), kind.name) for kind in kinds)


def test_text_that_is_not_utf8_is_kept_readable() -> None:
    reader = LogReader()
    reader.take(area((Record.INFO, b"caf\xe9 \xf0\x9f\x98\x80")))
    assert reader.finish()[0].text == "caf\ufffd \U0001f600"


def test_standard_output_is_split_into_lines_across_pieces_and_areas() -> None:
    reader = LogReader()
    reader.take(area((Record.STDOUT, b"one\ntw"), (Record.STDERR, b"bad"), (Record.STDOUT, b"o\n\nthr")))
    reader.take(area((Record.STDOUT, b"ee")))
    assert reader.finish() == (
        LogRecord(LogLevel.INFO, "one"),
        LogRecord(LogLevel.INFO, "two"),
        LogRecord(LogLevel.INFO, ""),
        LogRecord(LogLevel.WARN, "bad"),
        LogRecord(LogLevel.INFO, "three"),
    )


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_how_output_is_cut_into_pieces_does_not_matter(data: bytes, cuts: list[int]) -> None:
    whole, pieces = LogReader(), LogReader()
    whole.take(area((Record.STDOUT, data)))
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces.take(area(*((Record.STDOUT, data[start:end]) for start, end in pairwise(edges))))
    assert pieces.finish() == whole.finish()
