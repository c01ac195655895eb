"""The page on serving tells every error, path, setting and status as they are."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from plugbay_adapters.priostack.serving.reserved import RESERVED_PATHS
from plugbay_adapters.priostack.serving.settings import ServeSettings
from plugbay_adapters.priostack.serving.statuses import ERROR_STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/serving.md"


@pytest.fixture
def page(page_at: Callable[[str], Page]) -> Page:
    return page_at(PAGE)


def test_it_has_the_table_of_errors(page: Page) -> None:
    rows = {name.strip("`"): int(status) for name, status in page.rows("Errors of calls")}
    assert rows == {kind.__name__: facts.status for kind, facts in ERROR_STATUSES.items()}


def test_it_tells_every_status_of_an_error(page: Page) -> None:
    told = {int(row[0]) for row in page.rows("From an output to an answer")}
    assert {facts.status for facts in ERROR_STATUSES.values()} <= told
    assert told == {400, 404, 405, 408, 413, 415, 422, 431, 500, 503, 504}


def test_it_tells_which_errors_are_logged(page: Page) -> None:
    logged = {int(row[0]) for row in page.rows("From an output to an answer") if row[3] != "no"}
    assert logged == {facts.status for facts in ERROR_STATUSES.values() if facts.logged} | {500}


def test_it_tells_every_path_of_the_server(page: Page) -> None:
    assert sorted(row[0].strip("`") for row in page.rows("The server's own paths")) == sorted(RESERVED_PATHS)


def test_the_proxy_of_the_example_lets_nobody_to_the_servers_own_paths(page: Page) -> None:
    (nginx,) = (block.text for block in page.blocks if block.language == "nginx")
    (pattern,) = re.findall(r"location ~ (\S+)", nginx)
    assert all(re.search(pattern, path) and re.search(pattern, f"{path}/x") for path in RESERVED_PATHS)
    assert not any(re.search(pattern, path) for path in ("/", "/docs-of-ours", "/_x", "/api/docs"))


def test_it_tells_the_settings_with_their_defaults(page: Page) -> None:
    known = {field.name: field.default for field in fields(ServeSettings)}
    for name, default, _ in page.rows("Slow functions, many requests"):
        assert float(default.replace(",", "")) == known[name.strip("`")]


def test_the_options_that_it_names_are_there(page: Page) -> None:
    import typer
    from typer.main import get_command

    from plugbay_adapters.priostack.cli import add_commands

    app = typer.Typer()
    add_commands(app)
    group: Any = get_command(app)
    bundle = group if "serve" in group.commands else group.commands["bundle"]  # one group alone is the whole program
    options: set[str] = {option for parameter in bundle.commands["serve"].params for option in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", page.text)) <= options
