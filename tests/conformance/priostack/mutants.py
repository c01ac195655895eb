"""The modules of byte functions that are right but for one thing, in each convention."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.fluxrig.rewriting import (
    first_pages,
    rename_export,
    rename_import,
    repoint_export,
    second_memory,
)
from tests.conformance.mutant import Mutant
from tests.conformance.priostack.exports import keep_exports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Change = Callable[[bytes], bytes]

FOLDER = Path(__file__).parents[3] / "conformance" / "mutants" / "priostack"
PACKED, WASM_BINDGEN, ASSEMBLYSCRIPT = PROFILES = ("packed", "wasm-bindgen", "assemblyscript")
_MARK = b"PLUGBAY-MUTATION"
_ALL = PROFILES
_FREEING = (PACKED, WASM_BINDGEN)

_MUTATIONS: dict[int, tuple[str, tuple[str, ...]]] = {
    15: ("traps while it starts", _ALL),
    16: ("answers where it should trap", _ALL),
    20: ("hands out a block beyond its memory", _FREEING),
    21: ("has room for two blocks of no bytes", _ALL),
    22: ("gives out odd blocks twice", _ALL),
    23: ("has room for 24 blocks and gives out the first one again", _ALL),
    24: ("writes into its newest block when an older one is freed", _ALL),
    25: ("never takes blocks of 3,072 bytes back", _ALL),
    26: ("hands out a gigabyte that it does not have", _ALL),
    27: ("panics when its memory is full", (PACKED,)),
    30: ("rounds the length of an object", (ASSEMBLYSCRIPT,)),
    31: ("pins an object and returns null", (ASSEMBLYSCRIPT,)),
    32: ("collects what is pinned", (ASSEMBLYSCRIPT,)),
    40: ("returns a result beyond its memory", _ALL),
    41: ("returns its input", (PACKED,)),
    42: ("returns a constant", _FREEING),
    43: ("unpins its input", (ASSEMBLYSCRIPT,)),
    44: ("returns a String", (ASSEMBLYSCRIPT,)),
    45: ("keeps the stack", (WASM_BINDGEN,)),
    46: ("traps on no bytes", _ALL),
    47: ("traps on an object that is not closed", _ALL),
    48: ("traps on nested arrays", _ALL),
    49: ("fails with a message that is no text", _FREEING),
    50: ("answers with the length of an earlier input", _ALL),
    1050: ("answers with a byte that it did not write", _ALL),
    51: ("loses 32 bytes with each call", _ALL),
    1051: ("does not free its input", (WASM_BINDGEN,)),
    52: ("cuts its output when memory is full", _ALL),
    53: ("stops answering after a failure", (PACKED,)),
    54: ("traps on a mebibyte", _ALL),
    60: ("takes no input for its contract", _ALL),
    61: ("gives back text only", _ALL),
    62: ("loses a byte of 257", _ALL),
    63: ("loses the last byte of a mebibyte", _ALL),
    64: ("counts up to a zero", _ALL),
    65: ("does not reverse", _ALL),
    66: ("has a line end for nothing", _ALL),
    67: ("cuts an output at 64 KiB", _ALL),
    68: ("has a pointer for nothing", (PACKED,)),
    70: ("has a key too many", _ALL),
    71: ("knows characters of 16 bits", _ALL),
    72: ("counts by floats", _ALL),
    73: ("rounds a large integer", _ALL),
    74: ("rounds to four digits", _ALL),
    75: ("does not reverse flags", _ALL),
    76: ("drops nulls", _ALL),
    77: ("wants its object at once", _ALL),
    78: ("takes anything for arguments", _ALL),
    79: ("does not escape its error", _ALL),
    80: ("cuts its message", (PACKED,)),
    81: ("cuts its message", (WASM_BINDGEN,)),
    82: ("cuts its message", (ASSEMBLYSCRIPT,)),
    83: ("takes an empty failure for success", _ALL),
    90: ("warns at the level info", _ALL),
    91: ("cuts its log lines", _ALL),
    92: ("has microseconds", _ALL),
    93: ("is a random byte short", _ALL),
    94: ("draws random bytes itself", _ALL),
    95: ("counts to two", _ALL),
}
"""What a mutation does, and in which conventions, by its number: that of the requirement, and 1000 more for another."""

_TOO_LARGE = "a memory of 2 GiB does not start small either"
_ALSO: dict[str, tuple[frozenset[str], str]] = {}


def right_module(profile: str) -> bytes:
    """The module of a convention that breaks nothing."""
    return (FOLDER / f"{profile.replace('-', '_')}.wasm").read_bytes()


def set_mutation(module: bytes, number: int) -> bytes:
    """The module as the mutation of that number."""
    assert module.count(_MARK) == 1
    at = module.index(_MARK) + len(_MARK)
    return module[:at] + number.to_bytes(4, "little") + module[at + 4 :]


def _behavioural() -> Iterator[Mutant]:
    for number, (name, profiles) in _MUTATIONS.items():
        requirement = f"PRI-{number % 1000:03}"
        for profile in profiles:
            also, why = _ALSO.get(name, (frozenset[str](), ""))
            yield Mutant(name, requirement, "priostack", profile, partial(_mutated, profile, number), also, why)


def _mutated(profile: str, number: int) -> bytes:
    return set_mutation(right_module(profile), number)


def _structural() -> Iterator[Mutant]:
    for profile in PROFILES:
        for requirement, name, changes in (*_of_any(profile), *_OWN[profile]):
            yield Mutant(name, f"PRI-{requirement:03}", "priostack", profile, partial(_changed, profile, changes))
    large = partial(first_pages, pages=32_768)
    yield Mutant(
        "starts at 2 GiB",
        "PRI-011",
        "priostack",
        PACKED,
        partial(_changed, PACKED, (large,)),
        frozenset({"PRI-012"}),
        _TOO_LARGE,
    )


def _changed(profile: str, changes: Iterable[Change]) -> bytes:
    module = right_module(profile)
    for change in changes:
        module = change(module)
    return module


def _rename(name: str, new: str) -> Change:
    return lambda module: rename_export(module, name, new)


def _rename_import(name: str, new: str) -> Change:
    return lambda module: rename_import(module, name, new)


def _repoint(name: str, other: str) -> Change:
    return lambda module: repoint_export(module, name, other)


def _of_any(profile: str) -> Iterator[tuple[int, str, tuple[Change, ...]]]:
    yield 1, "keeps its memory to itself", (_rename("memory", "mem_ry"),)
    yield 6, "has no function", (lambda module: keep_exports(module, _PARTS[profile]),)
    yield 7, "has a function with a blank in its name", (_rename("spare", "sp re"),)
    yield 8, "has a function under both spellings", (_rename("spare_more", "failObject"),)
    yield 9, "imports what there is not", (_rename_import("now", "nop"),)
    yield 10, "imports the clock as the log", (_rename_import("now", "log"),)
    yield 12, "starts with 600 pages", (lambda module: first_pages(module, 600),)
    yield 13, "has two memories", (second_memory,)
    start = (_rename("_initialize", "_initialise"),) if profile != WASM_BINDGEN else ()
    yield 14, "has a start function with parameters", (*start, _rename("spare_again", "_initialize"))


_PARTS: dict[str, frozenset[str]] = {
    PACKED: frozenset({"memory", "alloc", "free", "_initialize"}),
    WASM_BINDGEN: frozenset(
        {"memory", "__wbindgen_malloc", "__wbindgen_free", "__wbindgen_add_to_stack_pointer", "__wbindgen_start"}
    ),
    ASSEMBLYSCRIPT: frozenset({"memory", "__new", "__pin", "__unpin", "__collect", "_initialize"}),
}
_OWN: dict[str, tuple[tuple[int, str, tuple[Change, ...]], ...]] = {
    PACKED: (
        (2, "has no allocator", (_rename("alloc", "all_c"),)),
        (2, "has an allocator of another type", (_repoint("alloc", "free"),)),
        (3, "takes nothing back", (_rename("free", "fr_e"),)),
        (3, "takes memory back by another type", (_repoint("free", "spare"),)),
    ),
    WASM_BINDGEN: (
        (4, "has no malloc", (_rename("__wbindgen_malloc", "__wbindgen_mallo_"),)),
        (4, "has no free", (_rename("__wbindgen_free", "__wbindgen_fre_"),)),
    ),
    ASSEMBLYSCRIPT: (
        (5, "has no __new", (_rename("__new", "__ne_"),)),
        (5, "has no __collect", (_rename("__collect", "__collec_"),)),
        (5, "has a __pin of another type", (_repoint("__pin", "__unpin"),)),
    ),
}

MUTANTS: tuple[Mutant, ...] = (*_structural(), *_behavioural())
"""Each breaks one requirement."""
