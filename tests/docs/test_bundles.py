"""The page on bundles lists every field, argument and error as they are."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
from tests.docs.conftest import ROOT

from plugbay import Host
from plugbay_adapters.priostack import errors
from plugbay_adapters.priostack.bundle import archive
from plugbay_adapters.priostack.bundle.bundle import Bundle
from plugbay_adapters.priostack.bundle.bundle_file import MOST_VERSION
from plugbay_adapters.priostack.bundle.check import check_bundle
from plugbay_adapters.priostack.bundle.fields import Fields
from plugbay_adapters.priostack.bundle.files import MOST_NAMES
from plugbay_adapters.priostack.bundle.service_file import METHODS, MOST_RETRIES
from plugbay_adapters.priostack.bundle.yaml_text import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

    from plugbay_adapters.priostack.bundle.nodes import Table
    from plugbay_adapters.priostack.bundle.problem import Problem

PAGE = "docs/bundles.md"
WHERE = {
    "the bundle": "bundle",
    "the service": "service",
    "api": "api",
    "an endpoint": "endpoint",
    "an intent": "intent",
    "a goal": "goal",
}


def test_every_field_is_listed(page_at: Callable[[str], Page], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[tuple[str, str], bool] = {}
    names: dict[int, str] = {}
    make, take = Fields.__init__, Fields._value  # pyright: ignore[reportPrivateUsage] # every field goes through it

    def making(fields: Fields, table: Table, what: str, file: str, problems: list[Problem]) -> None:
        names[id(fields)] = what
        make(fields, table, what, file, problems)

    def taking(fields: Fields, key: str, *, required: bool) -> object:
        if names[id(fields)] in WHERE:
            asked[WHERE[names[id(fields)]], key] = required
        return take(fields, key, required=required)

    monkeypatch.setattr(Fields, "__init__", making)
    monkeypatch.setattr(Fields, "_value", taking)
    with Host() as host:
        assert check_bundle(ROOT / "examples" / "shop", host).good
    listed = {(row[0], row[1].strip("`")): row[2] == "yes" for row in page_at(PAGE).rows("Fields")}
    assert listed == asked


def test_every_argument_of_load_is_listed_with_its_default(page_at: Callable[[str], Page]) -> None:
    rows = page_at(PAGE).rows("In Python")
    parameters = inspect.signature(Bundle.load).parameters
    assert [row[0].strip("`") for row in rows] == list(parameters)
    for name in ("instances", "waiting", "queue"):
        assert next(row[2].strip("`") for row in rows if row[0] == f"`{name}`") == str(parameters[name].default)


def test_every_error_is_listed(page_at: Callable[[str], Page]) -> None:
    own = {name for name, value in vars(errors).items() if getattr(value, "__module__", "") == errors.__name__}
    assert {row[0].strip("`") for row in page_at(PAGE).rows("Errors")} == own


def test_the_numbers_of_the_text_are_right(page_at: Callable[[str], Page]) -> None:
    text = " ".join(page_at(PAGE).text.split())
    assert f"at most {MOST_BYTES // 1024} KiB" in text
    assert f"at most {MOST_VERSION} characters" in text
    assert f"from 0 to {MOST_RETRIES}" in text
    assert f"may have {MOST_NAMES:,} entries and {archive.MOST_TOTAL_BYTES // 1024**3} GiB" in text
    assert f"more than {archive.MOST_RATIO} times its size, from {archive.MOST_RATIO_FREE // 1024**2} MiB on" in text
    assert all(f"`{method}`" in text for method in METHODS)
