"""The peer of byte functions takes the steps of each convention, and says what it can't drive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plugbay import Host, Limits
from plugbay.module.binary import read_module
from plugbay.peers import Peer, PeerFailed, Subject, find_peer
from plugbay.peers.priostack import PRIOSTACK, ordinary_byte_functions, why_no_byte_functions

USERS = Path(__file__).parents[2] / "examples" / "users"


def subject_of(data: bytes, limits: Limits | None = None) -> Subject:
    return Subject(data, read_module(data, ""), limits or Limits())


@pytest.mark.parametrize(
    "name", ["users-rust", "users-zig", "users-rust-bindgen", "users-rust-bindgen-retptr", "users-assemblyscript"]
)
def test_it_gives_the_same_bytes_as_plugbay(host: Host, name: str) -> None:
    data = (USERS / f"{name}.wasm").read_bytes()
    plugin = host.load(data)
    with ordinary_byte_functions(subject_of(data), 5) as call:
        for payload in (b"", b"\0\xff", bytes(70_000)):
            assert call("echo", payload) == plugin.call("echo", payload) == payload


BUFFERS = """(module
  (memory (export "memory") 1)
  (global $pinned (mut i32) (i32.const 0))
  (func $new (export "__new") (param $n i32) (param $id i32) (result i32)
    (i32.store (i32.const 1016) (local.get $id)) (i32.store (i32.const 1020) (local.get $n)) (i32.const 1024))
  (func (export "__pin") (param $p i32) (result i32) (global.set $pinned (i32.const 1)) (local.get $p))
  (func (export "__unpin") (param i32) (global.set $pinned (i32.const 0)))
  (func (export "__collect"))
  (func (export "echo") (param $p i32) (result i32)
    (if (i32.eqz (global.get $pinned)) (then (unreachable))) (local.get $p))
  (func (export "none") (param $p i32) (result i32) (i32.const 0)))"""


def test_it_hands_over_buffers_that_are_pinned(wat: Callable[[str], bytes]) -> None:
    with ordinary_byte_functions(subject_of(wat(BUFFERS)), 1) as call:
        assert [call("echo", b"abc"), call("echo", b"de"), call("none", b"abc")] == [b"abc", b"de", b""]


def test_a_free_that_takes_a_pointer_alone_gets_it(wat: Callable[[str], bytes]) -> None:
    data = wat("""(module (memory (export "memory") 1)
      (func (export "malloc") (param i32) (result i32) (i32.const 64))
      (func (export "dealloc") (param $p i32) (if (i32.ne (local.get $p) (i32.const 64)) (then (unreachable))))
      (func (export "echo") (param $p i32) (param $n i32) (result i64)
        (i64.or (i64.shl (i64.extend_i32_u (local.get $p)) (i64.const 32)) (i64.extend_i32_u (local.get $n)))))""")
    with ordinary_byte_functions(subject_of(data), 1) as call:
        assert call("echo", b"abc") == b"abc"


def test_a_guest_that_never_ends_fails_it(wat: Callable[[str], bytes]) -> None:
    data = wat(
        BUFFERS.replace(
            '(local.get $p))\n  (func (export "none")', '(loop $on (br $on)) (local.get $p))\n  (func (export "none")'
        )
    )
    with (
        pytest.raises(PeerFailed, match="the peer failed"),
        ordinary_byte_functions(subject_of(data, Limits(deadline=0.05)), 0.01) as call,
    ):
        call("echo", b"")


def test_what_it_can_not_serve_is_named(wat: Callable[[str], bytes]) -> None:
    asking = subject_of(wat('(module (import "env" "now" (func (result i64))))'))
    assert why_no_byte_functions(asking.info) == "the plugin imports env.now; the peer has no such function"
    assert find_peer(PRIOSTACK, asking) == why_no_byte_functions(asking.info)
    with (
        pytest.raises(PeerFailed, match="finds no functions"),
        ordinary_byte_functions(subject_of(wat('(module (memory (export "memory") 1))')), 1),
    ):
        pass


def test_byte_functions_have_their_peer(wat: Callable[[str], bytes]) -> None:
    peer = find_peer(PRIOSTACK, subject_of(wat(BUFFERS)))
    assert isinstance(peer, Peer)
    assert peer.name == "wasmtime-py, ordinary calls"
