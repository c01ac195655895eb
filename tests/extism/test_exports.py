"""Which exports can be called, and any number of them in turn."""

from __future__ import annotations

import pytest
from tests.extism.calls import ECHO, caught
from tests.extism.conftest import Load

from plugbay.errors import (
    GuestError,
    MissingExport,
)


def test_only_functions_that_take_nothing_can_be_called(load: Load) -> None:
    plugin = load(f"""{ECHO}
      (func (export "takes") (param i32))
      (func (export "gives two") (result i32 i32) (i32.const 0) (i32.const 0))
      (global (export "global") i32 (i32.const 0))""")
    assert plugin.functions == {"echo"}
    for name in ("takes", "gives two", "global", "memory", "missing", "", "_initialize"):
        error = caught(plugin, name)
        assert isinstance(error, MissingExport)
        assert error.function == name
        with pytest.raises(MissingExport):
            plugin.call_many(name, [b""])


def test_functions_may_have_any_name(load: Load) -> None:
    names = ["é", "a b", "💡", "a.b", "", "x" * 1000]
    plugin = load("".join(f'(func (export "{name}") (call $answer (call $input)))' for name in names))
    assert [plugin.call(name, name.encode()) for name in names] == [name.encode() for name in names]


def test_any_number_of_functions_called_in_turn(load: Load) -> None:
    kinds = ["", "(result i32)", "(result i64)"]
    ends = ["", "(i32.const 0)", "(i64.const 0)"]
    fields = [
        f'(func (export "f{n}") {kinds[n % 3]} (call $answer_u64 (i64.const {n})) {ends[n % 3]})' for n in range(100)
    ]
    plugin = load("".join(fields))
    for start in (0, 50, 99, 7):
        for number in [*range(start, 100), *range(start)]:
            if number % 3 == 2:
                assert isinstance(caught(plugin, f"f{number}"), GuestError)
            else:
                assert plugin.call(f"f{number}", b"")[0] == number
    assert plugin.call_many("f40", [b"", b""]) == [plugin.call("f40", b"")] * 2


def test_a_batch_after_other_functions_calls_its_own(load: Load) -> None:
    plugin = load("".join(f'(func (export "f{n}") (call $answer_u64 (i64.const {n})))' for n in range(40)))
    for number in range(40):
        assert [output[0] for output in plugin.call_many(f"f{number}", [b""] * 3)] == [number] * 3
        assert plugin.call(f"f{39 - number}", b"")[0] == 39 - number
