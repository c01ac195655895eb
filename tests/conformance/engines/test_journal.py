"""What is kept of a guest's calls and of what it prints."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugbay_conformance.engines.contract import Event
from plugbay_conformance.engines.journal import DROPPED, EVENT_BYTES, MOST_BYTES, STDERR_LEVEL, STDOUT_LEVEL, Journal


def test_events_are_taken_once_and_in_order() -> None:
    journal = Journal()
    journal.note("emit", b"a")
    journal.note("log", b"b", level=4)
    assert journal.take() == [Event("emit", (b"a",)), Event("log", (b"b",), 4)]
    assert journal.take() == []


def test_once_one_is_dropped_all_later_ones_are() -> None:
    journal = Journal()
    journal.note("emit", bytes(MOST_BYTES))
    journal.note("log", b"small")
    assert journal.take() == [Event(DROPPED, (b"2",))]
    assert journal.has_room(MOST_BYTES - EVENT_BYTES)
    assert not journal.has_room(MOST_BYTES - EVENT_BYTES + 1)


@given(st.lists(st.tuples(st.sampled_from([STDOUT_LEVEL, STDERR_LEVEL]), st.binary(max_size=20)), max_size=20))
def test_lines_do_not_depend_on_the_pieces_they_come_in(pieces: list[tuple[int, bytes]]) -> None:
    journal = Journal()
    for level, piece in pieces:
        journal.print(level, piece)
    journal.finish_lines()
    events = journal.take()
    for level in (STDOUT_LEVEL, STDERR_LEVEL):
        printed = b"".join(piece for at, piece in pieces if at == level)
        lines = printed.split(b"\n")
        expected = lines[:-1] if not lines[-1] else lines
        assert [event.data[0] for event in events if event.level == level] == expected


def test_a_line_without_an_end_is_no_flood() -> None:
    journal = Journal()
    for _ in range(40):
        journal.print(STDOUT_LEVEL, bytes(65536))
    journal.print(STDOUT_LEVEL, b"\nnext\n")
    assert journal.take() == [Event(DROPPED, (b"2",))]
