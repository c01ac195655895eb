from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from tests.functions.models import Item, Order, Person, Point, Private, Sku, Tree, Unknown, Unresolved

from plugbay.errors import ConfigInvalid
from plugbay.functions import FunctionCall, HostFunction, Json, Kind, Mode, Parameter, host_function
from plugbay.module.info import FuncType

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


@host_function
def lookup(call: FunctionCall, key: str, limit: int = 10) -> dict[str, Any]:
    return {"key": key, "limit": limit, "plugin": call.plugin}


def shape(function: HostFunction) -> list[tuple[str, Kind, bool]]:
    return [(parameter.name, parameter.kind, parameter.optional) for parameter in function.parameters]


def test_a_decorated_function_is_described_by_its_annotations() -> None:
    assert (lookup.name, lookup.namespace, lookup.qualified_name) == (
        "lookup",
        "extism:host/user",
        "extism:host/user.lookup",
    )
    assert shape(lookup) == [("key", Kind.STR, False), ("limit", Kind.INT, False)]
    assert (lookup.result, lookup.wants_call, lookup.mode) == (Kind.JSON, True, Mode.DIRECT)
    assert lookup.type == FuncType(("i64", "i64"), ("i64",))


def test_a_decorated_function_is_still_called_like_a_function() -> None:
    assert lookup(FunctionCall("gear"), "k") == {"key": "k", "limit": 10, "plugin": "gear"}
    assert lookup(FunctionCall("gear"), key="k", limit=2)["limit"] == 2


def test_name_and_namespace_may_be_given() -> None:
    @host_function(name="read", namespace="my:store")
    def anything(key: bytes) -> None: ...

    assert (anything.qualified_name, anything.result, anything.wants_call) == ("my:store.read", None, False)
    assert anything.type == FuncType(("i64",), ())


def test_every_kind_has_its_annotation_and_its_type_in_wasm() -> None:
    @host_function
    def all_of_them(
        data: bytes,
        text: str,
        sku: Sku,
        number: int,
        small: Annotated[int, Kind.INT32],
        real: float,
        short: Annotated[float, "a note", Kind.FLOAT32],
        yes: bool,
        entries: dict[str, Any],
        items: list[int],
        anything: Any,
        either: Annotated[int | str, Json],
        order: Order,
        point: Point,
        person: Person,
        tree: Tree,
        maybe: bytes | None,
        maybe_order: Order | None,
        maybe_either: Annotated[int | str, Json] | None,
    ) -> bool:
        raise NotImplementedError

    kinds = [parameter.kind for parameter in all_of_them.parameters]
    assert kinds == [
        Kind.BYTES, Kind.STR, Kind.STR, Kind.INT, Kind.INT32, Kind.FLOAT, Kind.FLOAT32, Kind.BOOL,
        Kind.JSON, Kind.JSON, Kind.JSON, Kind.JSON, Kind.MODEL, Kind.MODEL, Kind.MODEL, Kind.MODEL,
        Kind.BYTES, Kind.MODEL, Kind.JSON,
    ]  # fmt: skip
    assert [parameter.name for parameter in all_of_them.parameters if parameter.optional] == [
        "maybe", "maybe_order", "maybe_either",
    ]  # fmt: skip
    assert all_of_them.type == FuncType(
        tuple(kind.wasm for kind in kinds),
        ("i32",),
    )


def test_methods_are_declared_when_bound() -> None:
    class Shop:
        def price(self, sku: str) -> float:
            return 2.5

    price = host_function(Shop().price)
    assert shape(price) == [("sku", Kind.STR, False)]
    assert price("x") == 2.5


def test_a_wrapped_function_is_judged_by_what_it_wraps(call: FunctionCall) -> None:
    def twice(function: Callable[[str], str]) -> Callable[[str], str]:
        @wraps(function)
        def wrapper(text: str) -> str:
            return function(text) * 2

        return wrapper

    @host_function
    @twice
    def shout(text: str) -> str:
        return text.upper()

    assert shout.name == "shout"
    assert shout.invoke(call, [b"a"]) == b"AA"


def test_async_and_threaded_functions_are_told_apart() -> None:
    @host_function
    async def slow(text: str) -> str:
        return text

    @host_function(threaded=True)
    def blocking(text: str) -> str:
        return text

    assert (slow.mode, blocking.mode) == (Mode.ASYNC, Mode.THREADED)


def test_parameters_are_equal_by_what_the_guest_sees() -> None:
    assert lookup.parameters[0] == Parameter("key", Kind.STR, read=str)


def no_annotation(key) -> None: ...  # type: ignore[no-untyped-def] # pyright: ignore[reportMissingParameterType, reportUnknownParameterType] # the point


