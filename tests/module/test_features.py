"""Hints at the proposals that a module's declarations use."""

from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from plugbay.module.binary import read_module
from plugbay.module.info import ModuleInfo


def read(text: str) -> ModuleInfo:
    return read_module(bytes(wat2wasm(text)), "digest")


def test_a_plain_module_gives_no_hint() -> None:
    assert read("(module (memory 1) (func (param i32) (result i64) unreachable))").features == frozenset()


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("(module (memory 1) (memory 1))", "multi-memory"),
        ("(module (memory i64 1))", "memory64"),
        ("(module (table i64 1 funcref))", "memory64"),
        ("(module (memory 1 2 shared))", "threads"),
        ('(module (tag (export "t") (param i32)))', "exception-handling"),
        ("(module (func (result i32 i32) unreachable))", "multi-value"),
        ('(module (global (export "g") (mut i32) (i32.const 0)))', "mutable-globals"),
        ('(module (import "a" "g" (global (mut i32))))', "mutable-globals"),
        ("(module (table 1 externref))", "reference-types"),
        ("(module (table 1 funcref) (table 1 funcref))", "reference-types"),
        ("(module (func (param externref)))", "reference-types"),
        ("(module (global funcref (ref.null func)))", "reference-types"),
        ("(module (func (result v128) unreachable))", "simd"),
        ('(module (memory 1) (data "x") (func (data.drop 0)))', "bulk-memory"),
    ],
)
def test_a_proposal_in_use_is_hinted_at(text: str, feature: str) -> None:
    assert read(text).features == {feature}
