"""A guest that calls the kernel as it is told: scripts written in Python, run by one plugin made of text.

A script is steps, u64 operation and flags and three u64 arguments each, and then its data. Bit 8 + n of the first says
that argument n refers to the result of an earlier step: its index in 20 bits, the rest is added.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from plugbay import Plugin

U64: Final = (1 << 64) - 1
PAGES: Final = 48
"""Of the guest's memory."""
_STEP: Final = struct.Struct("<QQQQ")
_RESULTS: Final = 65536
"""Where the guest keeps results, u64 each, of up to 4096 steps."""
_KEPT: Final = _RESULTS + 8 * 4096
"""Where the guest keeps the bytes of blocks: of each u64 length and bytes."""
_A, _B, _C = (f"(local.get ${name})" for name in "abc")
_AT: Final = f"(i64.add {_A} {_B})"


def _set(value: str) -> str:
    return f"(local.set $result {value})"


_OPERATIONS: Final = {
    "alloc": _set(f"(call $alloc {_A})"),
    "free": f"(call $free {_A})",
    "length": _set(f"(call $length {_A})"),
    "length_unsafe": _set(f"(call $length_unsafe {_A})"),
    "load_u8": _set(f"(i64.extend_i32_u (call $load_u8 {_AT}))"),
    "load_u64": _set(f"(call $load_u64 {_AT})"),
    "store_u8": f"(call $store_u8 {_AT} (i32.wrap_i64 {_C}))",
    "store_u64": f"(call $store_u64 {_AT} {_C})",
    "input_length": _set("(call $input_length)"),
    "input_offset": _set("(call $input_offset)"),
    "input_load_u8": _set(f"(i64.extend_i32_u (call $input_load_u8 {_A}))"),
    "input_load_u64": _set(f"(call $input_load_u64 {_A})"),
    "output_set": f"(call $output_set {_A} {_B})",
    "error_set": f"(call $error_set {_A})",
    "config_get": _set(f"(call $config_get {_A})"),
    "var_get": _set(f"(call $var_get {_A})"),
    "var_set": f"(call $var_set {_A} {_B})",
    **{f"log_{level}": f"(call $log_{level} {_A})" for level in ("trace", "debug", "info", "warn", "error")},
    "get_log_level": _set("(i64.extend_i32_u (call $get_log_level))"),
    "unreachable": "(unreachable)",
    "proc_exit": f"(call $proc_exit (i32.wrap_i64 {_A}))",
    # A block with $b bytes of the script's data, from $a on.
    "data": _set(f"(call $taken (i64.add (local.get $data) {_A}) {_B})"),
    # Keep the bytes of a block; the result is how many.
    "keep": f"""{_set(f"(call $length {_A})")} (call $keep {_A} (local.get $result))""",
    # Allocate $b bytes, write the last one and free them, $a times; the result is the last handle.
    "churn": f"""
      (block $churned (loop $more
        (br_if $churned (i64.eqz {_A}))
        {_set(f"(call $alloc {_B})")}
        (call $store_u8 (i64.add (local.get $result) (i64.sub {_B} (i64.const 1))) (i32.const 255))
        (call $free (local.get $result))
        (local.set $a (i64.sub {_A} (i64.const 1)))
        (br $more)))""",
    # Set $a variables whose names are the numbers from $c on, u64, to the bytes of the block $b; 0 removes them.
    "set_many": f"""
      (block $all (loop $more
        (br_if $all (i64.eqz {_A}))
        (call $var_set (call $named {_C}) (call $copied {_B}))
        (local.set $a (i64.sub {_A} (i64.const 1)))
        (local.set $c (i64.add {_C} (i64.const 1)))
        (br $more)))""",
    # Read $a of them from $c on; the result is how many have as many bytes as the block $b.
    "count_many": f"""
      (block $all (loop $more
        (br_if $all (i64.eqz {_A}))
        (local.set $value (call $var_get (call $named {_C})))
        (local.set $result (i64.add (local.get $result)
          (i64.extend_i32_u (i64.eq (call $length (local.get $value)) (call $length {_B})))))
        (call $free (local.get $value))
        (local.set $a (i64.sub {_A} (i64.const 1)))
        (local.set $c (i64.add {_C} (i64.const 1)))
        (br $more)))""",
}
_NUMBERS: Final = {name: number for number, name in enumerate(_OPERATIONS)}
_BRANCHES: Final = "".join(
    f"(if (i32.eq (local.get $op) (i32.const {number})) (then {_OPERATIONS[name]} (br $done)))\n"
    for name, number in _NUMBERS.items()
)
PUPPET: Final = f"""
  (global $kept (mut i32) (i32.const {_KEPT}))
  (global $count (mut i32) (i32.const 0))
  (func $keep (param $handle i64) (param $n i64) (local $i i64)
    (i64.store (global.get $kept) (local.get $n))
    (global.set $kept (i32.add (global.get $kept) (i32.const 8)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $i) (local.get $n)))
      (i32.store8 (global.get $kept) (call $load_u8 (i64.add (local.get $handle) (local.get $i))))
      (global.set $kept (i32.add (global.get $kept) (i32.const 1)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $next))))
  (func $named (param $number i64) (result i64) (local $handle i64)
    (local.set $handle (call $alloc (i64.const 8)))
    (call $store_u64 (local.get $handle) (local.get $number))
    (local.get $handle))
  (func $copied (param $from i64) (result i64) (local $to i64) (local $i i64)
    (local.set $to (call $alloc (call $length (local.get $from))))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $i) (call $length (local.get $from))))
      (call $store_u8 (i64.add (local.get $to) (local.get $i))
                      (call $load_u8 (i64.add (local.get $from) (local.get $i))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $next)))
    (local.get $to))
  (func $argument (param $at i64) (param $refers i32) (result i64) (local $raw i64)
    (local.set $raw (call $input_load_u64 (local.get $at)))
    (if (i32.eqz (local.get $refers)) (then (return (local.get $raw))))
    (i64.add (i64.shr_s (local.get $raw) (i64.const 20))
      (i64.load offset={_RESULTS}
        (i32.shl (i32.and (i32.wrap_i64 (local.get $raw)) (i32.const 0xfffff)) (i32.const 3)))))
  (func $step (param $at i64) (param $data i64) (result i64)
    (local $word i32) (local $op i32) (local $a i64) (local $b i64) (local $c i64)
    (local $result i64) (local $value i64)
    (local.set $word (i32.wrap_i64 (call $input_load_u64 (local.get $at))))
    (local.set $op (i32.and (local.get $word) (i32.const 255)))
    (local.set $a
      (call $argument (i64.add (local.get $at) (i64.const 8)) (i32.and (local.get $word) (i32.const 256))))
    (local.set $b
      (call $argument (i64.add (local.get $at) (i64.const 16)) (i32.and (local.get $word) (i32.const 512))))
    (local.set $c
      (call $argument (i64.add (local.get $at) (i64.const 24)) (i32.and (local.get $word) (i32.const 1024))))
    (block $done
      {_BRANCHES}
      (unreachable))
    (local.get $result))
  (func $run (export "run") (result i32) (local $steps i32) (local $data i64)
    (global.set $kept (i32.const {_KEPT}))
    (global.set $count (i32.const 0))
    (local.set $steps (i32.wrap_i64 (call $input_load_u64 (i64.const 0))))
    (local.set $data (i64.extend_i32_u (i32.add (i32.const 8) (i32.shl (local.get $steps) (i32.const 5)))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (global.get $count) (local.get $steps)))
      (i64.store offset={_RESULTS} (i32.shl (global.get $count) (i32.const 3))
        (call $step (i64.extend_i32_u (i32.add (i32.const 8) (i32.shl (global.get $count) (i32.const 5))))
          (local.get $data)))
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (br $next)))
    (i32.const 0))
  (func (export "run_to_code_7") (result i32) (drop (call $run)) (i32.const 7))
  (func (export "report")
    (call $answer (call $block (i32.const {_RESULTS}) (i32.sub (global.get $kept) (i32.const {_RESULTS})))))
"""