def no_result(key: str): ...  # type: ignore[no-untyped-def] # the point


def keyword_only(*, key: str) -> None: ...


def many(*keys: str) -> None: ...


def named(**keys: str) -> None: ...


def late_call(key: str, call: FunctionCall) -> None: ...


def complex_number(key: complex) -> None: ...


def nullable_int(key: int | None) -> None: ...


def union(key: int | str) -> None: ...


def wrong_marker(key: Annotated[str, Kind.INT]) -> None: ...


def narrow_text(key: Annotated[str, Kind.INT32]) -> None: ...


def int_keys(key: dict[int, str]) -> None: ...


def no_json(key: Annotated[bytes, Json]) -> None: ...


def private(key: Private) -> None: ...


def unknown_field(key: Unknown) -> None: ...


def unresolved_field(key: Unresolved) -> None: ...


def wrong_result(key: str) -> set[str]:
    raise NotImplementedError


class Holder:
    def unbound(self, key: str) -> None: ...


REFUSED: list[tuple[Callable[..., Any], str, str]] = [
    (no_annotation, "key", "no annotation"),
    (no_result, "return", "no annotation"),
    (keyword_only, "key", "keyword-only"),
    (many, "keys", "variadic"),
    (named, "keys", "variadic"),
    (late_call, "call", "not the first"),
    (complex_number, "key", "complex is no kind"),
    (nullable_int, "key", "int does not"),
    (union, "key", "int | str is no kind"),
    (wrong_marker, "key", "str does not travel as int"),
    (narrow_text, "key", "str does not travel as int32"),
    (int_keys, "key", "keys of a JSON object are str"),
    (no_json, "key", "bytes has no form in JSON"),
    (private, "key", "Private._hidden is private"),
    (unknown_field, "key", "complex has no form in JSON"),
    (unresolved_field, "key", "'Missing' is not defined"),
    (wrong_result, "return", "no kind"),
    (Holder.unbound, "self", "no annotation"),
]


@pytest.mark.parametrize(("function", "parameter", "problem"), REFUSED)
def test_what_no_guest_could_call_is_refused_by_function_and_parameter(
    function: Callable[..., Any], parameter: str, problem: str
) -> None:
    with pytest.raises(ConfigInvalid, match=problem) as caught:
        host_function(function)
    assert caught.value.function == function.__name__
    assert caught.value.found == parameter
    assert (parameter if parameter != "return" else "result") in caught.value.reason


def test_an_annotation_that_can_not_be_read_is_refused() -> None:
    class Local: ...

    def takes(key: Local) -> None: ...

    with pytest.raises(ConfigInvalid, match="'Local' is not defined") as caught:
        host_function(takes)
    assert "TYPE_CHECKING" in str(caught.value.hint)


def test_names_of_plugbay_are_known_even_when_imported_for_type_checkers_only(call: FunctionCall) -> None:
    scope: dict[str, Any] = {"__name__": "elsewhere"}
    exec(
        "from __future__ import annotations\n"
        "from typing import Annotated\n"
        "def name(call: FunctionCall, key: Annotated[int, Json]) -> str: return call.plugin",
        scope,
    )
    function: HostFunction = host_function(scope["name"])
    assert function.invoke(call, [b"1"]) == b"gear"


@pytest.mark.parametrize("name", ["", "a.b", "a b", "*", "a\n", "<lambda>"])
def test_a_name_that_can_not_be_granted_is_refused(name: str) -> None:
    with pytest.raises(ConfigInvalid, match="can't be the name"):
        host_function(name=name)(lookup.body)


@pytest.mark.parametrize("namespace", ["", "a b", "*"])
def test_a_namespace_that_can_not_be_granted_is_refused(namespace: str) -> None:
    with pytest.raises(ConfigInvalid, match="can't be the namespace"):
        host_function(namespace=namespace)(lookup.body)


def test_generators_are_refused() -> None:
    def items(key: str) -> Iterator[str]:
        yield key

    async def later(key: str) -> AsyncIterator[str]:
        yield key

    for function in (items, later):
        with pytest.raises(ConfigInvalid, match="generator"):
            host_function(function)


def test_an_async_function_is_not_threaded_as_well() -> None:
    async def slow(text: str) -> str:
        return text

    with pytest.raises(ConfigInvalid, match="async") as caught:
        host_function(threaded=True)(slow)
    assert caught.value.function == "slow"


@pytest.mark.parametrize("thing", [len, Item, lookup], ids=["builtin", "class", "host function"])
def test_what_is_no_python_function_is_refused(thing: Callable[..., Any]) -> None:
    with pytest.raises(ConfigInvalid, match="no Python function"):
        host_function(thing)
