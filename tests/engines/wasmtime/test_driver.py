from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from plugbay import Disposition, Host, LogLevel, Message, Plugin
from plugbay.engines.wasmtime.driver import Driver, quoted, trampoline_text
from plugbay.errors import BatchError, GuestTrap, MessageRejected
from plugbay.module.info import FuncType

Gear = Callable[..., bytes]

IMPORTS = """
  (import "env" "log" (func $log (param i32 i32 i32)))
  (import "env" "emit" (func $emit (param i32 i32)))
  (import "env" "reject" (func $reject (param i32 i32)))
"""
MUX = """
  (local $command i32)
  (local.set $command (i32.load8_u (local.get $p)))
  (if (i32.eqz (local.get $n)) (then (return (i64.const 0))))
  (if (i32.eq (local.get $command) (i32.const 0x42)) (then (return (call $number (global.get $live)))))  ;; B
  (if (i32.eq (local.get $command) (i32.const 0x44)) (then (return (i64.const 0))))  ;; D
  (if (i32.eq (local.get $command) (i32.const 0x58)) (then (unreachable)))  ;; X
  (if (i32.eq (local.get $command) (i32.const 0x52)) (then  ;; R
    (call $reject (i32.add (local.get $p) (i32.const 1)) (i32.sub (local.get $n) (i32.const 1)))
    (return (i64.const 0))))
  (if (i32.eq (local.get $command) (i32.const 0x72)) (then  ;; r: rejects and still answers
    (call $reject (i32.add (local.get $p) (i32.const 1)) (i32.sub (local.get $n) (i32.const 1)))))
  (if (i32.eq (local.get $command) (i32.const 0x4c)) (then  ;; L, level, text
    (call $log (i32.load8_s offset=1 (local.get $p)) (i32.add (local.get $p) (i32.const 2))
      (i32.sub (local.get $n) (i32.const 2)))))
  (call $copy (local.get $p) (local.get $n))
"""


@pytest.fixture
def mux(host: Host, gear: Gear) -> Plugin:
    """A gear that does what a message's first letter says: count Buffers, Drop, trap (X), Reject, Log; else echo."""
    return host.load(gear(MUX, imports=IMPORTS), name="mux")


def live(plugin: Plugin) -> int:
    """The gear's live allocations during a message: its input, and what was never freed."""
    (count,) = struct.unpack("<I", plugin.call("process", b"B"))
    assert isinstance(count, int)
    return count


# ---- buffers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", [b"echo", b"D", b"L\x02text", b""])
def test_both_buffers_are_freed_after_a_message(mux: Plugin, message: bytes) -> None:
    for _ in range(3):
        mux.call("process", message)
    mux.call_many("process", [message] * 3)
    assert live(mux) == 1


@pytest.mark.parametrize("message", [b"Rwhy", b"rwhy"])
def test_both_buffers_are_freed_after_a_rejection(mux: Plugin, message: bytes) -> None:
    for _ in range(3):
        with pytest.raises(MessageRejected):
            mux.call("process", message)
    with pytest.raises(BatchError):
        mux.call_many("process", [message] * 3)
    assert live(mux) == 1


def test_after_ten_thousand_messages_of_every_kind_nothing_is_left(mux: Plugin) -> None:
    kinds = [b"echo", b"D", b"L\x01text", b"", b"Rwhy", b"rwhy"]
    with pytest.raises(BatchError) as caught:
        mux.call_many("process", [kinds[number % len(kinds)] for number in range(10_000)])
    assert len(caught.value.results) == 10_000
    assert live(mux) == 1


def test_a_fan_out_is_freed_like_any_result(host: Host, gear: Gear) -> None:
    # A CBOR array (0x82) of the message twice.
    body = """
      (local $q i32)
      (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 0x42)) (then (return (call $number (global.get $live)))))
      (local.set $q (call $alloc (i32.add (i32.const 1) (i32.shl (local.get $n) (i32.const 1)))))
      (i32.store8 (local.get $q) (i32.const 0x82))
      (memory.copy (i32.add (local.get $q) (i32.const 1)) (local.get $p) (local.get $n))
      (memory.copy (i32.add (i32.add (local.get $q) (i32.const 1)) (local.get $n)) (local.get $p) (local.get $n))
      (call $pack (local.get $q) (i32.add (i32.const 1) (i32.shl (local.get $n) (i32.const 1))))"""
    plugin = host.load(gear(body))
    message = Message.new(data={"amount": 7})
    outcome = plugin.process(message)
    assert outcome.disposition is Disposition.OK
    assert outcome.messages == (("out", message), ("out", message))
    assert [outcome.messages for outcome in plugin.process_many([message] * 3)] == [outcome.messages] * 3
    assert live(plugin) == 1


