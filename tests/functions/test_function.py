from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.functions.models import Item, Loose, Order, Person
from tests.functions.same import (
    same_bool,
    same_bytes,
    same_counted,
    same_float,
    same_float32,
    same_int,
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

from plugbay.errors import ConfigInvalid, GuestError, HostFunctionFailed
from plugbay.functions import FunctionCall, HostFunction, host_function

if TYPE_CHECKING:
    pass

CALL = FunctionCall("gear", "process")
TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


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
