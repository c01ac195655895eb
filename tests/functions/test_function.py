from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.functions.models import Counted, Item, Loose, Order, Partial, Person, Point, Tree

from plugbay.errors import BadHostCall, ConfigInvalid, GuestError, HostFunctionFailed
from plugbay.functions import FunctionCall, HostFunction, Json, Kind, host_function

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CALL = FunctionCall("gear", "process")
TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@host_function
def same_bytes(value: bytes) -> bytes:
    return value


@host_function
def same_text(value: str) -> str:
    return value


@host_function
def same_int(value: int) -> int:
    return value


@host_function
def same_int32(value: Annotated[int, Kind.INT32]) -> Annotated[int, Kind.INT32]:
    return value


@host_function
def same_float(value: float) -> float:
    return value


@host_function
def same_float32(value: Annotated[float, Kind.FLOAT32]) -> Annotated[float, Kind.FLOAT32]:
    return value


@host_function
def same_bool(value: bool) -> bool:
    return value


@host_function
def same_json(value: Annotated[Any, Json]) -> Any:
    return value


@host_function
def same_dict(value: dict[str, Any]) -> dict[str, Any]:
    return value


@host_function
def same_list(value: list[int]) -> list[int]:
    return value


@host_function
def same_order(value: Order) -> Order:
    return value


@host_function
def same_orders(value: list[Order]) -> list[Order]:
    return value


@host_function
def same_counted(value: Counted) -> Counted:
    return value


@host_function
def same_tree(value: Tree) -> Tree:
    return value


@host_function
def same_point(value: Point) -> Point:
    return value


@host_function
def same_partial(value: Partial) -> Partial:
    return value


@host_function
def same_person(value: Person) -> Person:
    return value


@host_function
def same_persons(value: dict[str, Person]) -> dict[str, Person]:
    return value


@host_function
def same_loose(value: Loose) -> Loose:
    return value


@host_function
def same_maybe(value: str | None) -> str | None:
    return value


@host_function
def fails(text: str) -> None:
    inner_step(text)


def inner_step(text: str) -> None:
    raise KeyError(text)


@given(st.binary())
def test_bytes_are_handed_on_as_they_are(value: bytes) -> None:
    assert same_bytes.invoke(CALL, [value]) == value


@given(TEXT)
def test_text_is_utf8(value: str) -> None:
    assert same_text.invoke(CALL, [value.encode()]) == value.encode()


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_signed_and_have_64_bits(value: int) -> None:
    assert same_int.invoke(CALL, [value]) == value


@given(st.floats(allow_nan=False))
def test_floats_are_exact(value: float) -> None:
    assert same_float.invoke(CALL, [value]) == value


@given(st.floats(width=32, allow_nan=False))
def test_floats_of_32_bits_are_exact(value: float) -> None:
    assert same_float32.invoke(CALL, [value]) == value


def test_floats_may_be_no_number() -> None:
    answers = [same_float.invoke(CALL, [math.nan]), same_float32.invoke(CALL, [math.nan])]
    assert all(isinstance(answer, float) and math.isnan(answer) for answer in answers)


def test_a_double_is_rounded_to_32_bits() -> None:
    assert same_float32.invoke(CALL, [0.1]) == struct.unpack("<f", struct.pack("<f", 0.1))[0]


def test_a_boolean_is_zero_or_one_for_the_guest() -> None:
    assert [same_bool.invoke(CALL, [value]) for value in (0, 1, 7)] == [0, 1, 1]


@given(JSON)
def test_json_is_exact(value: object) -> None:
    text = same_json.write(value)
    assert isinstance(text, bytes)
    assert same_json.invoke(CALL, [text]) == text
    assert same_json.parameters[0].read(text) == value


def test_integers_in_json_are_exact_beyond_64_bits() -> None:
    @host_function
    def digits(value: list[int]) -> str:
        return str(value[0])

    assert digits.invoke(CALL, [b"[%d]" % 10**30]) == str(10**30).encode()


def test_a_null_handle_is_none_where_that_is_declared() -> None:
    assert same_maybe.invoke(CALL, [None]) is None
    assert same_maybe.invoke(CALL, [b"x"]) == b"x"


