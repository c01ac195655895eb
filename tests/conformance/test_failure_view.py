"""What a guest wrote can't fill the screen."""

from __future__ import annotations

import pytest

from plugbay_conformance.failure_view import shown


@pytest.mark.parametrize("text", ["x" * 601, "\x00" * 600, "\x1b" * 70_000])
def test_a_long_text_is_cut_to_what_is_shown_of_it(text: str) -> None:
    assert len(shown(text)) == 601
    assert shown(text).endswith("…")


@pytest.mark.parametrize("text", ["", "x" * 600, "Grüße, 世界 🚀"])
def test_a_short_text_is_shown_whole(text: str) -> None:
    assert shown(text) == text
