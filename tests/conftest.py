"""Shared by all tests: a cache of their own, guests written as text, a host."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import wasmtime
from tests.conformance import mutant_share

from plugbay import Host, Plugin

if TYPE_CHECKING:
    from pathlib import Path

GEAR = """
(module $gear
  {imports}
  (memory (export "memory") {pages})
  (global $live (mut i32) (i32.const 0))
  (global $heap (mut i32) (i32.const 4096))
  (func $alloc (export "{alloc}") (param $n i32) (result i32) (local $p i32) (local $missing i32)
    (local.set $p (global.get $heap))
    (global.set $heap (i32.add (local.get $p) (i32.and (i32.add (local.get $n) (i32.const 15)) (i32.const -8))))
    (local.set $missing (i32.sub (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.gt_s (local.get $missing) (i32.const 0)) (then
      (if (i32.eq (i32.const -1)
            (memory.grow (i32.shr_u (i32.add (local.get $missing) (i32.const 65535)) (i32.const 16))))
        (then (global.set $heap (local.get $p)) (return (i32.const 0))))))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (local.get $p))
  (func $free (export "free") (param $p i32) (param $n i32)
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.eqz (global.get $live)) (then (global.set $heap (i32.const 4096)))))
  (func $pack (param $q i32) (param $k i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $q)) (i64.const 32)) (i64.extend_i32_u (local.get $k))))
  (func $copy (param $p i32) (param $n i32) (result i64) (local $q i32)
    (local.set $q (call $alloc (local.get $n)))
    (memory.copy (local.get $q) (local.get $p) (local.get $n))
    (call $pack (local.get $q) (local.get $n)))
  (func $number (param $value i32) (result i64) (local $q i32)
    (local.set $q (call $alloc (i32.const 4)))
    (i32.store (local.get $q) (local.get $value))
    (call $pack (local.get $q) (i32.const 4)))
  (func $process (export "{entrypoint}") (param $p i32) (param $n i32) (result i64)
    {body})
  {extra})
"""
"""A gear whose allocator counts what is live. Bodies may call $copy and $number, which allocate their results."""

ECHO = "(call $copy (local.get $p) (local.get $n))"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many mutants were caught."""
    mutant_share.tell(terminalreporter)


@pytest.fixture(scope="session", autouse=True)
def quick_failures_of_libextism() -> Iterator[None]:
    """Where ``RUST_BACKTRACE`` is set, libextism takes 0.1 s for each failed call, to name native frames."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RUST_LIB_BACKTRACE", "0")
        yield


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tests' own folder for what programs keep, such as a server's queue of events."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tests' own ahead-of-time cache, so that they never touch the user's."""
    folder = tmp_path_factory.mktemp("cache")
    folder.chmod(0o700)
    before = os.environ.get("PLUGBAY_CACHE_DIR")
    os.environ["PLUGBAY_CACHE_DIR"] = str(folder)
    yield folder
    if before is None:
        del os.environ["PLUGBAY_CACHE_DIR"]
    else:
        os.environ["PLUGBAY_CACHE_DIR"] = before


@pytest.fixture(scope="session")
def wat() -> Callable[[str], bytes]:
    """Compiles text to a binary."""
    return lambda text: bytes(wasmtime.wat2wasm(text))


@pytest.fixture(scope="session")
def gear(wat: Callable[[str], bytes]) -> Callable[..., bytes]:
    """A fluxrig gear around the body of its entrypoint, whose parameters are ``$p`` and ``$n``."""

    def build(
        body: str = ECHO,
        *,
        imports: str = "",
        extra: str = "",
        pages: str = "1",
        alloc: str = "alloc",
        entrypoint: str = "process",
    ) -> bytes:
        return wat(
            GEAR.format(body=body, imports=imports, extra=extra, pages=pages, alloc=alloc, entrypoint=entrypoint)
        )

    return build


@pytest.fixture(scope="session")
def echo_gear(gear: Callable[..., bytes]) -> bytes:
    """A gear that answers a copy of each message."""
    return gear()


@pytest.fixture
def host() -> Iterator[Host]:
    """A host with the defaults."""
    with Host() as host:
        yield host


@pytest.fixture
def echo(host: Host, echo_gear: bytes) -> Plugin:
    """The echo gear, loaded."""
    return host.load(echo_gear, name="echo")
