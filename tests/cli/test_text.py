"""What guests and files say can't reach into the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.cli.text import byte_size, hex_lines, is_text, visible


@given(st.text())
def test_visible_text_is_printable_and_printable_text_stays(text: str) -> None:
    shown = visible(text)
    assert not any(char in shown for char in "\x1b\n\r\x9b\u202e\u2066")
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[2J", r"\x1b[2J"), ("a\u202eb", r"a\u202eb"), ("\U000e0001", r"\U000e0001"), ("a\nb\tc", r"a\x0ab\x09c")],
)
def test_hidden_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_ends_are_kept_where_lines_are_wanted() -> None:
    assert visible("a\nb\tc\r", lines=True) == "a\nb\tc\\x0d"


@pytest.mark.parametrize(
    ("data", "text"), [(b"", True), ("grün\n".encode(), True), (b"\xff", False), (b"\x1b[m", False), (b"\0", False)]
)
def test_text_is_what_a_terminal_can_be_given(data: bytes, text: bool) -> None:
    assert is_text(data) is text


def test_a_hex_dump_shows_offset_bytes_and_letters() -> None:
    dump = hex_lines(bytes(range(0x41, 0x53)) + b"\0" * 30, 32).splitlines()
    assert dump[0] == "00000000  41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP"
    assert dump[1].startswith("00000010  51 52 00")
    assert dump[2] == "… 16 bytes more"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (2**40, "1024 GiB")],
)
def test_sizes_read_well(count: int, text: str) -> None:
    assert byte_size(count) == text
