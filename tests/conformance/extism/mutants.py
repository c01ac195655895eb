"""Plugins and actors that break one requirement each: a guest with a switch for those that running code breaks, and
small modules of text for the others."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.conformance.extism.small_guests import ECHO, METADATA, METADATA_JSON, RESULT, actor, changed, plugin, port
from tests.conformance.mutant import Mutant

from plugbay_conformance.extism.interface import ENV, USER, WASI

if TYPE_CHECKING:
    from collections.abc import Callable

GUEST: Final = Path(__file__).parents[3] / "conformance" / "mutants" / "extism" / "guest.wasm"
"""What ``conformance/mutants/extism/build.sh`` makes."""
_MARK: Final = b"PLUGBAY-MUTATION"
_RANDOM_TYPE: Final = "(param i32 i32) (result i32)"
SWITCHED: Final = {
    30: "contract without sdk_version",
    32: "13 bytes lose their last",
    33: "input cut at a million bytes",
    34: "empty answers null",
    35: "a short input after a long one is another",
    36: "17 bytes reversed with a mistake",
    37: "length of 16 bits",
    38: "control character replaced",
    39: "output cut at 1 MiB",
    40: "emoji replaced",
    41: "count by way of a float",
    42: "big by way of a float",
    43: "four digits of a float",
    44: "flags not reversed",
    45: "nulls left out",
    46: "no JSON taken for nothing",
    47: "missing keys taken for nothing",
    48: "white space counts",
    50: "error text cut",
    51: "the code 0 beside an error",
    52: "an error that stays",
    53: "trap answers",
    55: "700 bytes kept",
    60: "config value of 16 bits",
    61: "empty text for no config",
    62: "byte 255 lost",
    63: "a value for no variable",
    64: "null removes nothing",
    65: "first value stays",
    66: "six is left out",
    67: "big-endian",
    70: "trace logged as debug",
    71: "lines joined",
    75: "PUT without its body",
    76: "503 told as 500",
    77: "retry-after lost",
    78: "body cut at 64 KiB",
    111: "another component",
    112: "every config is good",
    113: "another version",
    125: "no values trap",
    126: "unknown fields refused",
    127: "no state traps",
    128: "array for payload traps",
    129: "unknown type traps",
    130: "counts in its memory",
    131: "1,000 bytes kept of a message",
    140: "Flow without data lost",
    141: "Event of a text becomes a String",
    142: "every Boolean true",
    143: "Integer by way of a float",
    144: "whole Float becomes an Integer",
    145: "String cut at NUL",
    146: "Object with data unwrapped",
    147: "empty Array becomes null",
    148: "Stream as base64",
    149: "empty Optional becomes a Flow",
    150: "Any of null lost",
    151: "Error fails the message",
    152: "third value lost",
    153: "integer inside an object by way of a float",
    154: "Stream made as an Array",
    155: "escapes not read",
    160: "another node",
    161: "empty config becomes null",
    162: "empty state becomes null",
    163: "unknown operation ignored",
    164: "reason cut",
    165: "trap answers in process",
    166: "a failure counts",
    170: "state's integers by way of a float",
    171: "empty text for no state",
    172: "true stored as 1",
    173: "state merged",
    174: "empty state returned",
    175: "other keys of the state lost",
    180: "sent values tagged",
    181: "silent answers",
    182: "contract without keys",
    183: "warn logged as error",
    184: "text cut at 1 MiB",
    185: "500 bytes kept of an operation",
}
"""The mutations of the guest, by the number of the requirement."""


def build_guest(mutation: int) -> bytes:
    """The guest with a mutation; with 0 it is right in everything."""
    before, mark, after = _guest().partition(_MARK)
    assert mark, "the guest has its mark once"
    assert _MARK not in after, "the guest has its mark once"
    return before + mark + mutation.to_bytes(4, "little") + after[4:]


def _without_export(name: str) -> bytes:
    """The right guest, in which an export of the name has another one of the same length."""
    encoded = bytes((len(name),)) + name.encode()
    assert _guest().count(encoded) == 1, f"the guest exports {name} once"
    return _guest().replace(encoded, encoded[:-1] + b"_")


@cache
def _guest() -> bytes:
    return GUEST.read_bytes()


def _switched(number: int, name: str) -> Mutant:
    return Mutant(name, f"EXT-{number:03}", "extism", "actor", partial(build_guest, number))


def _plugin(number: int, name: str, build: Callable[[], bytes]) -> Mutant:
    return Mutant(name, f"EXT-{number:03}", "extism", "plugin", build)


def _actor(number: int, name: str, build: Callable[[], bytes]) -> Mutant:
    return Mutant(name, f"EXT-{number:03}", "extism", "actor", build)


_IF_EMPTY: Final = "(if (i64.eqz (call $input_length)) (then (unreachable)))"
_IF_LONG: Final = "(if (i64.eq (call $input_length) (i64.const 70001)) (then (unreachable)))"
_IF_TWO_BYTES: Final = "(if (i64.eq (call $input_length) (i64.const 2)) (then (return (i32.const 7))))"
_RANDOM: Final = """
  (drop (call $random_get (i32.const 0) (i32.const 4)))
  (call $say (i32.const 0) (i32.const 4))
  (i32.const 0)
