"""The checks on the documentation find what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.docs.conftest import Page, broken_links, matches, run_command, run_python

if TYPE_CHECKING:
    from pathlib import Path


def page_of(folder: Path, text: str) -> Page:
    path = folder / "page.md"
    path.write_text(text, "utf-8")
    return Page(path)


def test_a_python_example_that_fails_is_found_at_its_line(tmp_path: Path) -> None:
    page = page_of(tmp_path, "# Title\n\n```python\nx = 1\nx.nothing\n```\n")
    with pytest.raises(AttributeError) as caught:
        run_python(page)
    assert caught.traceback[-1].lineno == 4  # counted from 0: line 5 of the page


def test_a_python_example_that_prints_something_else_is_found(tmp_path: Path) -> None:
    page = page_of(tmp_path, "# Title\n\n```python\nprint(2)\n```\n\n```output\n1\n```\n")
    with pytest.raises(AssertionError, match=r"page.md:4\nprints:\n2"):
        run_python(page)


def test_the_examples_of_a_page_share_their_names(tmp_path: Path) -> None:
    page = page_of(tmp_path, "```python\nx = 1\n```\n\nand\n\n```python\nprint(x + 1)\n```\n\n```output\n2\n```\n")
    run_python(page)
    assert [block.output for block in page.blocks] == [None, "2\n"]


def test_an_example_that_is_not_run_is_left_alone(tmp_path: Path) -> None:
    page = page_of(tmp_path, "<!-- not run: it needs a server -->\n```python\nraise SystemExit\n```\n")
    run_python(page)
    assert [block.not_run for block in page.blocks] == ["it needs a server"]


def test_a_command_that_prints_something_else_is_found(tmp_path: Path) -> None:
    page = page_of(tmp_path, "```console\n$ printf 'one\\ntwo\\n'\none\nthree\n```\n")
    with pytest.raises(AssertionError, match="one\ntwo"):
        run_command(page.commands[0])


def test_a_command_that_fails_is_found(tmp_path: Path) -> None:
    page = page_of(tmp_path, "```console\n$ cat no-such-file\n```\n")
    with pytest.raises(AssertionError, match="exit code 1"):
        run_command(page.commands[0])


def test_a_command_may_be_said_to_fail(tmp_path: Path) -> None:
    page = page_of(tmp_path, "```console\n$ cat no-such-file   # exit code 1\n…no-such-file…\n```\n")
    run_command(page.commands[0])
    assert page.commands[0].exit_code == 1


def test_a_command_may_go_on_in_the_next_line(tmp_path: Path) -> None:
    page = page_of(tmp_path, "```console\n$ printf \\\n    hello\nhello\n$ make everything\n```\n")
    assert [command.output for command in page.commands] == ["hello\n"]
    run_command(page.commands[0])


@pytest.mark.parametrize(
    ("expected", "printed", "fits"),
    [
        ("a\nb", "a  \nb\n\n", True),
        ("a … c", "a b b c", True),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a…", "b", False),
        ("a.c", "abc", False),
    ],
)
def test_an_ellipsis_stands_for_anything_and_all_else_for_itself(expected: str, printed: str, fits: bool) -> None:
    assert matches(expected, printed) is fits


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    page_of(tmp_path, "# A title, `here`\n\n```text\n# not a heading\n[x](not-a-link.md)\n```\n")
    links = ["page.md", "page.md#a-title-here", "#a-title-here", "https://example.com/x"]
    wrong = ["gone.md", "page.md#not-a-heading"]
    other = tmp_path / "other.md"
    other.write_text("# A title, here\n" + " ".join(f"[x]({link})" for link in [*links, *wrong]), "utf-8")
    assert broken_links(Page(other)) == wrong


def test_a_table_is_read_by_its_heading(tmp_path: Path) -> None:
    page = page_of(
        tmp_path, "## One\n\n| a | b |\n| --- | --- |\n| `x \\| y` | 2 |\n\n## Two\n\n| a |\n| --- |\n| 3 |\n"
    )
    assert page.rows("One") == [["`x | y`", "2"]]