def test_models_are_values_of_their_class() -> None:
    order = b'{"id":1,"items":[{"sku":"a","price":2}],"color":1,"size":3,"extra":{"a":[1]}}'
    read = same_order.parameters[0].read(order)
    assert isinstance(read, Order)
    assert read.items == [Item("a", 2.0)]  # type: ignore[arg-type] # a NewType is its text
    assert same_order.invoke(CALL, [order]) == (
        b'{"id":1,"items":[{"sku":"a","price":2.0,"tags":[]}],"note":null,"color":1,"size":3,"extra":{"a":[1]}}'
    )
    assert same_orders.invoke(CALL, [b"[]"]) == b"[]"
    assert same_point.invoke(CALL, [b'{"x":1}']) == b'{"x":1}'
    assert same_partial.invoke(CALL, [b'{"a":1}']) == b'{"a":1}'
    assert same_person.invoke(CALL, [b'{"name":"Ada","age":36}']) == b'{"name":"Ada","age":36}'
    assert same_persons.invoke(CALL, [b'{"a":{"name":"Ada","age":36}}']) == b'{"a":{"name":"Ada","age":36}}'
    assert same_loose.invoke(CALL, [b'"x"']) == b'"x"'
    assert same_tree.invoke(CALL, [b'{"name":"a","children":[{"name":"b"}]}']) == (
        b'{"name":"a","children":[{"name":"b","children":[]}]}'
    )
    assert same_counted.invoke(CALL, [b'{"first":2}']) == b'{"first":2,"total":4}'


def test_a_null_handle_is_the_empty_text_or_none_where_that_is_allowed() -> None:
    assert same_text.invoke(CALL, [None]) == b""

    @host_function
    def told(text: str | None) -> str:
        return repr(text)

    assert told.invoke(CALL, [None]) == b"None"


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
        (same_json, Item("a", math.inf), "can't be written as JSON: Out of range"),  # type: ignore[arg-type] # see above
        (same_dict, [], "list where dict is declared"),
        (same_list, {}, "dict where list is declared"),
        (same_order, {"id": 1}, "dict where Order is declared"),
        (same_point, [], "list where dict is declared"),
        (same_person, {}, "dict where Person is declared"),
        (same_maybe, 1, "int where str is declared"),
        (fails, 1, "int where None is declared"),
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


def test_integers_pass_for_floats_and_tuples_for_lists() -> None:
    assert same_float.write(1) == 1.0
    assert same_list.write((1, 2)) == b"[1,2]"


def test_null_in_json_is_no_mistake() -> None:
    assert same_json.write({"a": None, "b": [Person(name="null", age=1), Item("a", 1)]}) == (  # type: ignore[arg-type] # see above
        b'{"a":null,"b":[{"name":"null","age":1},{"sku":"a","price":1,"tags":[]}]}'
    )


def test_an_exception_is_the_calls_error_with_a_traceback_from_the_function_on() -> None:
    with pytest.raises(HostFunctionFailed) as caught:
        fails.invoke(CALL, [b"k"])
    error = caught.value
    assert error.reason == "fails raised KeyError: 'k'"
    assert (error.plugin, error.function) == ("gear", "extism:host/user.fails")
    assert isinstance(error.__cause__, KeyError)
    assert error.__cause__.__traceback__ is not None
    lines = error.traceback.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "in fails" in lines[1]
    assert "in inner_step" in error.traceback
    assert lines[-1] == "KeyError: 'k'"
    assert "function.py" not in error.traceback.replace("test_function.py", "")
    assert error.to_dict()["traceback"] == error.traceback


def test_an_error_of_plugbay_raised_on_purpose_passes_with_its_facts_filled_in() -> None:
    raised = GuestError("no such key")

    @host_function
    def refuses() -> None:
        raise raised

    with pytest.raises(GuestError) as caught:
        refuses.invoke(CALL, [])
    assert caught.value is raised
    assert (raised.plugin, raised.function, raised.__cause__) == ("gear", "extism:host/user.refuses", None)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_ends_it(kind: type[BaseException]) -> None:
    @host_function
    def leaves() -> None:
        raise kind

    with pytest.raises(kind):
        leaves.invoke(CALL, [])


def test_a_wrong_number_of_arguments_is_an_error_and_no_crash() -> None:
    with pytest.raises(HostFunctionFailed, match="ValueError"):
        same_text.invoke(CALL, [b"a", b"b"])


def test_a_model_that_breaks_is_the_failure_of_the_host() -> None:
    class Broken(Loose):
        @classmethod
        def model_validate_json(cls, data: bytes) -> Loose:
            raise RuntimeError("out of order")

    def takes(value: Any) -> None: ...

    takes.__annotations__["value"] = Broken
    with pytest.raises(HostFunctionFailed, match="RuntimeError: out of order") as caught:
        host_function(takes).invoke(CALL, [b"1"])
    assert "model_validate_json" in caught.value.traceback


@pytest.mark.parametrize("mode", ["async", "threaded"])
def test_what_needs_threads_is_refused_without_a_table(mode: str) -> None:
    @host_function
    async def slow() -> None: ...

    @host_function(threaded=True)
    def blocking() -> None: ...

    function: HostFunction = slow if mode == "async" else blocking
    with pytest.raises(ConfigInvalid, match="belongs to none") as caught:
        function.invoke(CALL, [])
    assert caught.value.plugin == "gear"
