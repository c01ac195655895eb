"""An actor that does what its messages say: scripts of calls of Extism's kernel and of Reflow's host functions.

A script is operations end to end, made by :func:`op`; at its end it returns 0. The actor has 16 registers for handles.
What ``show`` and ``load_u8`` find is noted, and ``answer_notes`` makes the notes the output. Handles themselves are not
noted, since each kernel numbers its blocks in its own way.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

import wasmtime

from plugbay_adapters.reflow.values import MessageType

METADATA: Final[dict[str, Any]] = {
    "component": "Scripted",
    "description": "Does what it is told",
    "inports": [
        {"name": "script", "port_type": "Stream"},
        *({"name": kind.lower(), "port_type": kind} for kind in MessageType),
    ],
    "outports": [{"name": kind.lower(), "port_type": kind} for kind in MessageType],
}
"""One port of each type in both directions, called like its type in small letters."""
_OPERATIONS: Final[dict[str, tuple[str, str]]] = {
    # name: (operands: r register, b byte, i u32, q u64, t bytes; what is done)
    "text": ("rt", "(call $set (call $u8) (call $literal))"),
    "number": ("rq", "(call $set (call $u8) (call $u64))"),
    "add": ("rrq", "(call $set (call $u8) (i64.add (call $get) (call $u64)))"),
    "filled": ("rib", "(call $set (call $u8) (call $filled (call $u32) (call $u8)))"),
    "free": ("r", "(call $free (call $get))"),
    "load_u8": ("r", "(call $note (i64.extend_i32_u (call $load_u8 (call $get))))"),
    "show": ("r", "(call $show (call $get))"),
    "input": ("r", "(call $set (call $u8) (call $input_offset))"),
    "output": ("r", "(call $output_all (call $get))"),
    "answer_notes": ("", "(call $output_notes)"),
    "error": ("r", "(call $error_set (call $get))"),
    "state": ("rr", "(call $set (call $u8) (call $get_state (call $get)))"),
    "set_state": ("rr", "(call $set_state (call $get) (call $get))"),
    "send": ("r", "(call $send_output (call $get))"),
    "send_times": ("ri", """(local.set $handle (call $get)) (local.set $n (call $u32))
      (loop $again
        (call $send_output (local.get $handle))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"""),
    "ask": ("", "(call $ask)"),
    "log_info": ("r", "(call $log_info (call $get))"),
    "grow": ("i", "(if (i32.eq (memory.grow (call $u32)) (i32.const -1)) (then (unreachable)))"),
    "trap": ("", "(unreachable)"),
    "spin": ("", "(loop $on (br $on))"),
    "recurse": ("", "(call $recurse)"),
    "give_back": ("i", "(return (call $u32))"),
}  # fmt: skip
ASK: Final = '(import "extism:host/user" "ask" (func $ask))'
_CODES: Final = {name: code for code, name in enumerate(_OPERATIONS)}
_FORMATS: Final = {"r": "<B", "b": "<B", "i": "<I", "q": "<Q"}

_ENV: Final = """
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "free" (func $free (param i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "log_info" (func $log_info (param i64)))
"""
_USER_FUNCTIONS: Final = """
  (import "extism:host/user" "__get_state" (func $get_state (param i64) (result i64)))
  (import "extism:host/user" "__set_state" (func $set_state (param i64 i64)))
  (import "extism:host/user" "__send_output" (func $send_output (param i64)))
"""
_MACHINE: Final = """
  ;; 0: registers; 1024: constants; 4096: metadata; 512 KiB: notes; 1 MiB: the input, and the script
  (memory (export "memory") 17)
  (global $ip (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  (global $notes (mut i32) (i32.const 0))

  (func $get (result i64) (i64.load (i32.shl (call $u8) (i32.const 3))))
  (func $set (param $register i32) (param $value i64)
    (i64.store (i32.shl (local.get $register) (i32.const 3)) (local.get $value)))
  (func $step (param $n i32) (result i32)
    (global.set $ip (i32.add (global.get $ip) (local.get $n)))
    (i32.sub (global.get $ip) (local.get $n)))
  (func $u8 (result i32) (i32.load8_u (call $step (i32.const 1))))
  (func $u32 (result i32) (i32.load align=1 (call $step (i32.const 4))))
  (func $u64 (result i64) (i64.load align=1 (call $step (i32.const 8))))
  (func $recurse (call $recurse) (call $recurse))

  (func $note (param $value i64)
    (i64.store align=1 (global.get $notes) (local.get $value))
    (global.set $notes (i32.add (global.get $notes) (i32.const 8))))
  (func $show (param $handle i64) (local $at i64)
    (call $note (i64.extend_i32_u (i64.eqz (local.get $handle))))
    (call $note (call $length (local.get $handle)))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $at) (call $length (local.get $handle))))
      (i32.store8 (global.get $notes) (call $load_u8 (i64.add (local.get $handle) (local.get $at))))
      (global.set $notes (i32.add (global.get $notes) (i32.const 1)))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $next))))

  (func $block (param $from i32) (param $n i32) (result i64) (local $handle i64) (local $at i32)
    (local.set $handle (call $alloc (i64.extend_i32_u (local.get $n))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $n)))
      (call $store_u8 (i64.add (local.get $handle) (i64.extend_i32_u (local.get $at)))
                      (i32.load8_u (i32.add (local.get $from) (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
    (local.get $handle))
  (func $literal (result i64) (local $n i32)
    (local.set $n (call $u32))
    (call $block (call $step (local.get $n)) (local.get $n)))
  (func $filled (param $n i32) (param $byte i32) (result i64) (local $handle i64) (local $at i64)
    (local.set $handle (call $alloc (i64.extend_i32_u (local.get $n))))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $at) (i64.extend_i32_u (local.get $n))))
      (call $store_u8 (i64.add (local.get $handle) (local.get $at)) (local.get $byte))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $next)))
    (local.get $handle))
  (func $output_all (param $handle i64) (call $output_set (local.get $handle) (call $length (local.get $handle))))
  (func $answer (param $from i32) (param $n i32)
    (call $output_set (call $block (local.get $from) (local.get $n)) (i64.extend_i32_u (local.get $n))))
  (func $output_notes (call $answer (i32.const 0x80000) (i32.sub (global.get $notes) (i32.const 0x80000))))

  ;; The input, copied to 1 MiB; its length.
  (func $read_input (result i32) (local $n i32) (local $at i32)
    (local.set $n (i32.wrap_i64 (call $input_length)))
    (block $done (loop $enough
      (br_if $done (i32.gt_u (i32.shl (memory.size) (i32.const 16)) (i32.add (local.get $n) (i32.const 0x100008))))
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
      (br $enough)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $n)))
      (i32.store8 (i32.add (i32.const 0x100000) (local.get $at))
                  (call $input_load_u8 (i64.extend_i32_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
    (local.get $n))

  (func $run (param $from i32) (param $end i32) (result i32) (local $handle i64) (local $n i32)
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 1024))
    (global.set $ip (local.get $from))
    (global.set $end (local.get $end))
    (global.set $notes (i32.const 0x80000))
    (block $done (loop $next
      (br_if $done (i32.ge_u (global.get $ip) (global.get $end)))
{operations}
      (br $next)))
    (i32.const 0))
  (func (export "run") (result i32)
    (call $run (i32.const 0x100000) (i32.add (i32.const 0x100000) (call $read_input))))
