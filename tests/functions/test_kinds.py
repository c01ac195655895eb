from __future__ import annotations

from plugbay.functions import Json, Kind


def test_what_is_a_handle_is_an_i64() -> None:
    assert {kind for kind in Kind if kind.handle} == {Kind.BYTES, Kind.STR, Kind.JSON, Kind.MODEL}
    assert {kind.wasm for kind in Kind if kind.handle} == {"i64"}


def test_numbers_have_types_of_their_width() -> None:
    numbers = [Kind.INT, Kind.INT32, Kind.FLOAT, Kind.FLOAT32, Kind.BOOL]
    assert [kind.wasm for kind in numbers] == ["i64", "i32", "f64", "f32", "i32"]


def test_the_marker_of_json_is_its_kind() -> None:
    assert Json is Kind.JSON
