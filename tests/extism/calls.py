"""Guests that fail in every way, and what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugbay import Plugin
from plugbay.errors import BatchError, PlugbayError

if TYPE_CHECKING:
    from collections.abc import Sequence

ECHO = '(func $echo (export "echo") (result i32) (call $answer (call $input)) (i32.const 0))'
SAY = "(call $error_set (call $block (i32.const 0) (i32.const 6)))"
TEXTS = '(data (i32.const 0) "failed") (data (i32.const 16) "output")'
ANSWER = "(call $answer (call $block (i32.const 16) (i32.const 6)))"
BY_INPUT = """
  ;; By the first byte of the input: t traps, e reports an error, c returns 7, x exits with 0, y with 3, l loops, others
  ;; are echoed and logged.
  (func $is (param $letter i32) (result i32) (i32.eq (call $input_load_u8 (i64.const 0)) (local.get $letter)))
  (func (export "f") (result i32)
    (call $answer (call $input))
    (if (call $is (i32.const 116)) (then (unreachable)))
    (if (call $is (i32.const 101)) (then (call $error_set (call $input)) (return (i32.const 0))))
    (if (call $is (i32.const 99)) (then (return (i32.const 7))))
    (if (call $is (i32.const 120)) (then (call $proc_exit (i32.const 0))))
    (if (call $is (i32.const 121)) (then (call $proc_exit (i32.const 3))))
    (if (call $is (i32.const 108)) (then (loop $for_ever (br $for_ever))))
    (call $log_info (call $input))
    (i32.const 0))
"""


def caught(plugin: Plugin, function: str, payload: bytes = b"") -> PlugbayError:
    with pytest.raises(PlugbayError) as info:
        plugin.call(function, payload)
    return info.value


def results_of(plugin: Plugin, payloads: Sequence[bytes]) -> list[Any]:
    """Outputs, and the types of errors."""
    try:
        return list(plugin.call_many("f", payloads))
    except BatchError as error:
        return [result if isinstance(result, bytes) else type(result) for result in error.results]
