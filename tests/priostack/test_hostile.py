"""Guests that lie, loop, flood or fill memory, in every convention: a typed error for the call, no harm beyond it.

A guest is hostile only towards inputs of :data:`EVIL` bytes, so that the same guest must serve the input that follows.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.priostack.conftest import COPY, SHAPES, Shape

from plugbay import Host, Limits, Plugin
from plugbay.errors import (
    AllocationFailed,
    DeadlineExceeded,
    GuestError,
    GuestTrap,
    InvalidOutput,
    OutOfMemory,
    OutputOverlapsInput,
    OutputTooLarge,
    PlugbayError,
    PointerOutOfBounds,
    TooManyLogs,
)

EVIL = 333
PAYLOAD = b"e" * EVIL
LIMITS = Limits(deadline=0.1, memory_pages=16, output_bytes=65_536, log_bytes=4096)
Fail = Callable[..., PlugbayError]
LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'


def evil(action: str, otherwise: str = COPY) -> str:
    """A body that does something only for an evil input."""
    return f"(if (i32.eq (local.get $n) (i32.const {EVIL})) (then {action})) {otherwise}"


def returns(pointer: int, length: int) -> str:
    return evil(f"(return (i32.const {pointer}) (i32.const {length}))")


@pytest.fixture
def load(host: Host) -> Callable[..., Plugin]:
    def loaded(module: bytes, name: str = "hostile") -> Plugin:
        return host.load(module, name=name, limits=LIMITS)

    return loaded


def survives(plugin: Plugin) -> None:
    assert plugin.call("echo", b"harmless") == b"harmless"
    assert plugin.call_many("echo", [b"a", b"b"]) == [b"a", b"b"]


# ---- results ---------------------------------------------------------------------------------------------------------

WILD = [
    (65_536, 1),
    (0, 65_537),
    (65_535, 2),
    (0x7FFFFFFF, 1),
    (0x7FFFFFFF, 0xFFFFFFFF),
    (0, 0xFFFFFFFF),
    (64, 0x80000000),
]


@pytest.mark.parametrize(("pointer", "length"), WILD)
def test_a_result_beyond_memory_is_out_of_bounds(
    load: Callable[..., Plugin], fail: Fail, pointer: int, length: int
) -> None:
    for shape in SHAPES[:4]:
        plugin = load(shape.build(returns(pointer, length)), shape.name)
        error = fail(plugin, PAYLOAD)
        assert isinstance(error, PointerOutOfBounds), shape.name
        assert (error.plugin, error.function) == (shape.name, "echo")
        survives(plugin)


@pytest.mark.parametrize(
    ("pointer", "length"), [(0x80000000 + place, size) for place, size in WILD if place < 0x7FFFFFFF]
)
def test_the_text_of_a_failure_beyond_memory_is_out_of_bounds_too(
    load: Callable[..., Plugin], fail: Fail, pointer: int, length: int
) -> None:
    plugin = load(SHAPES[0].build(returns(pointer, length)))
    assert isinstance(fail(plugin, PAYLOAD), PointerOutOfBounds)
    survives(plugin)


@pytest.mark.parametrize(
    "result",
    [
        "(local.get $p) (local.get $n)",
        "(i32.add (local.get $p) (i32.const 332)) (i32.const 9)",
        "(i32.add (local.get $p) (i32.const 100)) (i32.const 1)",
        "(i32.sub (local.get $p) (i32.const 8)) (i32.const 9)",
        "(i32.or (local.get $p) (i32.const 0x80000000)) (local.get $n)",
    ],
)
def test_a_packed_result_in_the_input_would_be_freed_twice(
    load: Callable[..., Plugin], fail: Fail, result: str
) -> None:
    for shape in SHAPES[:2]:
        plugin = load(shape.build(evil(f"(return {result})")), shape.name)
        assert isinstance(fail(plugin, PAYLOAD), OutputOverlapsInput)
        survives(plugin)


def test_an_output_over_the_limit_is_too_large(load: Callable[..., Plugin], fail: Fail) -> None:
    for shape in SHAPES[:4]:
        plugin = load(shape.build(returns(70_000, 65_537), pages="4"), shape.name)
        error = fail(plugin, PAYLOAD)
        assert isinstance(error, OutputTooLarge)
        assert (error.limit, error.found) == ("output_bytes", 65_537)
        survives(plugin)


def object_at(place: int, runtime_id: int, size: int) -> str:
    return evil(f"""
      (i32.store (i32.const {place - 8}) (i32.const {runtime_id}))
      (i32.store (i32.const {place - 4}) (i32.const {size}))
      (return (i32.const {place}) (i32.const 0))""")


@pytest.mark.parametrize("pointer", [1, 4, 7, 65_537, 65_544, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF8])
def test_a_buffer_that_lies_nowhere_is_out_of_bounds(load: Callable[..., Plugin], fail: Fail, pointer: int) -> None:
    plugin = load(SHAPES[4].build(returns(pointer, 0)))
    assert isinstance(fail(plugin, PAYLOAD), PointerOutOfBounds)
    survives(plugin)


@pytest.mark.parametrize("size", [65_536, 64_513, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_buffer_that_lies_about_its_length_is_out_of_bounds(
    load: Callable[..., Plugin], fail: Fail, size: int
) -> None:
    plugin = load(SHAPES[4].build(object_at(1024, 1, size)))
    error = fail(plugin, PAYLOAD)
    assert isinstance(error, PointerOutOfBounds)
    survives(plugin)


def test_a_buffer_over_the_output_limit_is_too_large(load: Callable[..., Plugin], fail: Fail) -> None:
    plugin = load(SHAPES[4].build(object_at(1024, 1, 65_537), pages="4"))
    assert isinstance(fail(plugin, PAYLOAD), OutputTooLarge)
    survives(plugin)


@pytest.mark.parametrize(
    ("runtime_id", "what"), [(0, "id 0"), (2, "a String"), (3, "id 3"), (0xFFFFFFFF, "id 4294967295")]
)
def test_an_object_of_another_type_is_told_by_its_id(
    load: Callable[..., Plugin], fail: Fail, runtime_id: int, what: str
) -> None:
    plugin = load(SHAPES[4].build(object_at(1024, runtime_id, 4)))
    error = fail(plugin, PAYLOAD)
    assert type(error) is InvalidOutput
    assert what in error.reason
    assert (error.found, error.expected) == (runtime_id, 1)
    survives(plugin)


# ---- buffers for the input -------------------------------------------------------------------------------------------


def allocates(pointer: int) -> str:
    return f"""(if (i32.eq (local.get $n) (i32.const {EVIL})) (then (return (i32.const {pointer}))))
      (call $bump (local.get $n))"""


def test_an_allocator_that_answers_0_has_failed(load: Callable[..., Plugin], shape: Shape, fail: Fail) -> None:
    plugin = load(shape.build(alloc=allocates(0)))
    error = fail(plugin, PAYLOAD)
    assert isinstance(error, AllocationFailed)
    survives(plugin)


@pytest.mark.parametrize("pointer", [65_536, 65_536 - 332, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_buffer_for_the_input_beyond_memory_is_never_written(
    load: Callable[..., Plugin], shape: Shape, fail: Fail, pointer: int
) -> None:
    plugin = load(shape.build(alloc=allocates(pointer)))
    assert isinstance(fail(plugin, PAYLOAD), PointerOutOfBounds)
    survives(plugin)


@pytest.mark.parametrize("pointer", [65_536, 65_521, -16, 0x7FFFFFF0])
def test_a_stack_that_was_moved_out_of_memory_has_no_room_for_a_result(
    load: Callable[..., Plugin], fail: Fail, pointer: int
) -> None:
    moved = evil("(global.set $stack (i32.const 2048))", COPY).replace("2048", str(pointer + 16))
    plugin = load(SHAPES[3].build(moved))
    # The call that moves it ends well or not; the next one finds no stack, and the one after that a new instance.
    for _ in range(2):
        try:
            plugin.call("echo", PAYLOAD)
        except (PointerOutOfBounds, GuestTrap):
            break
    survives(plugin)


def test_a_stack_pointer_that_leads_nowhere_is_out_of_bounds(load: Callable[..., Plugin], fail: Fail) -> None:
    text = SHAPES[3].text.replace("(global.get $stack))", "(i32.const -8))", 1)
    plugin = load(Shape("lost", "wasm-bindgen", text).build())
    with pytest.raises(PointerOutOfBounds):
        plugin.call("echo", b"x")


def test_pins_that_lie_harm_nobody(load: Callable[..., Plugin], host: Host) -> None:
    text = SHAPES[4].text.replace("(i32.const 1))) (local.get $p))", "(i32.const 1))) (i32.const -1))", 1)
    assert load(Shape("pins", "assemblyscript", text).build()).call("echo", b"x") == b"x", (
        "what pin returns is not used"
    )
    traps = SHAPES[4].text.replace(
        '(export "__unpin") (param $p i32)', '(export "__unpin") (param $p i32) (unreachable)'
    )
    plugin = load(Shape("traps", "assemblyscript", traps).build(), "traps")
    with pytest.raises(GuestTrap):
        plugin.call("echo", b"x")


# ---- frees, collections ----------------------------------------------------------------------------------------------


def test_a_trap_while_freeing_fails_the_call_and_keeps_its_logs(
    load: Callable[..., Plugin], fail: Fail, caplog: pytest.LogCaptureFixture
) -> None:
    free = f"""(call $log (i32.const 3) (i32.const 64) (i32.const 5))
      (if (i32.eq (local.get $n) (i32.const {EVIL})) (then (unreachable))) (call $release (local.get $p))"""
    for shape in (SHAPES[0], SHAPES[2], SHAPES[3]):
        plugin = load(shape.build(free=free, imports=LOG, extra='(data (i32.const 64) "freed")'), shape.name)
        caplog.clear()
        assert type(fail(plugin, PAYLOAD)) is GuestTrap
        assert "freed" in caplog.text
        assert "eee" not in caplog.text, "an output is no log line"
        survives(plugin)


def test_a_trap_while_collecting_fails_the_call(load: Callable[..., Plugin]) -> None:
    body = evil("(drop (memory.grow (i32.const 1)))")  # which makes the driver collect
    text = SHAPES[4].text.replace('(export "__collect")', '(export "__collect") (unreachable)', 1)
    plugin = load(Shape("collect", "assemblyscript", text).build(body))
    assert plugin.call("echo", b"x") == b"x"
    with pytest.raises(GuestTrap):
        plugin.call("echo", PAYLOAD)
    survives(plugin)


# ---- what never ends, and what is too much ---------------------------------------------------------------------------


def test_a_loop_ends_at_the_deadline(load: Callable[..., Plugin], shape: Shape, fail: Fail) -> None:
    plugin = load(shape.build(evil("(loop $on (br $on))")))
    assert isinstance(fail(plugin, PAYLOAD), DeadlineExceeded)
    survives(plugin)


@pytest.mark.parametrize("where", ["alloc", "free"])
def test_a_loop_in_the_allocator_ends_at_the_deadline(load: Callable[..., Plugin], fail: Fail, where: str) -> None:
    loop = f"(if (i32.eq (local.get $n) (i32.const {EVIL})) (then (loop $on (br $on))))"
    bodies = {"alloc": f"{loop} (call $bump (local.get $n))"} if where == "alloc" else {"free": loop}
    for shape in (SHAPES[0], SHAPES[2], SHAPES[3]):
        plugin = load(
            shape.build(alloc=bodies.get("alloc", "(call $bump (local.get $n))"), free=bodies.get("free", "")),
            shape.name,
        )
        assert isinstance(fail(plugin, PAYLOAD), DeadlineExceeded)
        survives(plugin)


def test_recursion_without_end_is_a_trap(load: Callable[..., Plugin], shape: Shape, fail: Fail) -> None:
    plugin = load(shape.build(evil("(call $deep)"), extra="(func $deep (call $deep))"))
    error = fail(plugin, PAYLOAD)
    assert isinstance(error, GuestTrap)
    assert error.limit == "stack_bytes"
    survives(plugin)


def test_a_memory_bomb_runs_out_of_memory(load: Callable[..., Plugin], shape: Shape, fail: Fail) -> None:
    bomb = "(loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)"
    plugin = load(shape.build(evil(bomb)))
    assert isinstance(fail(plugin, PAYLOAD), OutOfMemory)
    survives(plugin)


@pytest.mark.parametrize("line", [0, 100])
def test_a_log_flood_is_stopped(load: Callable[..., Plugin], shape: Shape, fail: Fail, line: int) -> None:
    flood = f"(loop $on (call $log (i32.const 2) (i32.const 64) (i32.const {line})) (br $on))"
    plugin = load(shape.build(evil(flood), imports=LOG))
    assert isinstance(fail(plugin, PAYLOAD), TooManyLogs)
    survives(plugin)


@pytest.mark.parametrize(("pointer", "length"), [(65_536, 1), (0xFFFFFFFF, 8), (1, 65_536)])
def test_a_log_line_beyond_memory_is_a_trap(
    load: Callable[..., Plugin], shape: Shape, fail: Fail, pointer: int, length: int
) -> None:
    wild = f"(call $log (i32.const 2) (i32.const {pointer}) (i32.const {length}))"
    plugin = load(shape.build(evil(wild), imports=LOG))
    assert isinstance(fail(plugin, PAYLOAD), (GuestTrap, TooManyLogs))
    survives(plugin)


def test_random_bytes_beyond_memory_are_a_trap(load: Callable[..., Plugin], shape: Shape, fail: Fail) -> None:
    imports = '(import "env" "random" (func $random (param i32 i32)))'
    for pointer, length in ((65_536, 1), (0, 65_537), (0xFFFFFFFF, 0xFFFFFFFF), (1024, 0xFFFFFFFF)):
        wild = f"(call $random (i32.const {pointer}) (i32.const {length}))"
        plugin = load(shape.build(evil(wild), imports=imports), f"wild-{pointer}-{length}")
        assert isinstance(fail(plugin, PAYLOAD), GuestTrap)
        survives(plugin)


def test_one_bad_guest_does_not_harm_its_neighbours(load: Callable[..., Plugin], fail: Fail) -> None:
    neighbours = [load(shape.build(), f"good-{shape.name}") for shape in SHAPES]
    for shape in SHAPES:
        plugin = load(shape.build(evil("(unreachable)")), f"bad-{shape.name}")
        for _ in range(5):
            fail(plugin, PAYLOAD)
        for neighbour in neighbours:
            survives(neighbour)


def test_an_error_object_as_large_as_outputs_may_be_is_read(load: Callable[..., Plugin], fail: Fail) -> None:
    for shape in SHAPES:
        plugin = load(shape.build(), shape.name)
        text = "x" * 65_000
        error = fail(plugin, b'{"error":"%s"}' % text.encode())
        assert isinstance(error, GuestError)
        assert error.reason == text
