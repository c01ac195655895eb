"""Bytes of memory, input, output and config as a guest sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.extism.conftest import Load
from tests.extism.script import PAGES, U64, Puppet, Ref, Script

from plugbay import Limits
from plugbay.errors import AllocationFailed, OutOfMemory, PointerOutOfBounds

MakePuppet = Callable[..., Puppet]
HEAP = Limits(memory_pages=PAGES)
"""Of 3 MiB, the guest's own memory being as large."""
HEAP_BYTES = PAGES * 65536
MISALIGNED, HUGE, BEYOND = 7, U64, 1 << 32
NO_HANDLES = (1, MISALIGNED, 33, 1 << 20, BEYOND, BEYOND + 32, 1 << 63, HUGE)


# ---- loads and stores ------------------------------------------------------------------------------------------------
def test_bytes_and_words_are_stored_and_loaded(puppet: MakePuppet) -> None:
    script = Script()
    block = script.call("alloc", 24)
    script.call("store_u64", block, 3, 0x1122334455667788)
    script.call("store_u8", block, 23, 0x1FF)
    script.call("store_u64", block, 11, U64)
    word = script.call("load_u64", block, 3)
    byte = script.call("load_u8", block, 4)
    script.call("keep", block)
    ran = puppet().run(script)
    assert ran[word] == 0x1122334455667788
    assert ran[byte] == 0x77
    assert ran.kept == (bytes(3) + bytes.fromhex("8877665544332211") + b"\xff" * 8 + bytes(4) + b"\xff",)


@pytest.mark.only("wasmtime", why="libextism's kernel reads whatever its memory holds")
def test_nothing_is_read_or_written_beyond_all_blocks(puppet: MakePuppet) -> None:
    script = Script()
    block = script.call("alloc", 32)  # the last one, and the input is the first
    places: list[int | Ref] = [
        0,
        8,
        24,
        31,
        *(block + offset for offset in (32, 64, 1 << 32, 1 << 40)),
        1 << 62,
        1 << 63,
        U64,
    ]
    for place in places:
        script.call("store_u8", place, 0, 255)
        script.call("store_u64", place, 0, U64)
    beyond = [script.call(load, place) for place in places for load in ("load_u8", "load_u64")]
    edge = [script.call("load_u64", block, offset) for offset in range(25, 32)]
    script.call("store_u64", block, 25, U64)
    script.call("keep", block)
    ran = puppet().run(script)
    assert [ran[value] for value in beyond] == [0] * 2 * len(places)
    assert [ran[value] for value in edge] == [0] * 7
    assert ran.kept == (bytes(32),)


# ---- input -----------------------------------------------------------------------------------------------------------
def test_the_input_is_a_block(puppet: MakePuppet) -> None:
    script = Script()
    offset, length = script.call("input_offset"), script.call("input_length")
    measured = script.call("length", offset)
    script.call("keep", offset)
    ran = puppet().run(script)
    assert ran[length] == ran[measured] == len(script.encode())
    assert ran.kept == (script.encode(),)


@pytest.mark.only("wasmtime", why="libextism's sums overflow")
def test_nothing_is_read_beyond_the_input(puppet: MakePuppet) -> None:
    script = Script()
    offsets = [4096, 1 << 31, 1 << 32, 1 << 63, U64, U64 - 6, U64 - 7]
    beyond = [script.call(load, offset) for offset in offsets for load in ("input_load_u8", "input_load_u64")]
    size = 8 + 32 * (len(script.steps) + 10)
    edge = [script.call("input_load_u64", size - 8 + more) for more in range(8)]
    script.call("input_load_u8", size)
    last = script.call("input_load_u8", size - 1)
    assert len(script.encode()) == size
    ran = puppet().run(script)
    assert [ran[value] for value in beyond] == [0] * 2 * len(offsets)
    assert [ran[value] for value in edge[1:]] == [0] * 7
    assert ran[last] == 0  # a high byte of its own third argument


def test_an_input_that_was_freed_is_empty(load: Load) -> None:
    guest = load("""
      (func (export "f")
        (call $free (call $input_offset))
        (call $answer_u64 (i64.add (i64.shl (call $input_length) (i64.const 32))
          (i64.add (call $input_load_u64 (i64.const 0)) (i64.extend_i32_u (call $input_load_u8 (i64.const 0)))))))""")
    assert guest.call("f", b"x" * 100) == bytes(8)


def test_an_empty_input_has_no_block(load: Load) -> None:
    guest = load("""
      (func (export "f") (call $answer_u64 (i64.or (call $input_offset) (i64.or (call $input_length)
        (i64.extend_i32_u (call $input_load_u8 (i64.const 0)))))))""")
    assert guest.call("f", b"") == bytes(8)
    assert guest.call("f", b"full") != bytes(8)
    assert guest.call("f", b"") == bytes(8)


@pytest.mark.only("wasmtime", why="libextism's memory holds more than the limit")
def test_an_input_that_the_memory_can_t_hold_fails_its_call_alone(puppet: MakePuppet) -> None:
    guest = puppet(limits=HEAP)
    with pytest.raises(AllocationFailed):
        guest.plugin.call("run", bytes(3_500_000))
    script = Script()
    script.set_var(b"k", b"v")
    guest.run(script)
    with pytest.raises(AllocationFailed):
        guest.plugin.call("run", bytes(3_500_000))
    assert guest.var(b"k") == b"v"


