"""What a project may be called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay_conformance.scaffold import ProjectInvalid
from plugbay_conformance.scaffold.name import check_name


@pytest.mark.parametrize("name", ["a", "my-filter", "x2", "a-1-b", "a" * 32])
def test_a_name_of_letters_digits_and_hyphens_is_one(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "-a",
        "a-",
        "a--b",
        "1a",
        "A",
        "my_filter",
        "ä",
        "a b",
        "a\n",
        "a/b",
        "«name»",
        "$(x)",
        "a" * 33,
    ],
)
def test_any_other_is_refused_with_the_way_out(name: str) -> None:
    with pytest.raises(ProjectInvalid, match="can't be the name") as caught:
        check_name(name)
    assert "my-filter" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["fn", "core", "std", "test", "error", "switch"])
def test_a_word_of_a_language_is_refused(name: str) -> None:
    with pytest.raises(ProjectInvalid, match="it is a word of Rust or Zig") as caught:
        check_name(name)
    assert f"my-{name}" in str(caught.value.hint)


@given(st.text())
def test_a_name_that_passes_is_safe_in_every_file(name: str) -> None:
    try:
        check_name(name)
    except ProjectInvalid:
        return
    assert name.isascii()
    assert name.replace("-", "_").isidentifier()
