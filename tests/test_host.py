from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from plugbay import Host, Limits, Message, Permissions, PlugbayPlugins, Plugin, Trust
from plugbay.errors import (
    ConfigInvalid,
    DeadlineExceeded,
    InvalidBinary,
    ModuleError,
    PluginClosed,
    SourceNotFound,
    SourceUnreadable,
    TooLarge,
    UnknownAbi,
    UnsupportedFeature,
    UntrustedSignature,
)
from plugbay.module.source import ModuleSource, read_source
from plugbay.state import MemoryStore

Gear = Callable[..., bytes]


# ---- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["path", "text", "uri", "bytes", "source"])
def test_a_module_may_come_from_anywhere(host: Host, echo_gear: bytes, tmp_path: Path, form: str) -> None:
    path = tmp_path / "gear.wasm"
    path.write_bytes(echo_gear)
    sources: dict[str, ModuleSource] = {
        "path": path,
        "text": str(path),
        "uri": path.as_uri(),
        "bytes": echo_gear,
        "source": read_source(path, max_bytes=10**6),
    }
    assert host.load(sources[form]).call("process", b"hello") == b"hello"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("gear.wasm", "gear"), ("gear.wat.wasm", "gear"), ("my gear (1).wasm", "my-gear-1"), ("ä.wasm", "plugin")],
)
def test_a_plugin_is_named_after_its_file(
    host: Host, echo_gear: bytes, tmp_path: Path, name: str, expected: str
) -> None:
    path = tmp_path / name
    path.write_bytes(echo_gear)
    assert host.load(path).name == expected


@pytest.mark.parametrize("name", ["", "a b", "../x", ".hidden", "a/b", "x" * 129, "né", "a\n"])
def test_a_name_must_be_plain(host: Host, echo_gear: bytes, name: str) -> None:
    with pytest.raises(ConfigInvalid, match="can't be a plugin's name"):
        host.load(echo_gear, name=name)


def test_errors_name_the_plugin(host: Host, gear: Gear) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        host.load(gear("(return_call $copy (local.get $p) (local.get $n))"), name="modern")
    assert caught.value.plugin == "modern"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (None, SourceNotFound),
        (b"", InvalidBinary),
        (b"\x1f\x8b\x08\0\0\0\0\0", InvalidBinary),
        (b"\0asm\x0d\0\x01\0", InvalidBinary),
        (b"\0asm\x01\0\0\0", UnknownAbi),
    ],
    ids=["missing", "empty", "gzip", "a component", "no abi"],
)
def test_what_cannot_be_hosted_is_refused_with_its_own_error(
    host: Host, tmp_path: Path, data: bytes | None, error: type[ModuleError]
) -> None:
    path = tmp_path / "gear.wasm"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(error):
        host.load(path)


def test_a_folder_is_no_module(host: Host, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable):
        host.load(tmp_path)


def test_a_module_over_the_size_limit_is_not_even_read(host: Host, echo_gear: bytes) -> None:
    size = len(echo_gear)
    with pytest.raises(TooLarge) as caught:
        host.load(echo_gear, limits=Limits(module_bytes=size - 1))
    assert caught.value.limit == "module_bytes"
    assert host.load(echo_gear, limits=Limits(module_bytes=size)).call("process", b"x") == b"x"


# ---- trust -----------------------------------------------------------------------------------------------------------


def test_only_trusted_digests_are_hosted_where_there_is_a_policy(echo_gear: bytes, gear: Gear) -> None:
    digest = read_source(echo_gear, max_bytes=10**6).digest
    with Host(trust=Trust(digests=frozenset({digest}))) as host:
        plugin = host.load(echo_gear)
        with pytest.raises(UntrustedSignature):
            host.load(gear("(i64.const 0)"))
        with pytest.raises(UntrustedSignature):
            plugin.reload(gear("(i64.const 0)"))
        assert plugin.call("process", b"x") == b"x"
    with Host(trust=Trust(digests=frozenset())) as host, pytest.raises(UntrustedSignature):
        host.load(echo_gear)


# ---- options ---------------------------------------------------------------------------------------------------------


def test_limits_and_permissions_of_the_host_hold_unless_the_plugin_brings_its_own(gear: Gear) -> None:
    endless = gear("(loop $again (br $again)) (i64.const 0)")
    with Host(limits=Limits(deadline=0.05), permissions=Permissions.none()) as host:
        with pytest.raises(DeadlineExceeded, match=r"0\.05 s"):
            host.load(endless).call("process", b"x")
        with pytest.raises(DeadlineExceeded, match=r"0\.1 s"):
            host.load(endless, limits=Limits(deadline=0.1)).call("process", b"x")
        logging = gear(
            "(call $log (i32.const 2) (local.get $p) (i32.const 1)) (call $copy (local.get $p) (local.get $n))",
            imports='(import "env" "log" (func $log (param i32 i32 i32)))',
        )
        assert host.load(logging).process(Message.new()).logs == ()
        assert len(host.load(logging, permissions=Permissions()).process(Message.new()).logs) == 1


