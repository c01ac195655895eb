"""The page on the command line knows every verb and every shared option."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from plugbay import Limits, PlugbayPlugins
from plugbay.cli.app import build_app
from plugbay.cli.output import Output
from plugbay.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.docs.conftest import Page

PAGE = "docs/cli.md"


@pytest.fixture
def commands() -> Iterator[dict[str, Any]]:
    """The verbs of the command line without those of other packages."""
    plugins = PlugbayPlugins()
    group = build_app(Session(Output(json=False), plugins))
    yield group.commands
    plugins.close()


def options_of(command: Any) -> set[str]:
    found: set[str] = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    return found - {"--help", "--json"}


def test_every_verb_has_a_section(commands: dict[str, Any], page_at: Callable[[str], Page]) -> None:
    titles = {anchor.removeprefix("plugbay-") for anchor in page_at(PAGE).anchors if anchor.startswith("plugbay-")}
    assert titles == set(commands)


def test_every_option_is_told_of(commands: dict[str, Any], page_at: Callable[[str], Page]) -> None:
    page = page_at(PAGE)
    limits = {"--" + field.name.replace("_", "-") for field in fields(Limits)}
    of_each = [options_of(commands[verb]) for verb in ("inspect", "call", "run", "bench")]
    hosting = of_each[0].intersection(*of_each[1:]) - limits
    listed = set(re.findall(r"--[a-z-]+", " ".join(row[0] for row in page.rows("Options that verbs share"))))
    assert hosting == listed - limits
    verbs = [
        *commands.values(),
        *(verb for group in commands.values() for verb in getattr(group, "commands", {}).values()),
    ]
    every = {option for command in verbs for option in options_of(command)}
    assert {option for option in every - hosting - limits if option not in page.text} == set()


def test_the_exit_codes_are_those_of_the_program(page_at: Callable[[str], Page]) -> None:
    from plugbay.cli import failure

    codes = (failure.GOOD, failure.FAILED, failure.UNUSABLE, failure.INTERRUPTED, failure.BROKEN_PIPE)
    assert [int(row[0]) for row in page_at(PAGE).rows("For scripts")] == list(codes)
