"""The page on the architecture shows the mailbox as it is."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import pytest

from plugbay.engines.wasmtime.mailbox import (
    HAS_RECORDS,
    INPUT,
    ROW_BYTES,
    Cause,
    Record,
    Refused,
    Service,
    Status,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/architecture.md"
TABLES: dict[str, type[IntEnum]] = {
    "The mailbox": Word,
    "Statuses": Status,
    "Records": Record,
    "Causes": Cause,
    "Services": Service,
}


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_of_the_mailbox_lists_its_numbers(heading: str, page_at: Callable[[str], Page]) -> None:
    listed = {name.strip("`"): int(number) for number, name, *_ in page_at(PAGE).rows(heading)}
    assert listed == {member.name: member.value for member in TABLES[heading]}


def test_the_offsets_of_the_text_are_right(page_at: Callable[[str], Page]) -> None:
    text = page_at(PAGE).text
    assert f"Input starts at byte {INPUT}" in text
    assert f"rows of {ROW_BYTES} bytes" in text
    assert f"Bit 8 ({HAS_RECORDS:#x})" in text
    assert f"{Refused.LOG:d} = no log, {Refused.OUTPUTS:d} = no sent messages" in text
