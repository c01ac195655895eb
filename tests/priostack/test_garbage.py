"""Byte functions leave no garbage that adds up: AssemblyScript's under any runtime, the others none at all."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from tests.priostack.conftest import COPY, SHAPES

from plugbay import Host, Limits
from plugbay.errors import BatchError, GuestError, PlugbayError

USERS = Path(__file__).parents[2] / "examples" / "users"
COLLECTED = "(call $number (global.get $collected))"


def collections(host: Host, payload: bytes, calls: int) -> int:
    """How often a guest with memory enough was told to collect in so many calls."""
    plugin = host.load(SHAPES[4].build(COLLECTED, pages="64"))
    outputs = plugin.call_many("echo", [payload] * calls)
    return int(struct.unpack("<I", outputs[-1])[0])


def test_small_calls_collect_now_and_then(host: Host) -> None:
    # 256 KiB, and each call counts for 256 bytes more than it moves.
    assert collections(host, bytes(60), 800) == 0
    assert collections(host, bytes(60), 5000) in range(4, 100)


def test_large_calls_collect_by_their_bytes(host: Host) -> None:
    assert collections(host, bytes(100_000), 30) in range(9, 31)


def test_waste_fills_half_of_the_memory_and_is_then_collected_before_it_grows_again(host: Host) -> None:
    body = "(drop (call $bump (i32.const 20000))) (call $number (memory.size))"
    for limit, own in ((16, "1"), (512, "1 16")):
        plugin = host.load(SHAPES[4].build(body, pages=own), name=f"at-most-{limit}", limits=Limits(memory_pages=limit))
        pages = {struct.unpack("<I", output)[0] for output in plugin.call_many("echo", [b"x"] * 5000)}
        assert max(pages) in range(8, 11), "1 page at the start; more than 1,500 without collections"


def test_what_a_guest_comes_to_keep_is_not_collected_at_every_other_call(host: Host) -> None:
    keeps = "(if (i32.eq (local.get $n) (i32.const 2)) (then (drop (memory.grow (i32.const 1)))))"
    plugin = host.load(SHAPES[4].build(f"{keeps} {COLLECTED}"), limits=Limits(memory_pages=64))
    outputs = plugin.call_many("echo", [b"x", *([b"it"] * 20), *([b"x"] * 5000)])
    assert struct.unpack("<I", outputs[21])[0] == 20, "whenever the memory grew"
    assert struct.unpack("<I", outputs[-1])[0] - 20 in range(4, 7), "and then by what went through"


def test_the_input_is_pinned_while_the_function_runs_and_not_after(host: Host) -> None:
    plugin = host.load(SHAPES[4].build("(call $number (global.get $pins))"))
    assert set(plugin.call_many("echo", [b"x"] * 50)) == {struct.pack("<I", 1)}


def test_the_input_stays_pinned_after_no_kind_of_answer(host: Host) -> None:
    body = f"""
      (if (i32.eqz (local.get $n)) (then (return (call $none))))
      (if (i32.eq (local.get $n) (i32.const 1)) (then (return (call $number (global.get $pins))))) {COPY}"""
    plugin = host.load(SHAPES[4].build(body))
    for payload in (b"", b"output"):
        assert plugin.call("echo", payload) == payload
        assert plugin.call("echo", b"1") == struct.pack("<I", 1)
    with pytest.raises(GuestError, match="bad"):
        plugin.call("echo", b'{"error":"bad"}')
    assert plugin.call("echo", b"1") == struct.pack("<I", 1)


@pytest.mark.parametrize("name", [shape.name for shape in SHAPES])
def test_a_hundred_thousand_calls_fit_in_the_memory_of_one(host: Host, name: str) -> None:
    shape = next(shape for shape in SHAPES if shape.name == name)
    body = f"""(if (i32.eq (local.get $n) (i32.const 4)) (then (return (call $number (memory.size)))))
      (if (i32.eqz (local.get $n)) (then (return (call $none)))) {COPY}"""
    plugin = host.load(shape.build(body), limits=Limits(memory_pages=32))
    payloads = [bytes(200), b"", b'{"a":1}', bytes(500)] * 5000
    for _ in range(5):
        plugin.call_many("echo", payloads)
    for payload in payloads:
        plugin.call("echo", payload)
    (pages,) = struct.unpack("<I", plugin.call("echo", b"size"))
    assert pages <= (16 if shape.convention == "assemblyscript" else 1)


REAL = {
    "users-rust": 4,
    "users-rust-bindgen": 4,
    "users-rust-bindgen-retptr": 4,
    "users-c": 4,
    "users-zig": 4,
    "users-go": 192,
    "users-assemblyscript": 4,
    "users-assemblyscript-minimal": 8,
}
"""Modules, and the pages that each may have beside those at its start. Go collects from 4 MiB on."""


@pytest.mark.parametrize(("name", "more"), REAL.items())
def test_a_real_module_does_not_grow_in_a_hundred_thousand_calls(host: Host, name: str, more: int) -> None:
    module = (USERS / f"{name}.wasm").read_bytes()
    created = b'{"email":"ada@example.com","name":"Ada"}'
    with host.load(module) as plugin:
        pages = plugin.info.memories[0].minimum
    with host.load(module, name="bounded", limits=Limits(memory_pages=pages + more)) as plugin:
        for _ in range(9):
            plugin.call_many("createUser", [created] * 10_000)
        for _ in range(10_000):
            plugin.call("createUser", created)


def test_a_guest_that_collects_nothing_runs_out_of_memory(host: Host) -> None:
    """The tests above can fail."""
    idle = replace(SHAPES[4], text=SHAPES[4].text.replace("(if (i32.eqz (global.get $pins))", "(if (i32.const 0)"))
    plugin = host.load(idle.build(f"(drop (call $bump (i32.const 2000))) {COPY}"), limits=Limits(memory_pages=8))
    with pytest.raises(BatchError) as caught:
        plugin.call_many("echo", [b"x"] * 5000)
    assert any(isinstance(result, PlugbayError) for result in caught.value.results)
