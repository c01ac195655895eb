"""Host functions written in Python, called by Extism guests."""

from __future__ import annotations

import struct
from typing import Annotated, Any

import pytest
from tests.extism.calls import caught
from tests.extism.conftest import Load, plugin_text

from plugbay import FunctionCall, Limits, Permissions, host_function
from plugbay.errors import (
    OutputTooLarge,
)
from plugbay.functions import HostFunction, Kind

ALL = Permissions(functions=("*",))
USER = "extism:host/user"


def on_input(name: str, *, namespace: str = USER) -> tuple[str, str]:
    """An import from a handle to a handle, and a function ``f`` that answers what it makes of the input."""
    return (
        f'(import "{namespace}" "{name}" (func $host (param i64) (result i64)))',
        '(func (export "f") (call $answer (call $host (call $input))))',
    )


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


@host_function
def upper(text: str) -> str:
    return text.upper()


@host_function
def maybe(text: str | None) -> str | None:
    return None if text is None else text * 2


def fails_with(error: BaseException) -> HostFunction:
    @host_function(name="fails")
    def fails(data: bytes | None) -> bytes:
        raise error

    return fails


# ---- values both ways ------------------------------------------------------------------------------------------------
def test_text_goes_in_and_comes_back(load: Load) -> None:
    imports, fields = on_input("upper")
    plugin = load(fields, imports=imports, functions=(upper,), permissions=ALL)
    assert plugin.call("f", "grüße".encode()) == "GRÜSSE".encode()
    assert plugin.call_many("f", [b"a", b"b"]) == [b"A", b"B"]


@pytest.mark.parametrize(
    ("wasm", "kind", "constant", "value"),
    [
        ("i64", Kind.INT, "-9223372036854775808", -(2**63)),
        ("i64", Kind.INT, "9223372036854775807", 2**63 - 1),
        ("i64", Kind.INT, "-1", -1),
        ("i32", Kind.INT32, "-2147483648", -(2**31)),
        ("i32", Kind.INT32, "2147483647", 2**31 - 1),
        ("f64", Kind.FLOAT, "-1.5e300", -1.5e300),
        ("f64", Kind.FLOAT, "-inf", float("-inf")),
        ("f32", Kind.FLOAT32, "0.25", 0.25),
    ],
)
def test_numbers_are_exact_both_ways(load: Load, wasm: str, kind: Kind, constant: str, value: float) -> None:
    seen: list[Any] = []
    plain: Any = type(value)
    annotation: Any = Annotated[plain, kind]

    def number(first: Any, second: Any) -> Any:
        seen.append((first, second))
        return second

    number.__annotations__ = {"first": annotation, "second": annotation, "return": annotation}
    same = f"({wasm}.eq (call $number ({wasm}.const 1) ({wasm}.const {constant})) ({wasm}.const {constant}))"
    plugin = load(
        f'(func (export "f") (call $answer_u64 (i64.extend_i32_u {same})))',
        imports=f'(import "{USER}" "number" (func $number (param {wasm} {wasm}) (result {wasm})))',
        functions=(host_function(number),),
        permissions=ALL,
    )
    assert plugin.call("f", b"") == u64(1)
    assert seen == [(1, value)]


def test_booleans_and_nothing(load: Load) -> None:
    seen: list[bool] = []

    @host_function
    def negate(flag: bool) -> bool:
        return not flag

    @host_function
    def note(flag: bool) -> None:
        seen.append(flag)

    plugin = load(
        """(func (export "f") (call $note (i32.const 7)) (call $note (i32.const 0))
             (call $answer_u64
               (i64.extend_i32_u (i32.add (call $negate (i32.const 0)) (call $negate (i32.const 5))))))""",
        imports=f"""(import "{USER}" "negate" (func $negate (param i32) (result i32)))
          (import "{USER}" "note" (func $note (param i32)))""",
        functions=(negate, note),
        permissions=ALL,
    )
    assert plugin.call("f", b"") == u64(1)
    assert seen == [True, False]


def test_arguments_of_all_kinds_in_one_call(load: Load) -> None:
    @host_function
    def mixed(a: int, b: str, c: float, d: bool, e: bytes | None, f: dict[str, Any]) -> dict[str, Any]:
        return {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f}

    plugin = load(
        """(data (i32.const 0) "text{\\"k\\":[1]}")
           (func (export "f") (call $answer (call $mixed (i64.const -5) (call $block (i32.const 0) (i32.const 4))
             (f64.const 2.5) (i32.const 1) (i64.const 0) (call $block (i32.const 4) (i32.const 9)))))""",
        imports=f'(import "{USER}" "mixed" (func $mixed (param i64 i64 f64 i32 i64 i64) (result i64)))',
        functions=(mixed,),
        permissions=ALL,
    )
    assert plugin.call("f", b"") == b'{"a":-5,"b":"text","c":2.5,"d":true,"e":null,"f":{"k":[1]}}'


