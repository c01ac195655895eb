"""The page on manifests lists every field, and what it becomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugbay.errors import ConfigInvalid
from plugbay_adapters.extism.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/manifests.md"
MODULE: dict[str, Any] = {"data": b"\0asm"}
# A value of each field, by the row of the page.
FIELDS: dict[str, dict[str, Any]] = {
    "wasm": {},
    "memory.max_pages": {"memory": {"max_pages": 7}},
    "memory.max_http_response_bytes": {"memory": {"max_http_response_bytes": 7}},
    "memory.max_var_bytes": {"memory": {"max_var_bytes": 7}},
    "config": {"config": {"key": "value"}},
    "allowed_hosts": {"allowed_hosts": ["*.example.com"]},
    "allowed_paths": {"allowed_paths": {"ro:/srv": "/data"}},
    "timeout_ms": {"timeout_ms": 7},
}
MODULE_FIELDS: dict[str, dict[str, Any]] = {
    "path": {"path": "m.wasm"},
    "url": {"url": "https://example.com/m.wasm"},
    "data": {"data": "AGFzbQ=="},
    "name": {**MODULE, "name": "main"},
    "hash": {**MODULE, "hash": "0" * 64},
    "method": {"url": "https://example.com/m.wasm", "method": "GET"},
    "headers": {"url": "https://example.com/m.wasm", "headers": {}},
}


def tables(page: Page) -> dict[str, list[str]]:
    """The rows of both tables of fields, by the field."""
    rows = page.rows("Fields")
    return {row[0].strip("`"): row[1:] for row in rows if row[0].startswith("`")}


def test_every_field_is_listed(page_at: Callable[[str], Page]) -> None:
    assert list(tables(page_at(PAGE))) == [*FIELDS, *MODULE_FIELDS]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_is_taken(field: str) -> None:
    read_manifest({"wasm": [MODULE], **FIELDS[field]}, Path("/"))


@pytest.mark.parametrize("field", MODULE_FIELDS)
def test_a_field_of_a_module_is_taken(field: str) -> None:
    read_manifest({"wasm": [MODULE_FIELDS[field]]}, Path("/"))


@pytest.mark.parametrize("field", [name for name in FIELDS if name.startswith("memory.")])
def test_a_limit_is_the_one_of_the_page(field: str, page_at: Callable[[str], Page]) -> None:
    (limit,) = read_manifest({"wasm": [MODULE], **FIELDS[field]}, Path("/")).limits
    assert tables(page_at(PAGE))[field][0] == f"`Limits.{limit}`"


def test_a_field_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ConfigInvalid):
        read_manifest({"wasm": [MODULE], "wasi": True}, Path("/"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"allowed_hosts": ["api?.example.com"]},
        {"allowed_hosts": ["[ab].example.com"]},
        {"allowed_hosts": ["**.example.com"]},
        {"allowed_hosts": ["example.com:443"]},
        {"allowed_paths": {"/a": "/x", "/b": "/x"}},
        {"allowed_paths": {"/a": "/x/../y"}},
        {"wasm": [{"url": "https://example.com/m.wasm", "headers": {"a": "b"}}]},
        {"wasm": [{"url": "https://example.com/m.wasm", "method": "POST"}]},
        {"wasm": [{**MODULE, "name": "extism:host/env"}, MODULE]},
        {"wasm": [{**MODULE, "name": "a"}, {**MODULE, "name": "a"}]},
    ],
)
def test_what_the_page_calls_refused_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigInvalid):
        read_manifest({"wasm": [MODULE], **wrong}, Path("/"))


@pytest.mark.parametrize("field", ["allowed_hosts", "allowed_paths", "timeout_ms"])
def test_null_is_the_same_as_leaving_it_out(field: str) -> None:
    plain = read_manifest({"wasm": [MODULE]}, Path("/"))
    assert read_manifest({"wasm": [MODULE], field: None}, Path("/")) == plain
