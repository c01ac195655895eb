"""Both engines do the same: random scripts of kernel calls, with config and variables, on wasmtime and on libextism.

What may differ is not generated, or not compared; :data:`DIFFERENCES` says what and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.extism.conftest import ENGINES, MEMORY, PROC_EXIT, plugin_text
from tests.extism.script import PAGES, PUPPET, Puppet, Ref, Script

from plugbay import Host, Limits, Plugin
from plugbay.errors import GuestError, PlugbayError
from plugbay.module.wat import compile_text

DIFFERENCES: Final = {
    "the numbers of handles": "libextism puts a header before each block, wasmtime's kernel keeps headers elsewhere",
    "what a new block holds": "zeros on wasmtime; on libextism what a freed block left, or what an earlier call did",
    "a freed handle after another alloc": "wasmtime's kernel gives it away at once, libextism when memory is full",
    "bytes beside a block": "neighbours on wasmtime, headers on libextism, which a guest may overwrite there",
    "input_load_u64 at the last 7 offsets of 64 bits": "libextism's check overflows and it reads beside the input",
    "variables after a trap": "wasmtime's kernel hands them on to the next instance, libextism's are gone with theirs",
    "the guest's memory after proc_exit(0)": "a new instance's on wasmtime, the same one's on libextism",
    "an error text with a NUL": "libextism cuts it there",
    "get_log_level": "the host's on wasmtime, that of libextism's one log for the process there",
    "log lines": "libextism has one log for the process, so they are lost",
}
"""Where the engines may differ, and why."""
NO_HANDLE: Final = (0, 1, 2**40, 2**64 - 1)
KEYS: Final = (b"a", b"b", b"key", b"\xc3\xbc")
CONFIG: Final = {"a": "1", "key": "a longer value", "\u00fc": "\u20ac"}
_TEXTS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
_HANDLES: Final = frozenset({"alloc", "data", "config_get", "var_get", "input_offset"})


@dataclass
class Draft:
    """A script with what is known of its blocks: those that are live, with their lengths."""

    draw: Any
    script: Script = field(default_factory=Script)
    live: dict[Ref, int] = field(default_factory=dict[Ref, int])
    operations: list[str] = field(default_factory=list[str])

    def call(self, operation: str, *arguments: int | Ref) -> Ref:
        self.operations.append(operation)
        return self.script.call(operation, *arguments)

    def block(self, data: bytes) -> Ref:
        """A live block with these bytes; none of no bytes."""
        self.operations.append("data")
        ref = self.script.block(data)
        if data:
            self.live[ref] = len(data)
        return ref

    def some_block(self) -> Ref:
        if not self.live:
            return self.block(self.draw(st.binary(min_size=1, max_size=40)))
        ref: Ref = self.draw(st.sampled_from(list(self.live)))
        return ref

    def given_away(self) -> Ref:
        """A live block for a function that takes ownership of it."""
        ref = self.some_block()
        del self.live[ref]
        return ref

    def step(self) -> None:
        """One step more."""
        getattr(self, self.draw(st.sampled_from(_STEPS)))()

    def add_block(self) -> None:
        self.block(self.draw(st.binary(max_size=60)))

    def add_free(self) -> None:
        ref = self.given_away()
        self.call("free", ref)
        self.call("length", ref)  # nothing was allocated since
        self.call("free", ref)

    def add_look(self) -> None:
        ref = self.some_block()
        size = self.live[ref]
        at = self.draw(st.integers(0, size - 1))
        self.call("load_u8", ref, at)
        if size >= 8:
            self.call("load_u64", ref, self.draw(st.integers(0, size - 8)))
        self.call("length", ref)
        self.call("length_unsafe", ref)
        if at:
            self.call("length", ref + at)

    def add_store(self) -> None:
        ref = self.some_block()
        size = self.live[ref]
        self.call("store_u8", ref, self.draw(st.integers(0, size - 1)), self.draw(st.integers(0, 255)))
        if size >= 8:
            self.call("store_u64", ref, self.draw(st.integers(0, size - 8)), self.draw(st.integers(0, 2**64 - 1)))
        self.call("keep", ref)

    def add_stray(self) -> None:
        """What is no handle, nor lies in memory."""
        stray = self.draw(st.sampled_from(NO_HANDLE))
        self.call("length", stray)
        self.call("free", stray)
        self.call("load_u8", 2**40, 0)
        self.call("store_u8", 2**40, 0, 7)

    def add_input(self) -> None:
        self.call("input_length")
        self.call("input_load_u8", self.draw(st.integers(0, 200) | st.just(2**64 - 1)))
        self.call("input_load_u64", self.draw(st.integers(0, 200)))
        self.call("length", self.call("input_offset"))

    def add_output(self) -> None:
        ref = self.some_block()
        size = self.live.pop(ref)
        start = self.draw(st.integers(0, size))
        self.call("output_set", ref + start, self.draw(st.integers(0, size - start)))

    def add_config(self) -> None:
        self.call("keep", self.call("config_get", self.block_for_key()))

    def add_var(self) -> None:
        self.call("keep", self.call("var_get", self.block_for_key()))

    def add_set_var(self) -> None:
        key = self.block_for_key()
        value = 0 if self.draw(st.integers(0, 4)) == 0 else self.block(self.draw(st.binary(min_size=1, max_size=150)))
        self.live.pop(value, None) if isinstance(value, Ref) else None
        self.call("var_set", key, value)

    def block_for_key(self) -> Ref:
        ref = self.block(self.draw(st.sampled_from(KEYS)))
        del self.live[ref]
        return ref

    def add_log(self) -> None:
        self.call("log_info", self.given_away())

    def add_error(self) -> None:
        if self.draw(st.integers(0, 3)):
            return
        self.call("error_set", 0)
        if self.draw(st.booleans()):
            ref = self.block(self.draw(_TEXTS).encode())
            self.live.pop(ref, None)
            self.call("error_set", ref)


_STEPS: Final = [name for name in vars(Draft) if name.startswith("add_")]


@dataclass(frozen=True)
class Call:
    """One call of the guest."""

    function: str
    operations: tuple[str, ...]
    script: Script = field(repr=False)


class Failed(NamedTuple):
    """The error of a call."""

    kind: type[PlugbayError]
    reason: str
    function: str | None


@st.composite
def calls(draw: Any) -> Call:
    """A call that may end in a failure."""
    draft = Draft(draw)
    for _ in range(draw(st.integers(0, 12))):
        draft.step()
    match draw(st.sampled_from(["", "", "", "trap", "exit"])):
        case "trap":
            draft.call("unreachable")
        case "exit":
            draft.call("proc_exit", draw(st.integers(0, 3)))
        case _:
            pass
    function = draw(st.sampled_from(["run", "run", "run", "run_to_code_7"]))
    return Call(function, tuple(draft.operations), draft.script)


def ending(puppet: Puppet, call: Call) -> object:
    """What comes of a call: output, results but for handles, and the bytes that were kept; or the error."""
    try:
        if call.function != "run" or "proc_exit" in call.operations:
            return puppet.plugin.call(call.function, call.script.encode())
        ran = puppet.run(call.script)
    except PlugbayError as error:
        return Failed(type(error), error.reason, error.function)
    results = [
        (operation, bool(result) if operation in _HANDLES else result)
        for operation, result in zip(call.operations, ran.results, strict=True)
    ]
    return ran.output, results, ran.kept


def endings_of(puppet: Puppet, script: list[Call]) -> Iterator[object]:
    """What comes of the calls, up to the first that may have stopped the guest, and the variables after each."""
    for call in script:
        end = ending(puppet, call)
        yield end
        if isinstance(end, Failed) and (end.kind is not GuestError or "error_set" in call.operations):
            return
        yield {key: puppet.var(key) for key in KEYS}


@pytest.fixture(scope="module")
def load() -> Iterator[Callable[[str], Plugin]]:
    """Loads the guest on an engine."""
    hosts = {engine: Host(engine=engine) for engine in ENGINES}
    memory = MEMORY.replace(" 1)", f" {PAGES})")
    module = compile_text(plugin_text(PUPPET, imports=PROC_EXIT, memory=memory).encode(), "puppet")
    yield lambda engine: hosts[engine].load(module, name="guest", config=CONFIG, limits=Limits(var_bytes=500))
    for host in hosts.values():
        host.close()


@given(script=st.lists(calls(), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_both_engines_do_the_same(load: Callable[[str], Plugin], script: list[Call]) -> None:
    endings: list[object] = []
    for engine in ENGINES:
        with load(engine) as plugin:
            endings.append(list(endings_of(Puppet(plugin), script)))
    assert endings[0] == endings[1]