@dataclass(frozen=True)
class Ref:
    """The result of a step, with something added."""

    step: int
    offset: int = 0

    def __add__(self, offset: int) -> Ref:
        return Ref(self.step, self.offset + offset)


@dataclass
class Script:
    """Steps, in order, and the bytes that they refer to."""

    steps: list[bytes] = field(default_factory=list[bytes])
    data: bytearray = field(default_factory=bytearray)

    def call(self, operation: str, *arguments: int | Ref) -> Ref:
        word, values = _NUMBERS[operation], [0, 0, 0]
        for index, argument in enumerate(arguments):
            if isinstance(argument, Ref):
                word |= 256 << index
                values[index] = ((argument.offset << 20) | argument.step) & U64
            else:
                values[index] = argument & U64
        self.steps.append(_STEP.pack(word, *values))
        return Ref(len(self.steps) - 1)

    def block(self, data: bytes) -> Ref:
        """A block with these bytes."""
        self.data += data
        return self.call("data", len(self.data) - len(data), len(data))

    def set_var(self, key: bytes, value: bytes | None) -> None:
        self.call("var_set", self.block(key), 0 if value is None else self.block(value))

    def keep_var(self, key: bytes) -> None:
        self.call("keep", self.call("var_get", self.block(key)))

    def encode(self) -> bytes:
        return len(self.steps).to_bytes(8, "little") + b"".join(self.steps) + bytes(self.data)


@dataclass(frozen=True)
class Ran:
    """What came of a script: its output, the result of each step, the blocks that it kept."""

    output: bytes
    results: tuple[int, ...]
    kept: tuple[bytes, ...]

    def __getitem__(self, ref: Ref) -> int:
        return self.results[ref.step] + ref.offset


@dataclass(frozen=True)
class Puppet:
    """The plugin that runs scripts."""

    plugin: Plugin

    def run(self, script: Script) -> Ran:
        """Run a script that does not fail."""
        output = self.plugin.call("run", script.encode())
        report = self.plugin.call("report", b"")
        results = struct.unpack_from(f"<{len(script.steps)}Q", report)
        kept, at = list[bytes](), _KEPT - _RESULTS
        while at < len(report):
            (size,) = struct.unpack_from("<Q", report, at)
            kept.append(report[at + 8 : at + 8 + size])
            at += 8 + size
        return Ran(output, results, tuple(kept))

    def var(self, key: bytes) -> bytes | None:
        """A variable, None when it is not set."""
        script = Script()
        script.keep_var(key)
        (value,) = self.run(script).kept
        return value or None