def test_malloc_serves_where_alloc_is_not_exported(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(alloc="malloc"))
    assert plugin.call("process", b"hello") == b"hello"


def test_the_entrypoint_is_configurable(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(entrypoint="on_message"), config={"entrypoint": "on_message"})
    assert plugin.functions == {"on_message"}
    assert plugin.default_function == "on_message"
    assert plugin.call("on_message", b"hello") == b"hello"


# ---- dispositions ----------------------------------------------------------------------------------------------------


def test_no_result_is_a_dropped_message(mux: Plugin, host: Host, gear: Gear) -> None:
    assert mux.call("process", b"D") == b""
    outcome = host.load(gear("(i64.const 0)")).process(Message.new())
    assert (outcome.disposition, outcome.messages) == (Disposition.DROP, ())


def test_a_pointer_without_a_length_is_a_dropped_message_too(host: Host, gear: Gear) -> None:
    plugin = host.load(gear("(i64.const 0xffffffff00000000)"))
    assert plugin.call("process", b"hello") == b""


def test_a_rejection_has_the_guests_reason(mux: Plugin, host: Host, gear: Gear) -> None:
    with pytest.raises(MessageRejected, match="mux: too much") as caught:
        mux.call("process", b"Rtoo much")
    assert caught.value.reason == "too much"
    data = '(data (i32.const 16) "no caf\\c3\\a9")'
    body = "(call $reject (i32.const 16) (i32.const 8)) (i64.const 0)"
    outcome = host.load(gear(body, imports=IMPORTS, extra=data)).process(Message.new())
    assert (outcome.disposition, outcome.reason, outcome.error) == (Disposition.REJECT, "no café", None)


def test_what_was_emitted_comes_before_the_result(host: Host, gear: Gear) -> None:
    body = """
      (call $emit (local.get $p) (local.get $n))
      (call $emit (local.get $p) (local.get $n))
      (i32.store8 (i32.add (local.get $p) (i32.sub (local.get $n) (i32.const 1))) (i32.const 1))
      (call $copy (local.get $p) (local.get $n))"""
    message = Message.new()
    encoded = message.to_cbor()
    changed = Message.from_cbor(encoded[:-1] + b"\x01")
    plugin = host.load(gear(body, imports=IMPORTS))
    for outcome in [plugin.process(message), *plugin.process_many([message, message])]:
        assert outcome.messages == (("out", message), ("out", message), ("out", changed))


def test_emitting_alone_is_no_drop(host: Host, gear: Gear) -> None:
    plugin = host.load(gear("(call $emit (local.get $p) (local.get $n)) (i64.const 0)", imports=IMPORTS))
    message = Message.new()
    outcome = plugin.process(message)
    assert (outcome.disposition, outcome.messages) == (Disposition.OK, (("out", message),))


# ---- logs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (1, LogLevel.DEBUG),
        (2, LogLevel.INFO),
        (3, LogLevel.WARN),
        (4, LogLevel.ERROR),
        (0, LogLevel.INFO),
        (5, LogLevel.INFO),
        (-1, LogLevel.INFO),
        (0x80000000, LogLevel.INFO),
        (0x101, LogLevel.INFO),
    ],
)
def test_log_levels_are_those_of_the_abi(host: Host, gear: Gear, number: int, level: LogLevel) -> None:
    body = f"(call $log (i32.const {number}) (i32.const 16) (i32.const 5)) (call $copy (local.get $p) (local.get $n))"
    plugin = host.load(gear(body, imports=IMPORTS, extra='(data (i32.const 16) "hello")'))
    outcome = plugin.process(Message.new())
    assert outcome.logs == ((level, "hello"),)


LOGS = """
  (call $log (i32.const 3) (i32.const 17) (i32.const 1))
  (call $emit (local.get $p) (local.get $n))
  (call $log (i32.const 1) (i32.const 18) (i32.const 1))
  (call $log (i32.const 1) (i32.const 18) (i32.const 0))
  (call $copy (local.get $p) (local.get $n))"""


