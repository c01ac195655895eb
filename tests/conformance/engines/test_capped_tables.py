"""Modules whose tables are given a maximum."""

from __future__ import annotations

import pytest
import wasmtime

from plugbay.module.binary import read_module
from plugbay_conformance.engines.capped_tables import cap_tables


@pytest.mark.parametrize(
    ("tables", "maxima"),
    [
        ("(table 3 funcref)", [100]),
        ("(table 3 50 funcref) (table 7 5000 externref) (table 0 externref)", [50, 100, 100]),
        ("(table 200 funcref) (table 200 300 funcref)", [200, 200]),
    ],
)
def test_no_table_may_grow_beyond_the_limit(tables: str, maxima: list[int]) -> None:
    text = f'(module (memory 1) {tables} (func (export "f") (result i32) (i32.const 5)) (start $s) (func $s))'
    module = bytes(wasmtime.wat2wasm(text))
    capped = cap_tables(module, 100)
    wasmtime.Module.validate(wasmtime.Engine(), capped)
    found, original = read_module(capped, ""), read_module(module, "")
    assert [table.maximum for table in found.tables] == maxima
    assert [table.minimum for table in found.tables] == [table.minimum for table in original.tables]
    assert (found.exports, found.start, found.memories) == (original.exports, original.start, original.memories)


def test_a_module_without_tables_stays_as_it_is() -> None:
    module = bytes(wasmtime.wat2wasm("(module (memory 1))"))
    assert cap_tables(module, 100) is module
