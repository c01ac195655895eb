"""Host functions as wasm: what the guest imports puts its arguments into the mailbox and asks the host.

Handles are read, and the answer's block is made, by the kernel, so a callback never touches a guest's memory. A request
is its arguments end to end: a handle as u32 length and bytes (a null one as a length of all ones), any other as 8
bytes, the raw value of its type.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from plugbay.engines.wasmtime.driver import Driver
from plugbay.engines.wasmtime.mailbox import OWN_SERVICES
from plugbay.functions import FunctionCall, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay.engines.wasmtime.service_calls import Answer, Handler
    from plugbay.functions import HostFunction

FIRST_OPERATION: Final = OWN_SERVICES + 16
"""The operation of the first host function; each of the others has the next one."""
_NULL: Final = 0xFFFFFFFF
_U32: Final = struct.Struct("<I")
_RAW: Final = {
    Kind.INT: struct.Struct("<q"),
    Kind.INT32: struct.Struct("<i4x"),
    Kind.FLOAT: struct.Struct("<d"),
    Kind.FLOAT32: struct.Struct("<f4x"),
    Kind.BOOL: struct.Struct("<i4x"),
}
_TO_I64: Final = {"i64": "{}", "i32": "(i64.extend_i32_u {})", "f64": "(i64.reinterpret_f64 {})"} | {
    "f32": "(i64.extend_i32_u (i32.reinterpret_f32 {}))"
}
_FROM_I64: Final = {"i64": "{}", "i32": "(i32.wrap_i64 {})", "f64": "(f64.reinterpret_i64 {})"} | {
    "f32": "(f32.reinterpret_i32 (i32.wrap_i64 {}))"
}
_HEAD: Final = """(module $plugbay.functions
  (import "host" "service" (func $service (param i32 i32 i32) (result i64)))
  (import "driver" "top" (func $top (result i32)))
  (import "driver" "put_block" (func $put_block (param i32 i64) (result i32)))
  (import "driver" "put_u64" (func $put_u64 (param i32 i64) (result i32)))
  (import "driver" "take" (func $take (param i64) (result i64)))
"""


def shim_driver(functions: Sequence[HostFunction]) -> Driver:
    """The driver that serves host functions; the operation of each follows from its place."""
    shims = "".join(_shim(function, FIRST_OPERATION + index) for index, function in enumerate(functions))
    return Driver("functions", f"{_HEAD}{shims})")


def shim_handlers(
    functions: Sequence[HostFunction], call_of: Callable[[], FunctionCall], check_time: Callable[[], None]
) -> dict[int, Handler]:
    """What answers the driver's requests.

    ``call_of`` gives the call that the guest is in the middle of; ``check_time`` raises when its time is up, since a
    function that is simply called can't be ended before it returns.
    """
    return {
        FIRST_OPERATION + index: _handler(function, call_of, check_time) for index, function in enumerate(functions)
    }


def _shim(function: HostFunction, operation: int) -> str:
    place = "(call $top)"
    for index, parameter in enumerate(function.parameters):
        value = f"(local.get {index})"
        if parameter.kind.handle:
            place = f"(call $put_block {place} {value})"
        else:
            place = f"(call $put_u64 {place} {_TO_I64[parameter.kind.wasm].format(value)})"
    size = f"(i32.sub {place} (call $top))"
    answer = f"(call $service (i32.const {operation}) (call $top) {size})"
    if function.result is None:
        answer = f"(drop {answer})"
    elif function.result.handle:
        answer = f"(call $take {answer})"
    else:
        answer = _FROM_I64[function.result.wasm].format(answer)
    params = "".join(f" (param {value})" for value in function.type.params)
    results = "".join(f" (result {value})" for value in function.type.results)
    name = "".join(f"\\{byte:02x}" for byte in function.qualified_name.encode())
    return f'  (func (export "{name}"){params}{results} ;; {function.qualified_name!a}\n    {answer})\n'


def _handler(function: HostFunction, call_of: Callable[[], FunctionCall], check_time: Callable[[], None]) -> Handler:
    kinds = [parameter.kind for parameter in function.parameters]
    result = _RAW.get(function.result) if function.result is not None else None

    def handle(request: bytes) -> Answer:
        answer = function.invoke(call_of(), _split(kinds, request))
        check_time()
        if result is None or answer is None:
            assert answer is None or isinstance(answer, bytes), "a handle kind is bytes"
            return answer
        return int.from_bytes(result.pack(answer), "little")

    return handle


def _split(kinds: Sequence[Kind], request: bytes) -> list[bytes | int | float | None]:
    arguments: list[bytes | int | float | None] = []
    offset = 0
    for kind in kinds:
        raw = _RAW.get(kind)
        if raw is not None:
            arguments.append(raw.unpack_from(request, offset)[0])
            offset += 8
            continue
        (size,) = _U32.unpack_from(request, offset)
        offset += 4
        if size == _NULL:
            arguments.append(None)
        else:
            arguments.append(request[offset : offset + size])
            offset += size
    return arguments