def test_null_handles_are_none_both_ways(load: Load) -> None:
    imports, _ = on_input("maybe")
    plugin = load(
        """(func (export "null") (call $answer_u64 (call $host (i64.const 0))))
           (func (export "f") (call $answer (call $host (call $input))))""",
        imports=imports,
        functions=(maybe,),
        permissions=ALL,
    )
    assert plugin.call("null", b"") == u64(0)
    assert plugin.call("f", b"ab") == b"abab"


def test_large_arguments_and_answers(load: Load) -> None:
    imports, fields = on_input("double")

    @host_function
    def double(data: bytes) -> bytes:
        return data * 2

    limits = Limits(output_bytes=32 << 20, input_bytes=32 << 20, memory_pages=2048)
    plugin = load(fields, imports=imports, functions=(double,), permissions=ALL, limits=limits)
    data = bytes(range(256)) * 32768
    assert plugin.call("f", data) == data * 2
    assert plugin.call("f", b"x") == b"xx"


@pytest.mark.only("wasmtime", why="libextism bounds memory alone")
def test_an_argument_may_be_as_large_as_an_output(load: Load) -> None:
    imports, _ = on_input("upper")
    plugin = load(
        """(func (export "f")
             (drop (call $host (call $alloc (i64.add (i64.const 1000) (call $input_length))))))""",
        imports=imports,
        functions=(upper,),
        permissions=ALL,
        limits=Limits(output_bytes=1000),
    )
    assert plugin.call("f", b"") == b""
    assert isinstance(caught(plugin, "f", b"x"), OutputTooLarge)


def test_namespaces_and_names_of_all_kinds(load: Load) -> None:
    places = [(USER, "a-b_c$d9"), ("env", "same"), ("my.own:ns/x-1", "same"), ("extism:host/env2", "alloc")]

    def make(namespace: str, name: str) -> HostFunction:
        @host_function(name=name, namespace=namespace)
        def where() -> str:
            return f"{namespace} {name}"

        return where

    fields, imports = "", ""
    for index, (namespace, name) in enumerate(places):
        imports += f'(import "{namespace}" "{name}" (func $h{index} (result i64)))'
        fields += f'(func (export "f{index}") (call $answer (call $h{index})))'
    functions = tuple(make(*place) for place in places)
    plugin = load(fields, imports=imports, functions=functions, permissions=ALL)
    assert [plugin.call(f"f{index}", b"").decode() for index in range(4)] == [" ".join(place) for place in places]


def test_a_hundred_functions(load: Load) -> None:
    def make(number: int) -> HostFunction:
        @host_function(name=f"h{number}")
        def give() -> int:
            return number

        return give

    imports = "".join(f'(import "{USER}" "h{n}" (func $h{n} (result i64)))' for n in range(100))
    total = "(i64.const 0)"
    for number in range(100):
        total = f"(i64.add {total} (call $h{number}))"
    plugin = load(
        f'(func (export "f") (call $answer_u64 {total}))',
        imports=imports,
        functions=tuple(make(number) for number in range(100)),
        permissions=ALL,
    )
    assert plugin.call("f", b"") == u64(sum(range(100)))


def test_a_function_is_told_of_the_call(load: Load) -> None:
    calls: list[FunctionCall] = []

    @host_function
    def note(call: FunctionCall) -> None:
        calls.append(call)
        assert 0 < call.remaining() <= 30

    plugin = load(
        '(func (export "one") (call $note)) (func (export "two") (call $note))',
        imports=f'(import "{USER}" "note" (func $note))',
        functions=(note,),
        permissions=ALL,
        limits=Limits(deadline=30.0),
    )
    plugin.call("one", b"")
    plugin.call_many("two", [b"", b""])
    assert [(call.plugin, call.function) for call in calls] == [("guest", "one"), ("guest", "two"), ("guest", "two")]


def test_linked_modules_call_them_too(load_module: Load, wat: Any) -> None:
    library = f"""(module (import "{USER}" "upper" (func $upper (param i64) (result i64)))
      (func (export "shout") (param i64) (result i64) (call $upper (local.get 0))))"""
    plugin = plugin_text(
        '(func (export "f") (call $answer (call $shout (call $input))))',
        imports='(import "lib" "shout" (func $shout (param i64) (result i64)))',
    )
    manifest = {"wasm": [{"name": "lib", "data": wat(library)}, {"data": wat(plugin)}]}
    assert load_module(manifest, functions=(upper,), permissions=ALL).call("f", b"a") == b"A"
