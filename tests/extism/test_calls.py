"""What becomes of a call: its result, an error, a trap or an exit, alone and in a batch."""

from __future__ import annotations

import pytest
from tests.extism.calls import ANSWER, BY_INPUT, ECHO, SAY, TEXTS, caught, results_of
from tests.extism.conftest import PROC_EXIT, Load

from plugbay import Limits, Message
from plugbay.errors import (
    DeadlineExceeded,
    GuestError,
    GuestExit,
    GuestTrap,
    InputTooLarge,
    PlugbayError,
)


# ---- return codes ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("result", "value", "code"),
    [
        ("i32", "i32.const 1", 1),
        ("i32", "i32.const -1", -1),
        ("i32", "i32.const 0x7fffffff", 2**31 - 1),
        ("i32", "i32.const 0x80000000", -(2**31)),
        ("i64", "i64.const 0", -1),
        ("i64", "i64.const 5", -1),
        ("f32", "f32.const 0", -1),
        ("f64", "f64.const 0", -1),
    ],
)
def test_any_result_but_the_i32_zero_is_a_failure(load: Load, result: str, value: str, code: int) -> None:
    plugin = load(f'{TEXTS} {ECHO} (func (export "f") (result {result}) {ANSWER} ({value}))')
    for _ in range(2):
        error = caught(plugin, "f")
        assert isinstance(error, GuestError)
        assert error.found == code
        assert (error.plugin, error.function) == ("guest", "f")
    assert plugin.call("echo", b"on") == b"on"


@pytest.mark.parametrize("end", ["(result i32) {} (i32.const 0)", "{}"])
def test_zero_and_no_result_are_success(load: Load, end: str) -> None:
    assert load(f'{TEXTS} (func (export "f") {end.format(ANSWER)})').call("f", b"") == b"output"


@pytest.mark.parametrize("code", [0, 1, -5])
def test_an_error_text_fails_the_call_whatever_the_code(load: Load, code: int) -> None:
    plugin = load(f'{TEXTS} {ECHO} (func (export "f") (result i32) {ANSWER} {SAY} (i32.const {code}))')
    for _ in range(2):
        error = caught(plugin, "f")
        assert isinstance(error, GuestError)
        assert error.reason == "failed"
    assert plugin.call("echo", b"on") == b"on"


def test_the_last_error_text_counts(load: Load) -> None:
    plugin = load(f"""{TEXTS} (func (export "f") {SAY} (call $error_set (call $block (i32.const 16) (i32.const 3))))""")
    assert caught(plugin, "f").reason == "out"


def test_an_error_that_is_taken_back_is_none(load: Load) -> None:
    plugin = load(f"""{TEXTS} (func (export "f") (result i32) {SAY} (call $error_set (i64.const 0)) {ANSWER}
      (i32.wrap_i64 (call $input_length)))""")
    assert plugin.call("f", b"") == b"output"
    assert caught(plugin, "f", b"four").found == 4


@pytest.mark.only("wasmtime", why="libextism refuses it")
def test_an_error_text_that_is_no_utf_8_is_readable(load: Load) -> None:
    plugin = load('(func (export "f") (call $error_set (call $input)))')
    assert caught(plugin, "f", b"a\xffb").reason == "a\ufffdb"


@pytest.mark.only("wasmtime", why="libextism tells no trap beside an error text")
def test_an_error_text_comes_before_the_trap_beside_it(load: Load) -> None:
    plugin = load(f'{TEXTS} {ECHO} (func (export "f") {SAY} (unreachable))')
    error = caught(plugin, "f")
    assert isinstance(error, GuestError)
    assert error.reason == "failed"
    assert isinstance(error.__cause__, GuestTrap)
    assert plugin.call("echo", b"on") == b"on"


