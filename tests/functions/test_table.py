from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from plugbay.errors import ConfigInvalid
from plugbay.functions import FunctionTable, HostFunction, host_function

if TYPE_CHECKING:
    from plugbay.functions import FunctionCall


@host_function
def lookup(key: str) -> str:
    return key


@host_function(threaded=True)
def blocking() -> str:
    return threading.current_thread().name


@host_function
async def slow() -> str:
    return threading.current_thread().name


def test_functions_are_found_by_namespace_and_name(call: FunctionCall) -> None:
    with FunctionTable([lookup, blocking, slow]) as table:
        assert list(table) == ["extism:host/user.lookup", "extism:host/user.blocking", "extism:host/user.slow"]
        assert len(table) == 3
        assert table["extism:host/user.lookup"] is lookup
        assert table["extism:host/user.blocking"].invoke(call, []) == b"plugbay host function"
        assert table["extism:host/user.slow"].invoke(call, []) == b"plugbay-async"


def test_one_name_in_two_namespaces_is_two_functions() -> None:
    other = host_function(namespace="other")(lookup.body)
    assert len(FunctionTable([lookup, other])) == 2


def test_two_functions_of_one_name_are_refused_by_where_they_are() -> None:
    def another(key: str) -> str:
        return key

    with pytest.raises(ConfigInvalid) as caught:
        FunctionTable([lookup, host_function(name="lookup")(another)])
    assert caught.value.function == "extism:host/user.lookup"
    assert "test_table.lookup and " in caught.value.reason
    assert "another" in caught.value.reason


def test_what_is_not_declared_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="no host function") as caught:
        FunctionTable([cast("HostFunction", lookup.body)])
    assert caught.value.hint == "declare it with @host_function"


def test_a_table_without_async_calls_starts_no_thread(call: FunctionCall) -> None:
    before = threading.active_count()
    with FunctionTable([lookup, slow]) as table:
        table["extism:host/user.lookup"].invoke(call, [b"x"])
        assert threading.active_count() == before


def test_one_function_may_serve_two_tables(call: FunctionCall) -> None:
    with FunctionTable([slow]) as one, FunctionTable([slow]) as two:
        one.close()
        assert two["extism:host/user.slow"].invoke(call, []) == b"plugbay-async"


def test_a_table_is_a_mapping_that_does_not_change() -> None:
    with pytest.raises(TypeError):
        cast("Any", FunctionTable())["x"] = lookup
