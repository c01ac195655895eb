"""The kernel against a model in Python: random scripts, thousands of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.extism.script import U64, Puppet, Ran, Ref, Script

from plugbay import Limits
from plugbay.errors import GuestError, GuestTrap, PlugbayError, VariableStoreFull

pytestmark = pytest.mark.only("wasmtime", why="the model is that of this kernel")

STEPS = 120
VAR_BYTES = 4000
PAGES = 1024
"""Enough for any script: a store by the null handle would change the script itself."""
LIMITS = Limits(memory_pages=PAGES, var_bytes=VAR_BYTES, deadline=30.0)
SIZES = st.one_of(st.integers(0, 300), st.sampled_from([31, 32, 33, 4096, 65_536, 300_000, 1 << 33, U64]))
WORDS = st.one_of(st.integers(0, U64), st.sampled_from([0, 1, 1 << 63, U64]))
Step = tuple[str, int, int, int]
MEMORY_STEPS = st.tuples(
    st.sampled_from(
        ["alloc"] * 4 + ["free"] * 3 + ["store_u8", "store_u64", "store_u64", "load_u8", "load_u64", "length", "keep"]
    ),
    SIZES,
    st.integers(0, STEPS),
    WORDS,
)


@dataclass
class Block:
    """What the model knows of a live block."""

    size: int
    data: bytearray


@dataclass
class Heap:
    """Plays a script that has run, by the handles that it got, and compares what it read."""

    ran: Ran
    live: dict[int, Block] = field(default_factory=dict[int, Block])
    kept: list[bytes] = field(default_factory=list[bytes])

    def alloc(self, result: int, size: int) -> None:
        if result == 0:
            assert size == 0 or size > PAGES * 65536
            return
        assert result % 32 == 0
        assert 0 < result <= PAGES * 65536 - size
        for start, block in self.live.items():
            assert result + size <= start or start + block.size <= result, "blocks overlap"
        self.live[result] = Block(size, bytearray(size))

    def free(self, handle: int) -> None:
        self.live.pop(handle, None)

    def length(self, handle: int) -> int:
        return self.live[handle].size if handle in self.live else 0

    def bytes_at(self, handle: int) -> bytes:
        return bytes(self.live[handle].data) if handle in self.live else b""

    def load(self, result: int, handle: int, offset: int, width: int) -> None:
        block = self.live.get(handle)
        if block is not None and offset + width <= block.size:
            assert result == int.from_bytes(block.data[offset : offset + width], "little")

    def store(self, place: int, data: bytes) -> None:
        """A store by a dead handle may hit other blocks."""
        for start, block in self.live.items():
            for index, byte in enumerate(data):
                if start <= place + index < start + block.size:
                    block.data[place + index - start] = byte


@dataclass
class Play:
    """A script, and for each of its steps what the model does."""

    script: Script = field(default_factory=Script)
    replay: list[Callable[[Heap], None]] = field(default_factory=list[Callable[[Heap], None]])
    blocks: list[tuple[Ref, int]] = field(default_factory=list[tuple[Ref, int]])

    def add(self, name: str, size: int, which: int, word: int) -> None:
        if name == "alloc" or not self.blocks:
            self.alloc(size)
            return
        ref, wanted = self.blocks[which % len(self.blocks)]
        width = 8 if name.endswith("64") else 1
        if name == "free":
            self.script.call("free", ref)
            self.replay.append(lambda heap: heap.free(heap.ran[ref]))
        elif name == "length":
            self.length(ref)
        elif name == "keep":
            if wanted <= 300:
                self.script.call("keep", ref)
                self.replay.append(lambda heap: heap.kept.append(heap.bytes_at(heap.ran[ref])))
        elif width <= wanted <= 300_000:
            self.access(name, ref, size % (wanted - width + 1), word, width)

    def alloc(self, size: int) -> None:
        ref = self.script.call("alloc", size)
        self.blocks.append((ref, size))
        self.replay.append(lambda heap: heap.alloc(heap.ran[ref], size))

    def length(self, ref: Ref) -> None:
        result = self.script.call("length", ref)

        def compare(heap: Heap) -> None:
            assert heap.ran[result] == heap.length(heap.ran[ref])

        self.replay.append(compare)

    def access(self, name: str, ref: Ref, offset: int, word: int, width: int) -> None:
        if name.startswith("load"):
            result = self.script.call(name, ref, offset)
            self.replay.append(lambda heap: heap.load(heap.ran[result], heap.ran[ref], offset, width))
        else:
            self.script.call(name, ref, offset, word)
            data = word.to_bytes(8, "little")[:width]
            self.replay.append(lambda heap: heap.store(heap.ran[ref] + offset, data))

    def compare(self, ran: Ran) -> None:
        heap = Heap(ran)
        for step in self.replay:
            step(heap)
        assert ran.kept == tuple(heap.kept)


@pytest.fixture
def guest(puppet: Callable[..., Puppet]) -> Puppet:
    return puppet(limits=LIMITS)


QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(steps=st.lists(MEMORY_STEPS, min_size=20, max_size=STEPS))
def test_memory_is_what_the_model_says(guest: Puppet, steps: list[Step]) -> None:
    play = Play()
    for step in steps:
        play.add(*step)
    play.compare(guest.run(play.script))


# ---- variables over many calls ---------------------------------------------------------------------------------------
KEYS = st.sampled_from([b"", b"a", b"b", b"key", b"k" * 200, *(b"%d" % number for number in range(20))])
VALUES = st.one_of(st.none(), st.binary(min_size=1, max_size=40), st.integers(1, 1500).map(lambda size: b"v" * size))
ENDS = st.sampled_from(["", "", "", "unreachable", "proc_exit 0", "proc_exit 1", "error"])
Call = tuple[list[tuple[bytes, bytes | None]], str]


@dataclass
class Variables:
    """The model of a store."""

    values: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    def set(self, key: bytes, value: bytes | None) -> bool:
        """Whether the store takes it."""
        if value is None:
            self.values.pop(key, None)
            return True
        used = sum(48 + len(name) + len(text) for name, text in self.values.items())
        if used + 48 + len(key) + len(value) > VAR_BYTES:
            return False
        self.values[key] = value
        return True


def ended(script: Script, end: str) -> type[PlugbayError] | None:
    """Let a script end so; the error that it then has."""
    match end.split():
        case ["proc_exit", code]:
            script.call("proc_exit", int(code))
            return GuestTrap if int(code) else None
        case ["unreachable"]:
            script.call("unreachable")
            return GuestTrap
        case ["error"]:
            script.call("error_set", script.block(b"failed"))
            return GuestError
        case _:
            return None


@QUICK
@given(calls=st.lists(st.tuples(st.lists(st.tuples(KEYS, VALUES), max_size=8), ENDS), min_size=3, max_size=25))
def test_variables_are_what_the_model_says(guest: Puppet, calls: list[Call]) -> None:
    model = Variables()
    forget = Script()
    keys = [b"", b"a", b"b", b"key", b"k" * 200, *(b"%d" % number for number in range(20))]
    for key in keys:
        forget.set_var(key, None)
    guest.run(forget)
    for changes, end in calls:
        script = Script()
        error: type[PlugbayError] | None = None
        for key, value in changes:
            script.set_var(key, value)
            if error is None and not model.set(key, value):
                error = VariableStoreFull
                break
        if error is None:
            error = ended(script, end)
        if error is None:
            guest.plugin.call("run", script.encode())
        else:
            with pytest.raises(error):
                guest.plugin.call("run", script.encode())
        question = Script()
        for key in keys:
            question.keep_var(key)
        assert guest.run(question).kept == tuple(model.values.get(key, b"") for key in keys)