def test_log_lines_keep_their_order_from_allocating_to_freeing(host: Host, wat: Callable[[str], bytes]) -> None:
    plugin = host.load(
        wat("""(module
          (import "env" "log" (func $log (param i32 i32 i32)))
          (memory (export "memory") 1)
          (data (i32.const 16) "abcd")
          (func (export "alloc") (param i32) (result i32)
            (call $log (i32.const 1) (i32.const 16) (i32.const 1)) (i32.const 4096))
          (func (export "free") (param $p i32) (param i32)
            (call $log (i32.const 2) (i32.const 18) (i32.const 1)))
          (func (export "process") (param $p i32) (param $n i32) (result i64)
            (call $log (i32.const 3) (i32.const 17) (i32.const 1))
            (memory.copy (i32.const 8192) (local.get $p) (local.get $n))
            (i64.or (i64.const 0x200000000000) (i64.extend_i32_u (local.get $n)))))""")
    )
    message = Message.new(data={"k": "v" * 300})
    expected = [(LogLevel.DEBUG, "a"), (LogLevel.WARN, "b"), (LogLevel.INFO, "c"), (LogLevel.INFO, "c")]
    for outcome in [plugin.process(message), *plugin.process_many([message] * 3)]:
        assert list(outcome.logs) == expected
        assert outcome.messages == (("out", message),)


def test_logs_and_messages_of_a_batch_stay_with_their_own_message(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(LOGS, imports=IMPORTS, extra='(data (i32.const 16) "abcd")'))
    messages = [Message.new(data={"number": number}) for number in range(50)]
    for message, outcome in zip(messages, plugin.process_many(messages), strict=True):
        assert outcome.messages == (("out", message), ("out", message))
        assert list(outcome.logs) == [(LogLevel.WARN, "b"), (LogLevel.DEBUG, "c"), (LogLevel.DEBUG, "")]


def test_the_log_of_a_message_that_traps_is_kept(host: Host, gear: Gear) -> None:
    body = "(call $log (i32.const 4) (i32.const 16) (i32.const 3)) (unreachable)"
    plugin = host.load(gear(body, imports=IMPORTS, extra='(data (i32.const 16) "bye")'))
    for outcome in [plugin.process(Message.new()), *plugin.process_many([Message.new()] * 2)]:
        assert isinstance(outcome.error, GuestTrap)
        assert outcome.logs == ((LogLevel.ERROR, "bye"),)


def test_plugins_may_be_interleaved(host: Host, gear: Gear) -> None:
    echo = host.load(gear(), name="echo")
    drop = host.load(gear("(i64.const 0)"), name="drop")
    mux = host.load(gear(MUX, imports=IMPORTS), name="mux")
    for number in range(200):
        payload = b"%d" % number
        assert echo.call("process", payload) == payload
        assert drop.call("process", payload) == b""
        assert mux.call_many("process", [payload, b"D", payload]) == [payload, b"", payload]


# ---- trampolines -----------------------------------------------------------------------------------------------------


def test_a_driver_says_what_it_provides() -> None:
    driver = Driver.load("plugbay_adapters.fluxrig", "driver.wat")
    assert driver.name == "driver"
    assert driver.provides["env.log"] == FuncType(("i32", "i32", "i32"))
    assert next(iter(driver.provides)) == "env.log"


def test_a_trampoline_exports_what_is_needed_and_nothing_else() -> None:
    driver = Driver.load("plugbay_adapters.fluxrig", "driver.wat")
    text = trampoline_text(driver, {"env.log", "env.emit"})
    assert '(export "env.log")' in text
    assert '(export "env.emit")' in text
    assert "reject" not in text
    assert Driver("trampoline", text).provides.keys() == {"env.log", "env.emit"}


def test_names_of_any_kind_stand_in_a_trampoline() -> None:
    name = './odd "n\u00e4me\\\n_bg.js.throw'
    driver = Driver("odd", f'(module (func $throw) (export "{quoted(name)}" (func $throw)))')
    assert driver.provides.keys() == {name}
    assert Driver("trampoline", trampoline_text(driver, {name})).provides.keys() == {name}


# ---- shared text -----------------------------------------------------------------------------------------------------


def test_every_driver_that_owns_the_mailbox_has_the_same_text_for_it() -> None:
    drivers = [
        Driver.load("plugbay_adapters.fluxrig", "driver.wat"),
        Driver.load("plugbay_adapters.extism", "kernel.wat"),
        Driver.load("plugbay_adapters.priostack", "assemblyscript.wat", limit="(global $half i32 (i32.const 1))"),
    ]
    for driver in drivers:
        assert ";; include" not in driver.text
        assert driver.text.count('(export "invoke_many")') == 1
        assert {"mailbox", "top", "stop", "reserve", "open_note", "invoke"} <= {
            item.name for item in driver.info.exports
        }


def test_text_that_is_given_stands_where_it_is_included() -> None:
    run = "(func $run (param i32 i32 i32) (result i32 i32) (unreachable))"
    driver = Driver.load("plugbay_adapters.priostack", "wasm_bindgen.wat", run=run, own_imports="(func $own)")
    assert run in driver.text
    assert "(func $own)" in driver.text
    assert "env.now" in driver.provides