"""
_GROWS: Final = f"""
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (if (i32.eqz (i32.rem_u (global.get $calls) (i32.const 2000))) (then (drop (memory.grow (i32.const 1)))))
  {ECHO}
"""
_OTHER_METADATA: Final = """
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (if (i32.eq (global.get $calls) (i32.const 2)) (then (i32.store8 (i32.const 1024) (i32.const 10))))
"""


def _imported(module: str, name: str, kind: str) -> str:
    return f'(import "{module}" "{name}" (func ${name} {kind}))'


_OF_TEXT: Final = (
    _plugin(1, "a parameter", lambda: plugin("(i32.const 0)", signature="(param i32) (result i32)")),
    _plugin(2, "an i64", lambda: plugin(extra='(func (export "g") (result i64) (i64.const 0))')),
    _plugin(3, "another module", lambda: plugin(imports=_imported("other", "help", ""))),
    _plugin(4, "env", lambda: plugin(imports=_imported("env", "extism_alloc", "(param i64) (result i64)"))),
    _plugin(5, "a mistyped handle", lambda: plugin(imports=_imported(ENV, "length", "(param i32) (result i64)"))),
    _plugin(5, "no such function", lambda: plugin(imports=_imported(ENV, "lenght", "(param i64) (result i64)"))),
    _plugin(6, "mistyped WASI", lambda: plugin(imports=_imported(WASI, "sched_yield", "(param i32)"))),
    _plugin(7, "memory kept back", lambda: plugin(imports=_imported(WASI, "sched_yield", "(result i32)"), memory="")),
    _actor(8, "a host function", lambda: actor(imports=_imported(USER, "lookup", "(param i64) (result i64)"))),
    _plugin(9, "a tail call", lambda: plugin(extra="(func (result i32) (return_call $f))")),
    _plugin(10, "a parameter of _initialize", lambda: plugin(extra='(func (export "_initialize") (param i32))')),
    _plugin(11, "start traps", lambda: plugin(extra="(func $boom (unreachable)) (start $boom)")),
    _plugin(11, "start never returns", lambda: plugin(extra="(func $spin (loop $on (br $on))) (start $spin)")),
    _plugin(20, "no input traps", lambda: plugin(_IF_EMPTY + ECHO)),
    _plugin(21, "long input traps", lambda: plugin(_IF_LONG + ECHO)),
    _plugin(22, "a code alone", lambda: plugin(_IF_TWO_BYTES + ECHO)),
    _plugin(23, "random bytes", lambda: plugin(_RANDOM, imports=_imported(WASI, "random_get", _RANDOM_TYPE))),
    _plugin(24, "a page at a time", lambda: plugin(_GROWS)),
    _actor(31, "no reverse", lambda: _without_export("reverse")),
    _actor(100, "no get_metadata", lambda: _without_export("get_metadata")),
    _actor(101, "an array", lambda: actor(b"[]")),
    _actor(102, "no component", lambda: actor(changed(component=""))),
    _actor(103, "a port without a name", lambda: actor(changed(inports=[{"port_type": "Flow"}]))),
    _actor(104, "a type of its own", lambda: actor(port(port_type="Number"))),
    _actor(105, "twice the same port", lambda: actor(changed(inports=METADATA["inports"] * 2))),
    _actor(106, "a number for a description", lambda: actor(changed(description=7))),
    _actor(106, "a text for required", lambda: actor(port(required="no"))),
    _actor(107, "no type objekt", lambda: actor(changed(config_schema={"type": "objekt"}))),
    _actor(107, "a schema to fetch", lambda: actor(changed(config_schema={"$ref": "https://schemas.example/a"}))),
    _actor(108, "other white space", lambda: actor(b" " + METADATA_JSON, get_metadata=_OTHER_METADATA)),
    _actor(109, "no quotes", lambda: actor(version=b"1.0.0")),
    _actor(110, "an object", lambda: actor(verdict=b'{"valid":true}')),
    _actor(120, "output", lambda: actor(result=RESULT.replace(b"outputs", b"output"))),
    _actor(121, "a type of its own", lambda: actor(result=RESULT.replace(b"Integer", b"Number"))),
    _actor(122, "a text for an Integer", lambda: actor(result=RESULT.replace(b":1}", b':"1"}'))),
    _actor(123, "another port", lambda: actor(result=RESULT.replace(b'"out"', b'"result"'))),
    _actor(124, "an array", lambda: actor(result=b'{"outputs":{},"state":[1]}')),
)
MUTANTS: Final[tuple[Mutant, ...]] = (*_OF_TEXT, *(_switched(number, name) for number, name in SWITCHED.items()))
"""At least one for each requirement."""
