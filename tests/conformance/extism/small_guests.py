"""Small plugins and actors as text: right in all that is not asked to be wrong."""

from __future__ import annotations

import json
from typing import Any, Final

import wasmtime

METADATA: Final[dict[str, Any]] = {
    "component": "Static",
    "description": "Answers the same to everything",
    "inports": [{"name": "in", "port_type": "Integer", "description": "A number", "required": False}],
    "outports": [{"name": "out", "port_type": "Integer"}],
    "config_schema": {"type": "object", "properties": {"step": {"type": "integer", "default": 1}}},
}
METADATA_JSON: Final = json.dumps(METADATA).encode()
RESULT: Final = b'{"outputs":{"out":{"type":"Integer","data":1}}}'
_ENV: Final = "extism:host/env"
_KERNEL: Final = f"""
  (import "{_ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (import "{_ENV}" "store_u8" (func $store_u8 (param i64 i32)))
  (import "{_ENV}" "input_length" (func $input_length (result i64)))
  (import "{_ENV}" "input_offset" (func $input_offset (result i64)))
  (import "{_ENV}" "output_set" (func $output_set (param i64 i64)))
"""
ECHO: Final = "(call $output_set (call $input_offset) (call $input_length)) (i32.const 0)"


def plugin(
    body: str = ECHO,
    *,
    signature: str = "(result i32)",
    imports: str = "",
    extra: str = "",
    memory: str = '(export "memory")',
) -> bytes:
    """A plugin of one function `f`; `extra` are further fields. Its memory has a page."""
    function = f'(func $f (export "f") {signature} {body})'
    return _compiled(f"(module {_KERNEL} {imports} (memory {memory} 1) {_CALLS} {_SAY} {function} {extra})")


def actor(
    metadata: object = None,
    *,
    result: bytes = RESULT,
    version: bytes | None = None,
    verdict: bytes | None = None,
    process: str = "",
    get_metadata: str = "",
    imports: str = "",
) -> bytes:
    """An actor that answers constants. `process` and `get_metadata` are code that runs before those answers."""
    text = metadata if isinstance(metadata, bytes) else json.dumps(metadata or METADATA).encode()
    answers: dict[str, tuple[bytes, str]] = {"get_metadata": (text, get_metadata), "process": (result, process)}
    if version is not None:
        answers["get_version"] = (version, "")
    if verdict is not None:
        answers["validate_config"] = (verdict, "")
    fields, place = "", 1024
    for name, (answer, code) in answers.items():
        data = "".join(f"\\{byte:02x}" for byte in answer)
        say = f"(call $say (i32.const {place}) (i32.const {len(answer)}))"
        fields += (
            f'(data (i32.const {place}) "{data}") (func (export "{name}") (result i32) {code} {say} (i32.const 0))'
        )
        place += len(answer)
    return _compiled(f'(module {_KERNEL} {imports} (memory (export "memory") 2) {_CALLS} {_SAY} {fields})')


def changed(**fields: object) -> dict[str, Any]:
    """The usual metadata with other fields."""
    return {**METADATA, **fields}


def port(**fields: object) -> dict[str, Any]:
    """The metadata with other fields of its one outport."""
    return changed(outports=[{**METADATA["outports"][0], **fields}])


def _compiled(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


_CALLS: Final = "(global $calls (mut i32) (i32.const 0))"
_SAY: Final = """
  ;; Answer bytes of the memory.
  (func $say (param $from i32) (param $n i32) (local $handle i64) (local $at i32)
    (local.set $handle (call $alloc (i64.extend_i32_u (local.get $n))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $n)))
      (call $store_u8 (i64.add (local.get $handle) (i64.extend_i32_u (local.get $at)))
                      (i32.load8_u (i32.add (local.get $from) (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
    (call $output_set (local.get $handle) (i64.extend_i32_u (local.get $n))))
"""