def test_an_engine_must_be_known_and_fit_the_adapter(echo_gear: bytes) -> None:
    with Host() as host:
        assert host.load(echo_gear, engine="wasmtime").call("process", b"x") == b"x"
        with pytest.raises(ConfigInvalid, match="can't use the engine v8") as caught:
            host.load(echo_gear, engine="v8")
        assert caught.value.hint == "it runs on: wasmtime"
    with Host(engine="v8") as host, pytest.raises(ConfigInvalid, match="v8"):
        host.load(echo_gear)


@pytest.mark.parametrize("config", [{"entrypont": "x"}, {"entrypoint": 5}, {"entrypoint": ""}])
def test_config_is_judged_by_the_adapter(host: Host, echo_gear: bytes, config: dict[str, object]) -> None:
    with pytest.raises(ConfigInvalid):
        host.load(echo_gear, config=config, abi="fluxrig")


def test_a_forced_abi_is_asked_alone(host: Host, echo_gear: bytes, wat: Callable[[str], bytes]) -> None:
    assert host.load(echo_gear, abi="fluxrig").claim.abi == "fluxrig"
    with pytest.raises(UnknownAbi):
        host.load(wat("(module)"), abi="fluxrig")
    with pytest.raises(ConfigInvalid, match="no adapter for the ABI other"):
        host.load(echo_gear, abi="other")


def test_a_plugin_tells_what_it_is(host: Host, echo_gear: bytes) -> None:
    plugin = host.load(echo_gear)
    assert plugin.info.size == len(echo_gear)
    assert plugin.claim.profile == "core"
    assert plugin.functions == {plugin.default_function} == {"process"}
    assert plugin.metadata == {}


# ---- state -----------------------------------------------------------------------------------------------------------


def test_a_store_that_was_passed_in_stays_open(echo_gear: bytes) -> None:
    store = MemoryStore()
    with Host(state=store) as host:
        assert host.state is store
    store.commit("a", {}, {"k": b"v"}, quota_bytes=100)
    assert store.get("a", "k") is not None


def test_a_store_named_by_url_is_opened_and_closed(tmp_path: Path) -> None:
    with Host(state=f"sqlite:{tmp_path / 'state.db'}") as host:
        host.state.commit("a", {}, {"k": b"v"}, quota_bytes=100)
        store = host.state
    with pytest.raises(PluginClosed):
        store.get("a", "k")
    assert (tmp_path / "state.db").exists()


def test_an_unknown_store_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="no installed plugin opens the state store redis://x"):
        Host(state="redis://x")


# ---- life ------------------------------------------------------------------------------------------------------------


def test_a_closed_host_has_closed_its_plugins_and_loads_no_more(echo_gear: bytes) -> None:
    host = Host()
    plugins = [host.load(echo_gear) for _ in range(3)]
    plugins[0].close()
    host.close()
    host.close()
    for plugin in plugins:
        with pytest.raises(PluginClosed):
            plugin.call("process", b"x")
    with pytest.raises(PluginClosed, match="the host is closed"):
        host.load(echo_gear)


def test_a_host_that_closes_while_a_plugin_loads_leaves_none_open(gear: Gear) -> None:
    host = Host()
    loaded: list[Plugin] = []

    def load() -> None:
        modules = (gear(f"(drop (i32.const {number})) (i64.const 0)") for number in range(1000))
        with contextlib.suppress(PluginClosed):
            loaded.extend(host.load(module) for module in modules)

    loader = threading.Thread(target=load)
    loader.start()
    while not loaded:
        pass
    host.close()
    loader.join()
    assert len(loaded) < 1000
    for plugin in loaded:
        with pytest.raises(PluginClosed):
            plugin.call("process", b"x")


def test_plugins_of_plugbay_that_were_passed_in_stay_open(echo_gear: bytes) -> None:
    plugins = PlugbayPlugins()
    for _ in range(2):
        with Host(plugins=plugins) as host:
            assert host.load(echo_gear).call("process", b"x") == b"x"
    plugins.close()
    with Host(plugins=plugins) as host, pytest.raises(PluginClosed):
        host.load(echo_gear)


def test_hosts_do_not_disturb_each_other(echo_gear: bytes) -> None:
    with Host() as outer:
        plugin = outer.load(echo_gear)
        with Host() as inner:
            assert inner.load(echo_gear).call("process", b"x") == b"x"
        assert plugin.call("process", b"x") == b"x"
