"""An output that no message can hold fails its message alone, and leaves the state as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from plugbay import Host, Message, Permissions
from plugbay.errors import InvalidOutput

METADATA: Final = (
    b'{"component":"Large","inports":[{"name":"go","port_type":"Flow"}],'
    b'"outports":[{"name":"text","port_type":"String"}]}'
)
BEFORE: Final = b'{"outputs":{"text":{"type":"String","data":"'
AFTER: Final = b'"}},"state":{"count":1}}'


def large_actor(filling: int) -> str:
    """An actor that returns that many bytes of text, and a state."""

    def text(data: bytes) -> str:
        return data.decode().replace('"', "\\22")

    return f"""(module
      (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
      (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
      (import "extism:host/env" "output_set" (func $output (param i64 i64)))
      (memory (export "memory") 64)
      (data (i32.const 0) "{text(METADATA)}")
      (data (i32.const 4096) "{text(BEFORE)}")
      (data (i32.const {4096 + len(BEFORE) + filling}) "{text(AFTER)}")
      (func $say (param $from i32) (param $size i32) (result i32) (local $to i64) (local $at i32)
        (local.set $to (call $alloc (i64.extend_i32_u (local.get $size))))
        (loop $next
          (call $store (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
                       (i32.load8_u (i32.add (local.get $from) (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $at) (local.get $size))))
        (call $output (local.get $to) (i64.extend_i32_u (local.get $size)))
        (i32.const 0))
      (func (export "get_metadata") (result i32) (call $say (i32.const 0) (i32.const {len(METADATA)})))
      (func (export "process") (result i32)
        (memory.fill (i32.const {4096 + len(BEFORE)}) (i32.const 120) (i32.const {filling}))
        (call $say (i32.const 4096) (i32.const {len(BEFORE) + filling + len(AFTER)}))))"""


def test_a_text_over_two_mebibytes_is_no_message(wat: Callable[[str], bytes]) -> None:
    with Host(permissions=Permissions(state=True)) as host, host.load(wat(large_actor(2**21 + 1))) as plugin:
        outcome = plugin.process(Message.new(), "go")
        assert isinstance(outcome.error, InvalidOutput)
        assert outcome.error.function == "text"
        assert host.state.snapshot(plugin.name) == {}


def test_a_text_that_fits_leaves_the_actor(wat: Callable[[str], bytes]) -> None:
    with Host(permissions=Permissions(state=True)) as host, host.load(wat(large_actor(2**20))) as plugin:
        ((port, message),) = plugin.process(Message.new(), "go").raise_for_error().messages
        assert (port, message.data) == ("text", {"value": "x" * 2**20})
        assert host.state.snapshot(plugin.name)["count"].value == b"1"
