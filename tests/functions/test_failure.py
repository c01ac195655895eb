from __future__ import annotations

import pytest

from plugbay.functions.failure import failure_of


class BrokenText(Exception):
    def __str__(self) -> str:
        raise ValueError


def caught(error: Exception) -> Exception:
    with pytest.raises(Exception) as raised:  # noqa: PT011 # whatever it is given
        throw(error)
    return raised.value


def throw(error: Exception) -> None:
    raise error


def body() -> None: ...


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("first\nsecond"), "f raised ValueError: first"),
        (ValueError(), "f raised ValueError"),
        (ValueError("x" * 1000), f"f raised ValueError: {'x' * 300}…"),
        (BrokenText(), "f raised BrokenText: (its text can't be made)"),
    ],
)
def test_the_reason_is_one_short_line(error: Exception, reason: str) -> None:
    assert failure_of("f", body, error).reason == reason


def test_a_traceback_without_the_function_is_whole() -> None:
    text = failure_of("f", body, caught(ValueError("no"))).traceback
    assert "in caught" in text
    assert text.endswith("ValueError: no\n")


def test_a_long_traceback_keeps_its_end() -> None:
    text = failure_of("f", body, caught(ValueError("x" * 100_000))).traceback
    assert len(text) < 21_000
    assert text.startswith("…")
    assert text.endswith("x\n")


def test_what_an_exception_came_from_is_told() -> None:
    error = caught(ValueError("no"))
    error.__cause__ = KeyError("why")
    assert "KeyError: 'why'" in failure_of("f", body, error).traceback
