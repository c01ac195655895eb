"""Log lines of guests."""

from __future__ import annotations

import pytest
from tests.extism.conftest import Load

from plugbay import Message, Permissions
from plugbay.errors import (
    GuestTrap,
)

LEVELS = ("trace", "debug", "info", "warn", "error")
ALL_LEVELS = "".join(f"(call $log_{level} (call $input))" for level in LEVELS)


@pytest.mark.only("wasmtime", why="libextism has one log for the whole process")
def test_log_lines_reach_the_outcome_and_the_log_by_level(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    plugin = load(f'(func (export "f") {ALL_LEVELS} (call $answer_u64 (i64.extend_i32_u (call $get_log_level))))')
    outcome = plugin.process(Message.new(raw=b"line"))
    assert [(log.level, log.text) for log in outcome.logs] == [(level, "line") for level in LEVELS]
    with caplog.at_level(1, "plugbay.guest"):
        assert plugin.call("f", b"another") == bytes(8)
        plugin.call_many("f", [b"more"] * 2)
    assert [record.getMessage() for record in caplog.records] == ["another"] * 5 + ["more"] * 10
    assert {record.name for record in caplog.records} == {"plugbay.guest.guest"}
    assert [record.levelname for record in caplog.records[1:5]] == ["DEBUG", "INFO", "WARNING", "ERROR"]


@pytest.mark.only("wasmtime", why="libextism has one log for the whole process")
def test_a_guest_that_may_not_log_is_told_so(load: Load) -> None:
    plugin = load(
        f'(func (export "f") {ALL_LEVELS} (call $answer_u64 (i64.extend_i32_u (call $get_log_level))))',
        permissions=Permissions(log=False),
    )
    assert plugin.call("f", b"line") == (2**31 - 1).to_bytes(8, "little")
    assert plugin.process(Message.new(raw=b"line")).logs == ()


@pytest.mark.only("wasmtime", why="libextism has one log for the whole process")
def test_log_lines_of_a_call_that_failed_are_kept(load: Load) -> None:
    plugin = load('(func (export "f") (call $log_warn (call $input)) (unreachable))')
    outcome = plugin.process(Message.new(raw=b"last words"))
    assert [log.text for log in outcome.logs] == ["last words"]
    assert isinstance(outcome.error, GuestTrap)
