"""The page on fluxrig lists the imports as they are served, and its gear builds and runs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from plugbay import Claim, Host, Limits, LogLevel, Message, Permissions, PluginOptions
from plugbay.engines.wasmtime.driver import Driver
from plugbay.engines.wasmtime.wasi import wasi_driver
from plugbay.module.binary import read_module
from plugbay_adapters.fluxrig.adapter import FluxrigAdapter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.docs.conftest import Page

PAGE = "docs/fluxrig.md"


def test_the_imports_are_those_that_the_driver_serves(page_at: Callable[[str], Page]) -> None:
    listed = {f"env.{name.strip('`')}": kind.strip("`") for name, kind, _ in page_at(PAGE).rows("Imports")}
    provided = Driver.load("plugbay_adapters.fluxrig", "driver.wat").provides
    assert listed == {name: str(kind) for name, kind in provided.items()}


def test_the_exports_are_those_that_the_adapter_looks_for(
    page_at: Callable[[str], Page], gear: Callable[..., bytes]
) -> None:
    rows = {name.strip("`"): kind.strip("`") for name, kind, _ in page_at(PAGE).rows("Exports")}
    claim = FluxrigAdapter().claim(read_module(gear(), ""), PluginOptions("gear", Limits()))
    assert isinstance(claim, Claim)
    assert claim.evidence == tuple(f"exports {name}{rows[name]}" for name in ("alloc", "free", "process"))


def test_every_wasi_function_is_there(page_at: Callable[[str], Page]) -> None:
    assert f"All {len(wasi_driver().provides)} functions" in page_at(PAGE).text


IMPORTS = """
  (import "env" "emit" (func $emit (param i32 i32)))
  (import "env" "reject" (func $reject (param i32 i32)))
  (import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))"""
COPY = "(call $copy (local.get $p) (local.get $n))"
EMIT = "(call $emit (local.get $p) (local.get $n))"
EMPTY_ARRAY = "(i32.store8 (i32.const 3000) (i32.const 0x80)) (call $copy (i32.const 3000) (i32.const 1))"
REJECT = "(call $reject (i32.const 3000) (i32.const 0))"
# What a gear does, by the first column of the page's table, with the number of messages that it leads to.
GEARS = {
    "returns a CBOR map": (EMIT + COPY, 2),
    "returns a CBOR array of maps": (EMIT + "(call $array (local.get $p) (local.get $n))", 3),
    "returns length 0, emitted something": (EMIT + "(i64.const 0)", 1),
    "returns length 0 or an empty array, emitted nothing": (EMPTY_ARRAY, 0),
    "called `reject`": (EMIT + REJECT + COPY, 0),
    "failed": (EMIT + "(unreachable)", 0),
}
TWICE = """
  (func $array (param $p i32) (param $n i32) (result i64) (local $q i32)
    (local.set $q (call $alloc (i32.add (i32.const 1) (i32.mul (i32.const 2) (local.get $n)))))
    (i32.store8 (local.get $q) (i32.const 0x82))
    (memory.copy (i32.add (local.get $q) (i32.const 1)) (local.get $p) (local.get $n))
    (memory.copy (i32.add (i32.add (local.get $q) (i32.const 1)) (local.get $n)) (local.get $p) (local.get $n))
    (call $pack (local.get $q) (i32.add (i32.const 1) (i32.mul (i32.const 2) (local.get $n)))))"""


@pytest.mark.parametrize("does", GEARS)
def test_what_a_gear_does_leads_to_what_the_page_says(
    does: str, host: Host, gear: Callable[..., bytes], page_at: Callable[[str], Page]
) -> None:
    rows = {row[0]: row[1:] for row in page_at(PAGE).rows("One message")}
    assert set(rows) == set(GEARS)
    disposition, _, state = rows[does]
    body, count = GEARS[does]
    write = "(drop (call $put (i32.const 3001) (i32.const 1) (i32.const 3001) (i32.const 1)))"
    plugin = host.load(gear(write + body, imports=IMPORTS, extra=TWICE), permissions=Permissions(state=True))
    outcome = plugin.process(Message.new())
    assert outcome.disposition == disposition.partition(",")[0]
    assert len(outcome.messages) == count
    assert bool(host.state.snapshot(plugin.name)) is (state == "committed")


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="the Zig compiler is not installed")
def test_the_gear_in_zig_builds_and_passes_messages_on(
    tmp_path: Path, host: Host, page_at: Callable[[str], Page]
) -> None:
    blocks = {block.language: block.text for block in page_at(PAGE).blocks}
    (tmp_path / "gear.zig").write_text(blocks["zig"], "utf-8")
    command = blocks["sh"].replace("\\\n", "").splitlines()[1]
    assert command.startswith("python -m ziglang build-exe")
    subprocess.run([sys.executable, *command.split()[1:]], cwd=tmp_path, check=True, capture_output=True)
    with host.load(tmp_path / "gear.wasm") as plugin:
        message = Message.new({"amount": 12})
        outcome = plugin.process(message)
        assert outcome.messages == (("out", message),)
        assert [(record.level, record.text) for record in outcome.logs] == [(LogLevel.INFO, "passed on")]
        assert plugin.claim.profile == "core"
        memory = plugin.info.memories[0]
        assert memory.minimum <= 16, "it fits a rack"
