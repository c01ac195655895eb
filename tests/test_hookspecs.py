from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from plugbay.hookspecs import PlugbayHooks

PAGE = Path(__file__).parent.parent / "docs" / "plugins.md"
HOOKS = [name for name in vars(PlugbayHooks) if name.startswith("plugbay_")]


def sections() -> dict[str, str]:
    """The page's sections by heading."""
    parts = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_there_are_hooks() -> None:
    assert len(HOOKS) == 8


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_one_typed_sentence(name: str) -> None:
    hook = vars(PlugbayHooks)[name]
    sentence = inspect.getdoc(hook) or ""
    assert sentence.splitlines()[0].strip()[-1] in "?."
    annotations = inspect.get_annotations(hook)
    parameters = [parameter for parameter in inspect.signature(hook).parameters if parameter != "self"]
    assert annotations.keys() == {*parameters, "return"}


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_section_with_its_question_and_an_example(name: str) -> None:
    section = sections()[name]
    question = re.split(r"(?<=[?.])\s", inspect.getdoc(vars(PlugbayHooks)[name]) or "")[0]
    words = re.sub(r" \(at most .*?\)", "", question).replace("``", "`")
    assert f"*{words}*" in section.replace("\n", " ")
    assert f"def {name}(" in section or f"hook.{name}(" in section
    assert "```output" in section


def test_no_section_describes_a_hook_that_is_gone() -> None:
    assert [heading for heading in sections() if heading.startswith("plugbay_")] == HOOKS
