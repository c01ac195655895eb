from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from tests.functions.models import Item
from tests.functions.same import (
    same_bool,
    same_bytes,
    same_counted,
    same_dict,
    same_float,
    same_float32,
    same_int,
    same_int32,
    same_json,
    same_list,
    same_loose,
    same_maybe,
    same_order,
    same_orders,
    same_partial,
    same_person,
    same_persons,
    same_point,
    same_text,
    same_tree,
)

from plugbay.errors import BadHostCall, HostFunctionFailed
from plugbay.functions import FunctionCall, HostFunction, host_function

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CALL = FunctionCall("gear", "process")


@host_function
def returns_nothing(text: str) -> None: ...


@pytest.mark.parametrize(
    ("function", "argument", "problem"),
    [
        (same_text, b"a\xff", "not UTF-8 at byte 1"),
        (same_json, None, "a null handle"),
        (same_json, b"{", "not JSON: "),
        (same_json, b"NaN", "not JSON: "),
        (same_json, b"", "not JSON: "),
        (same_json, b"[" * 5000 + b"]" * 5000, "not JSON: "),
        (same_json, b"1" * 5000, "not JSON: "),
        (same_dict, b"[]", "an array where an object is expected"),
        (same_list, b"{}", "an object where an array is expected"),
        (same_list, b'[1,"2"]', "[1]: a string where an integer is expected"),
        (same_list, b"[true]", "[0]: a boolean where an integer is expected"),
        (same_order, b"[]", "an array where an object is expected"),
        (same_order, b'{"items":[]}', "id: missing"),
        (same_order, b'{"id":1,"items":[],"colour":2}', "colour: Order has no such field"),
        (same_order, b'{"id":1.0,"items":[]}', "id: a number where an integer is expected"),
        (same_order, b'{"id":1,"items":{}}', "items: an object where an array is expected"),
        (same_order, b'{"id":1,"items":[{"sku":"a","price":"2"}]}', "items[0].price: a string where a number"),
        (same_json, b"1" + b"0" * 400, "not JSON: "),
        (same_order, b'{"id":1,"items":[],"note":1}', "note: an integer where a string is expected"),
        (same_order, b'{"id":1,"items":[],"color":"blue"}', "color: none of 'red', 1"),
        (same_order, b'{"id":1,"items":[],"color":true}', "color: none of 'red', 1"),
        (same_order, b'{"id":1,"items":[],"size":[]}', "size: none of 's', 'm', 3"),
        (same_order, b'{"id":-1,"items":[]}', "an id is not negative"),
        (same_orders, b'[{"id":-1,"items":[]}]', "[0]: an id is not negative"),
        (same_counted, b'{"first":1,"total":2}', "total: Counted has no such field"),
        (same_tree, b'{"name":"a","children":[{}]}', "children[0].name: missing"),
        (same_tree, b'{"name":"a","children":[' * 450 + b"]}" * 450, "nested too deeply"),
        (same_point, b'{"y":1}', "x: missing"),
        (same_point, b'{"x":1,"z":1}', "z: Point has no such field"),
        (same_partial, b'{"b":"1"}', "a: missing"),
        (same_person, b'{"name":"Ada","age":-1}', "age: "),
        (same_person, b"{", "Invalid JSON"),
        (same_persons, b'{"a":{"name":"Ada","age":"x"}}', "a.age: "),
        (same_loose, b"1", "not loose enough"),
    ],
)  # fmt: skip
def test_what_a_function_does_not_take_is_refused_by_parameter_and_place(
    function: HostFunction, argument: bytes | None, problem: str
) -> None:
    with pytest.raises(BadHostCall) as caught:
        function.invoke(CALL, [argument])
    error = caught.value
    assert error.reason.startswith(f"{function.name} was called with a wrong 'value': {problem}")
    assert (error.plugin, error.function, error.parameter) == ("gear", function.qualified_name, "value")
    assert error.to_dict()["parameter"] == "value"


def test_the_parameter_is_named_also_behind_the_call() -> None:
    @host_function
    def two(call: FunctionCall, first: str, second: str) -> None: ...

    with pytest.raises(BadHostCall) as caught:
        two.invoke(CALL, [b"", b"\xff"])
    assert caught.value.parameter == "second"
    assert isinstance(caught.value.__cause__, UnicodeDecodeError)


@pytest.mark.parametrize(
    ("function", "answer", "problem"),
    [
        (same_bytes, "x", "str where bytes is declared"),
        (same_text, b"x", "bytes where str is declared"),
        (same_text, "\ud800", "a lone surrogate at character 0"),
        (same_int, "1", "str where int is declared"),
        (same_int, 2**63, "does not fit into 64 signed bits"),
        (same_int, -(2**63) - 1, "does not fit into 64 signed bits"),
        (same_int32, 2**31, "does not fit into 32 signed bits"),
        (same_float, "1", "str where float is declared"),
        (same_float, 10**400, "too large for a float"),
        (same_float32, 1e39, "too large for 32 bits"),
        (same_bool, 1, "int where bool is declared"),
        (same_json, object(), "can't be written as JSON: "),
        (same_json, {1: 2}, "can't be written as JSON: "),
        (same_json, [math.nan], "can't be written as JSON: Out of range"),
        (same_json, Item("a", math.inf), "can't be written as JSON: Out of range"),  # type: ignore[arg-type] # a NewType is its text
        (same_dict, [], "list where dict is declared"),
        (same_list, {}, "dict where list is declared"),
        (same_order, {"id": 1}, "dict where Order is declared"),
        (same_point, [], "list where dict is declared"),
        (same_person, {}, "dict where Person is declared"),
        (same_maybe, 1, "int where str is declared"),
        (returns_nothing, 1, "int where None is declared"),
    ],
)
def test_what_a_function_wrongly_returns_is_its_failure(function: HostFunction, answer: object, problem: str) -> None:
    class Answering:
        def run(self, call: FunctionCall, body: Callable[..., Any], values: Sequence[Any]) -> object:
            return answer

    with pytest.raises(HostFunctionFailed) as caught:
        function.run_by(Answering()).invoke(CALL, [None if function is same_maybe else _an_argument(function)])
    assert caught.value.reason.startswith(f"{function.name} returned what it does not declare: ")
    assert problem in caught.value.reason
    assert (caught.value.plugin, caught.value.function) == ("gear", function.qualified_name)


def _an_argument(function: HostFunction) -> bytes | int:
    """One that the function takes."""
    arguments: dict[HostFunction, bytes] = {
        same_list: b"[]",
        same_order: b'{"id":1,"items":[]}',
        same_point: b'{"x":1}',
        same_person: b'{"name":"Ada","age":1}',
    }
    return arguments.get(function, b"{}") if function.parameters[0].kind.handle else 1