@pytest.mark.parametrize("code", [0, 3])
def test_an_error_text_comes_before_the_exit_beside_it(load: Load, code: int) -> None:
    plugin = load(f'{TEXTS} (func (export "f") {SAY} (call $proc_exit (i32.const {code})))', imports=PROC_EXIT)
    for _ in range(2):
        error = caught(plugin, "f")
        assert isinstance(error, GuestError)
        assert error.reason == "failed"


def test_an_error_of_one_call_is_not_that_of_the_next(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT)
    assert caught(plugin, "f", b"error").reason == "error"
    assert plugin.call("f", b"fine") == b"fine"
    assert isinstance(caught(plugin, "f", b"trap"), GuestTrap)
    assert plugin.call("f", b"fine") == b"fine"


# ---- exits -----------------------------------------------------------------------------------------------------------
def test_exit_zero_is_success_with_the_output_so_far(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT)
    assert [plugin.call("f", text) for text in (b"x1", b"x2", b"more", b"x3")] == [b"x1", b"x2", b"more", b"x3"]


@pytest.mark.only("wasmtime", why="libextism uses it again")
def test_an_instance_that_exited_is_not_used_again(load: Load) -> None:
    plugin = load(
        """(global $calls (mut i64) (i64.const 0))
           (func (export "f") (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
             (call $answer_u64 (global.get $calls))
             (if (i64.ne (call $input_length) (i64.const 0)) (then (call $proc_exit (i32.const 0)))))""",
        imports=PROC_EXIT,
    )
    assert [plugin.call("f", text)[0] for text in (b"", b"", b"x", b"", b"x", b"x", b"")] == [1, 2, 3, 1, 2, 1, 1]
    outcomes = plugin.process_many([Message.new(raw=text) for text in (b"", b"x", b"")])
    assert [outcome.messages[0][1].raw for outcome in outcomes] == [count.to_bytes(8, "little") for count in (2, 3, 1)]


def test_another_exit_code_is_a_failure_with_it(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT)
    error = caught(plugin, "f", b"y")
    assert isinstance(error, GuestExit)
    assert error.exit_code == 3
    assert plugin.call("f", b"fine") == b"fine"


def test_exits_in_a_batch_cost_nobody_else_anything(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT)
    texts = [b"x%d" % number if number % 3 == 0 else b"a%d" % number for number in range(100)]
    assert results_of(plugin, texts) == texts


# ---- batches ---------------------------------------------------------------------------------------------------------
@pytest.mark.only("wasmtime", why="libextism has one log for the whole process")
def test_failures_in_a_batch_stay_with_their_messages(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT, limits=Limits(deadline=0.05, input_bytes=1000))
    kinds: dict[bytes, type[PlugbayError]] = {
        b"t": GuestTrap,
        b"e": GuestError,
        b"c": GuestError,
        b"y": GuestExit,
        b"l": DeadlineExceeded,
    }
    kinds[b"b"] = InputTooLarge
    letters = "aaetaxcyaatteeccyyxxlaabla"
    texts = [letter.encode() * (2000 if letter == "b" else 1 + index) for index, letter in enumerate(letters)]
    expected = [kinds.get(text[:1], text) for text in texts]
    with caplog.at_level("INFO", "plugbay.guest"):
        assert results_of(plugin, texts) == expected
    assert [record.getMessage() for record in caplog.records] == [text.decode() for text in texts if text[:1] == b"a"]


def test_a_batch_of_ten_thousand_is_in_order(load: Load) -> None:
    plugin = load(BY_INPUT, imports=PROC_EXIT)
    texts = [b"a%d" % number for number in range(10_000)]
    texts[5000] = b"t"
    assert results_of(plugin, texts) == [*texts[:5000], GuestTrap, *texts[5001:]]


def test_empty_inputs_and_outputs_in_a_batch(load: Load) -> None:
    plugin = load(ECHO.replace('"echo"', '"f"'))
    texts = [b"", b"a", b"", b"", b"bc", b""]
    assert plugin.call_many("f", texts) == texts
    assert plugin.call_many("f", []) == []
