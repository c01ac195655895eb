"""Every example of the documentation works, and every link leads somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.docs.conftest import ROOT, Page, broken_links, run_command, run_python

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINKED = [*PAGES, ROOT / "CHANGELOG.md", *sorted((ROOT / "examples").glob("*/README.md"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
@pytest.mark.usefixtures("workshop")
def test_the_examples_of_a_page_do_what_it_says(path: Path) -> None:
    page = Page(path)
    assert page.text.startswith("# "), "a page starts with its title"
    run_python(page)
    for command in page.commands:
        run_command(command)


@pytest.mark.parametrize("path", LINKED, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(path: Path) -> None:
    assert broken_links(Page(path)) == []


def test_every_page_is_on_the_map() -> None:
    linked = {link.partition("#")[0] for link in Page(ROOT / "docs" / "index.md").links}
    assert {path.name for path in PAGES if path.parent.name == "docs"} - {"index.md"} <= linked


def test_what_is_not_run_says_why() -> None:
    skipped = [block for path in PAGES for block in Page(path).blocks if block.not_run is not None]
    assert all(len(block.not_run or "") > 10 for block in skipped), [block.place for block in skipped]
