"""WebAssembly text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import InvalidBinary
from plugbay.module.wat import compile_text, looks_like_text


@pytest.mark.parametrize(
    "text",
    [
        b"(module)",
        b"\n\t ( module )",
        b";; a comment\n(module)",
        b"(; a block (; inside ;) ;) (module)",
        b'(func (export "f"))',
        b'(@custom "x" "")',
        b"\xef\xbb\xbf(module)",
    ],
)
def test_text_is_recognised_by_how_it_begins(text: bytes) -> None:
    assert looks_like_text(text)


@pytest.mark.parametrize("data", [b"", b"\0asm\x01\0\0\0", b"<html>", b"()", b"(1 2)", b"hello (module)", b"   "])
def test_other_files_are_not_text(data: bytes) -> None:
    assert not looks_like_text(data)


def test_text_is_compiled_to_a_binary() -> None:
    assert compile_text(b"(module)", "m.wat") == b"\0asm\x01\0\0\0"


def test_an_error_says_line_and_column_and_quotes_the_line() -> None:
    text = "(module ;; größe\n  (func (result i32)\n    i32.cnst 1))".encode()
    with pytest.raises(InvalidBinary) as caught:
        compile_text(text, "m.wat")
    error = caught.value
    assert error.reason.startswith("m.wat:3:5: unknown operator")
    assert error.hint == "the line is: i32.cnst 1))"
    assert error.offset is not None
    assert text[error.offset :].startswith(b"i32.cnst")


def test_text_that_ends_too_soon_points_at_its_end() -> None:
    with pytest.raises(InvalidBinary, match=r"m\.wat:2:1: expected") as caught:
        compile_text(b"(module\n", "m.wat")
    assert caught.value.offset == 8
    assert caught.value.hint is None


def test_text_that_is_not_utf8_is_refused_at_the_byte() -> None:
    with pytest.raises(InvalidBinary, match="not UTF-8 at byte 7") as caught:
        compile_text(b"(module\xff)", "m.wat")
    assert caught.value.offset == 7


def test_deeply_nested_text_does_not_bring_the_process_down() -> None:
    with pytest.raises(InvalidBinary):
        compile_text(b"(module (func " + b"(i32.eqz " * 100_000, "m.wat")


@given(st.text(alphabet='()$";module func import i32\n\r\té🙂', max_size=60))
def test_any_text_compiles_or_is_an_invalid_binary(text: str) -> None:
    try:
        binary = compile_text(text.encode(), "m.wat")
    except InvalidBinary as error:
        binary, offset = b"\0asm", error.offset
    else:
        offset = None
    assert binary.startswith(b"\0asm")
    assert offset is None or 0 <= offset <= len(text.encode())
