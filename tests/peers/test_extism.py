"""Extism's SDK answers the same calls, with plugbay's limits, and says what it can't do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from plugbay import Host, Limits, Permissions
from plugbay.module.binary import read_module
from plugbay.peers import Peer, PeerFailed, Subject, find_peer
from plugbay.peers.extism import extism_calls, why_no_extism
from plugbay.samples import typical_payloads

ROOT = Path(__file__).parents[2]
GUESTS = ROOT / "benchmarks" / "guests"
ACTORS = ROOT / "examples" / "actors"


def subject_of(data: bytes, limits: Limits | None = None, **config: Any) -> Subject:
    return Subject(data, read_module(data, ""), limits or Limits(), config)


def test_it_returns_what_plugbay_returns() -> None:
    data = (GUESTS / "echo.wasm").read_bytes()
    with extism_calls(subject_of(data), 1) as call, Host() as host, host.load(data) as plugin:
        for payload in (b"", b"\0\xff", bytes(70_000)):
            assert call("echo", payload) == plugin.call("echo", payload)


def test_it_gets_the_config() -> None:
    data = (GUESTS / "config_var.wasm").read_bytes()
    for step in ("5", 5):
        with extism_calls(subject_of(data, step=step), 1) as call:
            assert [call("count", b""), call("count", b"")] == [b"5", b"10"]


@pytest.mark.parametrize("name", ["counter-rust", "counter-go", "async-output-rust", "async-output-go"])
def test_it_runs_actors(name: str) -> None:
    data = (ACTORS / f"{name}.wasm").read_bytes()
    with Host(permissions=Permissions(state=True)) as host, host.load(data) as plugin:
        (context,) = typical_payloads("reflow", plugin.metadata)
        expected = plugin.call("process", context)
    with extism_calls(subject_of(data), 1) as call:
        assert call("process", context) == expected


@pytest.mark.parametrize("body", ["(loop $on (br $on))", "unreachable"])
def test_a_guest_that_traps_or_never_ends_fails_it(wat: Callable[[str], bytes], body: str) -> None:
    data = wat(f'(module (func (export "run") {body}))')
    with (
        pytest.raises(PeerFailed, match="the peer failed"),
        extism_calls(subject_of(data, Limits(deadline=0.05)), 1) as call,
    ):
        call("run", b"")


def test_a_module_that_it_can_not_make_fails_it(wat: Callable[[str], bytes]) -> None:
    data = wat('(module (import "extism:host/env" "no_such" (func)) (func (export "run")))')
    with pytest.raises(PeerFailed), extism_calls(subject_of(data), 1):
        pass


def test_it_takes_no_manifests_and_no_other_functions(wat: Callable[[str], bytes]) -> None:
    echo = subject_of((GUESTS / "echo.wasm").read_bytes())
    asking = subject_of(wat('(module (import "shop" "price" (func)))'))
    manifest = Subject(orjson.dumps({"wasm": []}), echo.info, Limits())
    assert why_no_extism(echo) is None
    assert why_no_extism(asking) == "the plugin imports shop.price; the peer has no such function"
    assert why_no_extism(manifest) == "the peer takes a module, not a manifest"


def test_each_abi_has_its_peer() -> None:
    echo = subject_of((GUESTS / "echo.wasm").read_bytes())
    for abi in ("extism", "reflow"):
        peer = find_peer(abi, echo)
        assert isinstance(peer, Peer)
        assert peer.name == "Extism's Python SDK, with the deadline"
    assert "the peer serves only env.log" in str(find_peer("fluxrig", echo))
    assert find_peer("other", echo) == "no peer knows the ABI other"


def test_a_missing_package_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "extism", None)
    data = (GUESTS / "echo.wasm").read_bytes()
    with pytest.raises(PeerFailed, match="the peer can't be loaded"), extism_calls(subject_of(data), 1):
        pass
