"""Plugins that keep a requirement in an unusual way are not accused of breaking it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import cast

import wasmtime
from tests.conformance.extism.judging import failed, judge_all, subject_of

from plugbay_conformance.case import Case, GuestContract
from plugbay_conformance.engines.contract import CallOutcome, CallStatus, ConformanceEngine

NULLABLE = {"nested", "value"}
NEEDED = {
    "repeat": {"text", "times"},
    "transform": {"name", "count", "ratio", "flags", "nested"},
    "write_log": {"level", "text"},
    "var_set": {"key", "value"},
}


class Lenient:
    """An engine and a session in one: functions that miss what may not be null, and take what may as null."""

    name = "wasmtime"

    def __init__(self, forgiven: set[str]) -> None:
        self._forgiven = forgiven

    def open_calls(self, *_: object) -> Lenient:
        return self

    def call(self, function: str, payload: bytes) -> CallOutcome:
        missing = NEEDED[function] - self._forgiven - set(json.loads(payload))
        return CallOutcome(CallStatus.ERROR, error="a key is missing") if missing else CallOutcome(CallStatus.OK)

    def logs(self) -> list[object]:
        return []

    def close(self) -> None:
        pass


def _judged(forgiven: set[str]) -> dict[str, str]:
    exports = "".join(f'(func (export "{name}") (result i32) (i32.const 0))' for name in NEEDED)
    contract = GuestContract("plugbay-conformance/1", "extism", "plugin", "none", "none", "1")
    subject = subject_of(bytes(wasmtime.wat2wasm(f"(module {exports})")), "plugin")
    engine = cast("ConformanceEngine", Lenient(forgiven))
    return failed(judge_all(replace(subject, contract=contract), engine, only=_missing_keys))


def _missing_keys(case: Case) -> bool:
    return case.id == "EXT-047/missing_keys"


def test_keys_whose_value_may_be_null_may_be_left_out() -> None:
    assert _judged(NULLABLE) == {}


def test_other_keys_may_not_be_left_out() -> None:
    assert _judged({*NULLABLE, "count"}) == {"EXT-047": "transform succeeded"}
