"""What a source may turn out to be: a module, or a manifest where one was named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugbay import Host
from plugbay.errors import ConfigInvalid
from plugbay.module.source import WasmSource

PLUGIN = '(module (func (export "f")))'


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


@pytest.fixture
def manifest(wat: Callable[[str], bytes], tmp_path: Path) -> bytes:
    """A manifest that grants its plugin the whole machine."""
    (tmp_path / "plugin.wasm").write_bytes(wat(PLUGIN))
    return b"\n " + json.dumps({"wasm": [{"path": "plugin.wasm"}], "allowed_paths": {"/": "/all"}}).encode()


@pytest.mark.parametrize("name", ["a.wasm", "manifest", "json", "a.json.wasm", "https:a.json?x"])
def test_a_manifest_that_was_given_as_a_module_is_refused(
    host: Host, manifest: bytes, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(manifest)
    with pytest.raises(ConfigInvalid, match="is no module: it begins like a manifest"):
        host.load(file)


@pytest.mark.parametrize(
    "origin", ["<bytes>", "https://example.com/a.wasm", "https://example.com/a.wasm?b.json", "https://x/a#.json"]
)
def test_a_manifest_that_came_for_a_module_is_refused(host: Host, manifest: bytes, origin: str) -> None:
    with pytest.raises(ConfigInvalid, match="is no module: it begins like a manifest"):
        host.load(WasmSource(manifest, "", origin), name="a")


def test_bytes_are_never_a_manifest(host: Host, manifest: bytes) -> None:
    with pytest.raises(ConfigInvalid, match="load it as a map"):
        host.load(manifest)


@pytest.mark.parametrize("name", ["a.json", "A.JSON"])
def test_a_file_that_is_named_like_a_manifest_is_one(host: Host, manifest: bytes, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(manifest)
    with host.load(file) as plugin:
        assert plugin.call("f", b"") == b""


def test_a_url_with_a_query_is_judged_by_its_path(host: Host, manifest: bytes) -> None:
    found = host.packages.manifest(WasmSource(manifest, "", "https://example.com/a.json?token=b.wasm"))
    assert found is not None
    assert [grant.guest for grant in found.paths] == ["/all"]


@pytest.mark.parametrize("text", [b"{", b'{"wasm": ' + b"[" * 100_000, b"{\0}", b'{"wasm": [NaN]}'])
def test_a_manifest_that_is_not_json_is_refused(host: Host, text: bytes) -> None:
    with pytest.raises(ConfigInvalid, match="is not JSON"):
        host.load(WasmSource(text, "", "a.json"), name="a")


def test_a_document_that_no_adapter_knows_is_refused(host: Host) -> None:
    with pytest.raises(ConfigInvalid, match="no installed plugin knows this kind of manifest") as caught:
        host.load(WasmSource(b'{"b": 1, "a": 2}', "", "a.json"), name="a")
    assert caught.value.found == "a, b"
