"""Host functions on libextism: a callback into Python behind a wasm function that traps when it failed.

libextism gives a host function no way to fail. So the guest imports from a small module of ours, which calls the host,
is answered the result and whether all went well, and traps when it did not; the exception waits on the Python side.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from plugbay.engines.extism.library import HOST, NativeImport
from plugbay.errors import PlugbayError
from plugbay.functions import FunctionCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugbay.engines.extism.library import NativeMemory
    from plugbay.functions import HostFunction
    from plugbay.module.info import FuncType


def shims(functions: Sequence[HostFunction]) -> dict[str, bytes]:
    """The modules that the guest imports from, in text, by name; the host's functions are numbered as they come."""
    namespaces: dict[str, tuple[list[str], list[str]]] = {}
    for number, function in enumerate(functions):
        imports, bodies = namespaces.setdefault(function.namespace, ([], []))
        imports.append(_import(number, function.type))
        bodies.append(_body(number, function))
    return {name: f"(module {' '.join(imports + bodies)})".encode() for name, (imports, bodies) in namespaces.items()}


class Switchboard:
    """Where the callbacks of one native code find the functions and the call of the guest that it serves now."""

    def __init__(self, functions: Sequence[HostFunction]) -> None:
        self.call = FunctionCall("")
        self.functions = tuple(functions)
        self.imports = [NativeImport(item.type, partial(self._serve, number)) for number, item in enumerate(functions)]

    def _serve(self, number: int, memory: NativeMemory, arguments: list[Any]) -> int | float | None:
        function = self.functions[number]
        try:
            values = [
                memory.read(argument) if parameter.kind.handle else argument
                for parameter, argument in zip(function.parameters, arguments, strict=True)
            ]
            answer = function.invoke(self.call, values)
            if function.result is None or not function.result.handle:
                assert not isinstance(answer, bytes), "only handle kinds are bytes"
                return answer
            assert answer is None or isinstance(answer, bytes), "a handle kind is bytes"
            return memory.write(answer)
        except PlugbayError as error:
            error.plugin = error.plugin or self.call.plugin
            error.function = error.function or function.qualified_name
            raise


def _import(number: int, kind: FuncType) -> str:
    answer = _types("result", (*kind.results, "i32"))
    return f'(import "{HOST}" "{number}" (func $host{number} {_types("param", kind.params)} {answer}))'


def _body(number: int, function: HostFunction) -> str:
    name = "".join(f"\\{byte:02x}" for byte in function.name.encode())
    signature = f"{_types('param', function.type.params)} {_types('result', function.type.results)}"
    arguments = " ".join(f"(local.get {index})" for index in range(len(function.parameters)))
    return f'(func (export "{name}") {signature} {arguments} (call $host{number}) (i32.eqz) (if (then (unreachable))))'


def _types(field: str, kinds: Iterable[str]) -> str:
    return f"({field} {' '.join(kinds)})"
