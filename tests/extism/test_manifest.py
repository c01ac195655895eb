"""Extism manifests: what each field means, and every wrong one named at once."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import ConfigInvalid
from plugbay.limits import Limits
from plugbay.manifest import ManifestModule, PluginManifest
from plugbay.permissions import Permissions
from plugbay.services.paths import PathGrant
from plugbay_adapters.extism.fields import REPORTED
from plugbay_adapters.extism.manifest import is_manifest, read_manifest

FOLDER = Path("/plugins")
WASM = b"\0asm\1\0\0\0"
DIGEST = hashlib.sha256(WASM).hexdigest()
ONE = [{"path": "a.wasm"}]


def read(wasm: Any = ONE, **fields: Any) -> PluginManifest:
    return read_manifest({"wasm": wasm, **fields}, FOLDER)


def refusal(wasm: Any = ONE, **fields: Any) -> ConfigInvalid:
    with pytest.raises(ConfigInvalid) as caught:
        read(wasm, **fields)
    return caught.value


def test_every_field_has_its_place() -> None:
    manifest = read(
        [{"path": "lib/math.wasm", "name": "math"}, {"data": WASM, "hash": DIGEST.upper()}],
        memory={"max_pages": 16, "max_http_response_bytes": 1000, "max_var_bytes": 0},
        config={"greeting": "hi"},
        allowed_hosts=["api.example.com", "*.example.org", "*"],
        allowed_paths={"ro:data": "/data", "/srv/out": "out"},
        timeout_ms=1500,
    )
    assert manifest == PluginManifest(
        modules=(ManifestModule(FOLDER / "lib/math.wasm", "math"), ManifestModule(WASM, None, DIGEST)),
        config={"greeting": "hi"},
        limits={"memory_pages": 16, "http_bytes": 1000, "var_bytes": 0, "deadline": 1.5},
        http=("api.example.com", "*.example.org", "*"),
        paths=(PathGrant("/plugins/data", "/data"), PathGrant("/srv/out", "out", writable=True)),
    )


def test_a_manifest_of_one_module_grants_and_changes_nothing() -> None:
    assert read() == PluginManifest((ManifestModule(FOLDER / "a.wasm"),))


def test_null_leaves_optional_fields_at_the_host_s_values() -> None:
    memory = dict.fromkeys(("max_pages", "max_http_response_bytes", "max_var_bytes"))
    module = {"path": "a.wasm", "name": None, "hash": None}
    assert read([module], memory=memory, allowed_hosts=None, allowed_paths=None, timeout_ms=None) == read()


def test_a_document_without_wasm_is_somebody_else_s() -> None:
    assert is_manifest({"wasm": None})
    assert not is_manifest({"modules": []})


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ({"path": "/abs/a.wasm"}, Path("/abs/a.wasm")),
        ({"path": Path("a.wasm")}, FOLDER / "a.wasm"),
        ({"path": "https://example.com/a.wasm"}, FOLDER / "https:/example.com/a.wasm"),
        ({"url": "https://example.com/a.wasm"}, "https://example.com/a.wasm"),
        ({"url": "snake://a", "method": "get", "headers": {}}, "snake://a"),
        ({"data": base64.b64encode(WASM).decode()}, WASM),
        ({"data": WASM}, WASM),
    ],
)
def test_where_a_module_is(module: dict[str, Any], source: object) -> None:
    assert read([module]).modules[0].source == source


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["a", "b", "c"], "abc"),
        (["a", "main", "c"], ["a", "c", "main"]),
        ([None, "b", "c"], ["b", "c", None]),
        (["only"], ["only"]),
        (["extism:host/env"], ["extism:host/env"]),
    ],
)
def test_the_plugin_is_main_or_nameless_or_else_last(names: list[str | None], order: list[str | None]) -> None:
    modules = [{"path": "x.wasm"} if name is None else {"path": "x.wasm", "name": name} for name in names]
    assert [module.name for module in read(modules).modules] == list(order)


X = "x.wasm"
WRONG: list[tuple[Any, dict[str, Any], str]] = [
    ([], {}, "wasm"),
    (None, {}, "wasm"),
    ({"path": X}, {}, "wasm"),
    (["a.wasm"], {}, "wasm[0]"),
    ([{}], {}, "wasm[0]"),
    ([{"name": "main"}], {}, "wasm[0]"),
    ([{"path": X, "url": "https://a/b"}], {}, "wasm[0]"),
    ([{"path": X, "sha": DIGEST}], {}, "wasm[0].sha"),
    ([{"path": X, "headers": {}}], {}, "wasm[0].headers"),
    ([{"path": ""}], {}, "wasm[0].path"),
    ([{"path": "a\0b"}], {}, "wasm[0].path"),
    ([{"path": "\ud800"}], {}, "wasm[0].path"),
    ([{"path": None}], {}, "wasm[0].path"),
    ([{"path": X}, {"path": X, "name": 3}], {}, "wasm[1].name"),
    ([{"path": X}, {"path": X}], {}, "wasm[1].name"),
    ([{"path": X, "name": "main"}, {"path": X}], {}, "wasm[1].name"),
    ([{"path": X, "name": "a"}, {"path": X, "name": "a"}], {}, "wasm[1].name"),
    ([{"path": X, "name": "extism:host/env"}, {"path": X}], {}, "wasm[0].name"),
    ([{"path": X, "hash": "abc"}], {}, "wasm[0].hash"),
    ([{"path": X, "hash": DIGEST + "0"}], {}, "wasm[0].hash"),
    ([{"url": "a.wasm"}], {}, "wasm[0].url"),
    ([{"url": "https://a/b c"}], {}, "wasm[0].url"),
    ([{"url": None}], {}, "wasm[0].url"),
    ([{"url": "https://a/b", "headers": {"a": "b"}}], {}, "wasm[0].headers"),
    ([{"url": "https://a/b", "headers": None}], {}, "wasm[0].headers"),
    ([{"url": "https://a/b", "method": "POST"}], {}, "wasm[0].method"),
    ([{"data": "no base64"}], {}, "wasm[0].data"),
    ([{"data": "AA"}], {}, "wasm[0].data"),
    ([{"data": "ä"}], {}, "wasm[0].data"),
    ([{"data": {"ptr": 0, "len": 8}}], {}, "wasm[0].data"),
    (ONE, {"memory": None}, "memory"),
    (ONE, {"memory": {"pages": 1}}, "memory.pages"),
    (ONE, {"memory": {"max_pages": "1"}}, "memory.max_pages"),
    (ONE, {"memory": {"max_pages": 65537}}, "memory.max_pages"),
    (ONE, {"memory": {"max_pages": True}}, "memory.max_pages"),
    (ONE, {"memory": {"max_pages": 1.0}}, "memory.max_pages"),
    (ONE, {"memory": {"max_http_response_bytes": -1}}, "memory.max_http_response_bytes"),
    (ONE, {"memory": {"max_var_bytes": 10**5000}}, "memory.max_var_bytes"),
    (ONE, {"config": None}, "config"),
    (ONE, {"config": {"a": 1}}, 'config["a"]'),
    (ONE, {"config": {"a": "\udfff"}}, 'config["a"]'),
    (ONE, {"config": {1: "a"}}, "config[1]"),
    (ONE, {"allowed_hosts": "example.com"}, "allowed_hosts"),
    (ONE, {"allowed_hosts": ["a.com", 1]}, "allowed_hosts[1]"),
    (ONE, {"allowed_hosts": ["https://a.com"]}, "allowed_hosts[0]"),
    (ONE, {"allowed_hosts": ["a.com:80"]}, "allowed_hosts[0]"),
    (ONE, {"allowed_hosts": ["a?.com"]}, "allowed_hosts[0]"),
    (ONE, {"allowed_hosts": ["[ab].com"]}, "allowed_hosts[0]"),
    (ONE, {"allowed_hosts": ["**.com"]}, "allowed_hosts[0]"),
    (ONE, {"allowed_hosts": [""]}, "allowed_hosts[0]"),
    (ONE, {"allowed_paths": ["/data"]}, "allowed_paths"),
    (ONE, {"allowed_paths": {"ro:": "/data"}}, 'allowed_paths["ro:"]'),
    (ONE, {"allowed_paths": {"data": "/a/../b"}}, 'allowed_paths["data"]'),
    (ONE, {"allowed_paths": {"data": None}}, 'allowed_paths["data"]'),
    (ONE, {"allowed_paths": {"data": "/d", "ro:other": "/d/"}}, 'allowed_paths["ro:other"]'),
    (ONE, {"timeout_ms": 0}, "timeout_ms"),
    (ONE, {"timeout_ms": 0.5}, "timeout_ms"),
    (ONE, {"timeout_ms": 86_400_001}, "timeout_ms"),
    (ONE, {"timeout": 5}, "timeout"),
    (ONE, {"a b": 5}, '["a b"]'),
]


@pytest.mark.parametrize(("wasm", "fields", "path"), WRONG, ids=[f"{path}-{n}" for n, (*_, path) in enumerate(WRONG)])
def test_a_wrong_field_is_named_by_its_path(wasm: Any, fields: dict[str, Any], path: str) -> None:
    error = refusal(wasm, **fields)
    assert error.function == path
    assert any(
        text in error.reason
        for text in (
            f"{path} must be {error.expected}, not {error.found}",
            f"{path} is {error.found} (known: {error.expected})",
        )
    )


def test_wasm_is_needed() -> None:
    with pytest.raises(ConfigInvalid, match="wasm must be a list of modules, not absent"):
        read_manifest({}, FOLDER)


def test_all_problems_are_told_at_once() -> None:
    error = refusal([{"path": X, "hash": "abc"}], memory={"max_pages": -1}, timeout_ms="5", colour="red")
    assert str(error) == (
        "the Extism manifest is not valid: "
        "colour is an unknown field (known: wasm, memory, config, allowed_hosts, allowed_paths, timeout_ms); "
        'wasm[0].hash must be a SHA-256 of 64 hex digits, not "abc"; '
        "memory.max_pages must be a whole number from 0 to 65536, not -1; "
        'timeout_ms must be a whole number from 1 to 86400000, not "5"'
    )


def test_a_document_of_nothing_but_problems_makes_no_endless_error() -> None:
    error = refusal([{"path": X}], config={f"{n}{'k' * 10_000}": "v" * n + "\ud800" for n in range(100)})
    assert error.reason.endswith(f"; and {100 - REPORTED} more")
    assert len(error.reason) < 200 * REPORTED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
HOSTISH = st.text(st.sampled_from("aZ0.-*?[]:/@ü \ud800"), max_size=12)
MODULE = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("path", "url", "data", "name", "hash", "headers", "method", "x"), JSON | HOSTISH)
)
DOCUMENT = st.fixed_dictionaries(
    {"wasm": JSON | st.lists(MODULE | JSON, max_size=4)},
    optional={
        "memory": JSON | st.dictionaries(st.sampled_from(["max_pages", "max_var_bytes"]), JSON),
        "config": JSON | st.dictionaries(st.text(), st.text()),
        "allowed_hosts": JSON | st.lists(HOSTISH),
        "allowed_paths": JSON | st.dictionaries(HOSTISH, HOSTISH),
        "timeout_ms": JSON,
        "other": JSON,
    },
)


@given(DOCUMENT)
def test_any_document_is_read_or_refused(document: dict[str, Any]) -> None:
    try:
        manifest = read_manifest(document, FOLDER)
    except ConfigInvalid as error:
        str(error).encode()
    else:
        Limits().with_changes(**manifest.limits)
        Permissions(http=manifest.http, paths=manifest.paths)
        assert 1 <= len(manifest.modules) == len(document["wasm"])