"""
_ACTOR: Final = """
  (data (i32.const 1024) "{script_start}")
  (data (i32.const 4096) "{metadata}")

  (func $is_script (result i32) (local $at i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (i32.const {script_start_size})))
      (if (i32.ne (i32.load8_u offset=1024 (local.get $at)) (i32.load8_u offset=0x100000 (local.get $at)))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
    (i32.const 1))

  ;; The numbers of the script's array as bytes, from 1 MiB on; where they end.
  (func $decode (result i32) (local $at i32) (local $to i32) (local $byte i32) (local $number i32)
    (local.set $at (i32.const {numbers}))
    (local.set $to (i32.const 0x100000))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 93)) (then (return (local.get $to))))
    (loop $next
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.ge_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 10))
        (then
          (i32.store8 (local.get $to) (local.get $number))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $number (i32.const 0)))
        (else
          (local.set $number (i32.add (i32.mul (local.get $number) (i32.const 10))
                                      (i32.sub (local.get $byte) (i32.const 48))))))
      (br_if $next (i32.ne (local.get $byte) (i32.const 93))))
    (local.get $to))

  ;; Where the JSON object that begins at 1 MiB + 11 ends.
  (func $plus (param $depth i32) (param $byte i32) (result i32)
    (i32.sub (i32.add (local.get $depth) (i32.eq (local.get $byte) (i32.const 123)))
             (i32.eq (local.get $byte) (i32.const 125))))
  (func $payload_end (result i32) (local $at i32) (local $depth i32) (local $byte i32) (local $in_text i32)
    (local.set $at (i32.const 0x10000b))
    (loop $next
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (local.get $in_text)
        (then
          (if (i32.eq (local.get $byte) (i32.const 92)) (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
          (if (i32.eq (local.get $byte) (i32.const 34)) (then (local.set $in_text (i32.const 0)))))
        (else
          (if (i32.eq (local.get $byte) (i32.const 34)) (then (local.set $in_text (i32.const 1))))
          (local.set $depth (call $plus (local.get $depth) (local.get $byte)))))
      (br_if $next (local.get $depth)))
    (local.get $at))

  ;; "payload" and "outputs" are as long: an echo overwrites the one with the other.
  (func $echo (local $end i32)
    (local.set $end (call $payload_end))
    (i32.store align=1 (i32.const 0x100002) (i32.const 0x7074756f))
    (i32.store align=1 (i32.const 0x100005) (i32.const 0x73747570))
    (i32.store8 (local.get $end) (i32.const 125))
    (call $answer (i32.const 0x100000) (i32.sub (i32.add (local.get $end) (i32.const 1)) (i32.const 0x100000))))

  (func (export "get_metadata") (result i32) {get_metadata})
  (func (export "{entry}") (result i32)
    (drop (call $read_input))
    (if (call $is_script) (then (return (call $run (i32.const 0x100000) (call $decode)))))
    (call $echo)
    (i32.const 0))
"""


_SCRIPT_START: Final = b'{"payload":{"script":{"type":"Stream","data":['


def op(name: str, *operands: int | bytes) -> bytes:
    """One operation of a script."""
    kinds, _ = _OPERATIONS[name]
    parts = [bytes([_CODES[name]])]
    for kind, operand in zip(kinds, operands, strict=True):
        if isinstance(operand, bytes):
            parts += [struct.pack("<I", len(operand)), operand]
        else:
            size = struct.calcsize(_FORMATS[kind])
            parts.append(struct.pack(_FORMATS[kind], operand & ((1 << 8 * size) - 1)))
    return b"".join(parts)


def scripted_actor(
    metadata: object = METADATA,
    *,
    get_metadata: str | None = None,
    entry: str = "process",
    ask: str = "(func $ask)",
    extra: str = "",
) -> bytes:
    """An actor that runs the script on its inport ``script``, and else sends each input out of the port of its name.

    ``metadata`` is JSON as bytes, or made into it. ``get_metadata`` replaces the body of that export. The export
    ``run`` takes a script raw. The operation ``ask`` calls what ``ask`` declares: :data:`ASK` imports it.
    """
    text = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    actor = _ACTOR.format(
        script_start=_escaped(_SCRIPT_START),
        script_start_size=len(_SCRIPT_START),
        numbers=0x100000 + len(_SCRIPT_START),
        metadata=_escaped(text),
        get_metadata=get_metadata or f"(call $answer (i32.const 4096) (i32.const {len(text)})) (i32.const 0)",
        entry=entry,
    )
    return bytes(wasmtime.wat2wasm(f"(module $actor {_ENV} {_USER_FUNCTIONS} {ask} {_machine()} {actor} {extra})"))


def _machine() -> str:
    """The machine, with a table that leads behind the block of each operation."""
    codes = " ".join(map(str, range(len(_OPERATIONS))))
    text = f"(br_table {codes} 0 (call $u8))"
    for _, body in _OPERATIONS.values():
        text = f"(block {text})\n      {body} (br $next)"
    return _MACHINE.format(operations=text)


def _escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)