# ---- output ----------------------------------------------------------------------------------------------------------
def test_the_output_may_be_any_part_of_memory(puppet: MakePuppet) -> None:
    guest = puppet()
    script = Script()
    block = script.block(b"hello world")
    script.call("output_set", block + 6, 5)
    assert guest.run(script).output == b"world"
    script.call("output_set", block, 5)
    assert guest.run(script).output == b"hello"
    script.call("output_set", block, 0)
    assert guest.run(script).output == b""


def test_an_output_is_taken_as_it_is_when_the_call_ends(puppet: MakePuppet) -> None:
    script = Script()
    block = script.block(b"then")
    script.call("output_set", block, 4)
    script.call("store_u8", block, 0, ord("T"))
    assert puppet().run(script).output == b"Then"


def test_no_output_is_an_empty_one(puppet: MakePuppet) -> None:
    guest = puppet()
    script = Script()
    script.call("output_set", script.block(b"old"), 3)
    assert guest.run(script).output == b"old"
    assert guest.run(Script()).output == b""


@pytest.mark.only("wasmtime", why="libextism ignores it, and the output is the old one")
def test_an_empty_output_may_lie_anywhere(puppet: MakePuppet) -> None:
    for place in (0, *NO_HANDLES):
        script = Script()
        script.call("output_set", script.block(b"old"), 3)
        script.call("output_set", place, 0)
        assert puppet().run(script).output == b""


@pytest.mark.only("wasmtime", why="libextism ignores it, and its output is then another one than the guest meant")
@pytest.mark.parametrize("size", [1, 1 << 20, 1 << 32, 1 << 63, U64, U64 - 31])
@pytest.mark.parametrize("place", [0, 31, 1 << 20, BEYOND, 1 << 63, HUGE])
def test_an_output_beyond_memory_fails_the_call(puppet: MakePuppet, place: int, size: int) -> None:
    guest = puppet()
    script = Script()
    script.call("output_set", place, size)
    with pytest.raises(PointerOutOfBounds):
        guest.plugin.call("run", script.encode())
    assert guest.run(Script()).output == b""


@pytest.mark.only("wasmtime", why="libextism ignores it")
def test_an_output_ends_where_memory_ends(puppet: MakePuppet) -> None:
    guest = puppet()
    script = Script()
    block = script.block(b"x" * 32)
    script.call("output_set", block, 32)
    assert guest.run(script).output == b"x" * 32
    script.call("output_set", block + 1, 32)
    with pytest.raises(PointerOutOfBounds):
        guest.plugin.call("run", script.encode())


# ---- config ----------------------------------------------------------------------------------------------------------
def test_config_is_read_by_key(puppet: MakePuppet) -> None:
    config = {"name": "Ada", "ключ": "значение", "n": 7, "list": [1, "x"], "none": None, "empty": "", "": "no name"}
    script = Script()
    for key in ("name", "ключ", "n", "list", "none", "empty", "nam", "name ", "Name"):
        script.call("keep", script.call("config_get", script.block(key.encode())))
    ran = puppet(config=config).run(script)
    assert ran.kept == (b"Ada", "значение".encode(), b"7", b'[1, "x"]', b"null", b"", b"", b"", b"")


def test_a_missing_config_key_is_the_null_handle(puppet: MakePuppet) -> None:
    script = Script()
    missing = script.call("config_get", script.block(b"missing"))
    assert puppet(config={"present": "x"}).run(script)[missing] == 0


def test_a_config_of_thousands_of_keys_and_a_large_value(puppet: MakePuppet) -> None:
    config = {f"key {number}": f"value {number}" for number in range(5000)} | {"large": "x" * 1_000_000}
    guest = puppet(config=config)
    script = Script()
    for number in range(0, 5000, 50):
        script.call("keep", script.call("config_get", script.block(f"key {number}".encode())))
    large = script.call("length", script.call("config_get", script.block(b"large")))
    ran = guest.run(script)
    assert ran.kept == tuple(f"value {number}".encode() for number in range(0, 5000, 50))
    assert ran[large] == 1_000_000


@pytest.mark.only("wasmtime", why="libextism's memory holds more than the limit")
def test_a_config_value_that_the_memory_can_t_hold_fails_the_call_that_reads_it(puppet: MakePuppet) -> None:
    guest = puppet(config={"large": "x" * 2_000_000, "small": "y"}, limits=HEAP)
    script = Script()
    script.call("config_get", script.block(b"large"))
    second = script.block(b"large")
    guest.run(script)
    script.call("config_get", second)
    with pytest.raises(OutOfMemory):
        guest.plugin.call("run", script.encode())
    script = Script()
    script.call("keep", script.call("config_get", script.block(b"small")))
    assert guest.run(script).kept == (b"y",)


def test_config_and_variables_are_apart(puppet: MakePuppet) -> None:
    guest = puppet(config={"k": "config"})
    assert guest.var(b"k") is None
    script = Script()
    script.set_var(b"k", b"variable")
    script.call("keep", script.call("config_get", script.block(b"k")))
    script.set_var(b"k", None)
    script.call("keep", script.call("config_get", script.block(b"k")))
    assert guest.run(script).kept == (b"config", b"config")
