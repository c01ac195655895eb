"""Calls of byte functions, the same for every convention."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.priostack.conftest import COPY, SHAPES, Shape

from plugbay import Disposition, Host, Limits, LogLevel, Message
from plugbay.errors import (
    BatchError,
    ConfigInvalid,
    GuestError,
    InitFailed,
    InputTooLarge,
    MissingExport,
    OutOfFuel,
    PlugbayError,
    WrongSignature,
)

LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
SHOUT = '(data (i32.const 64) "shout")'
COUNT = "(call $number (global.get $live))"


@pytest.mark.parametrize("size", [0, 1, 255, 65_536, 1_000_000])
def test_bytes_go_in_and_come_out(host: Host, shape: Shape, size: int) -> None:
    plugin = host.load(shape.build())
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    assert plugin.claim.abi == "priostack"
    assert plugin.claim.profile == shape.convention
    assert plugin.call("echo", payload) == payload
    assert plugin.call_many("echo", [payload, b"", payload]) == [payload, b"", payload]


def test_a_function_without_an_output_answers_no_bytes(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build("(call $none)"))
    assert plugin.call("echo", b"anything") == b""
    assert plugin.call_many("echo", [b"a", b""]) == [b"", b""]


def test_an_empty_output_may_have_any_pointer(host: Host) -> None:
    for shape in SHAPES[:4]:
        plugin = host.load(shape.build("(i32.const 0x7fffffff) (i32.const 0)"), name=shape.name)
        assert plugin.call("echo", b"anything") == b""


@pytest.fixture(scope="module")
def echoes() -> dict[str, bytes]:
    """An echo of each shape that fails what begins with E."""
    body = f"""
      (if (i32.eqz (local.get $n)) (then (return (call $none))))
      (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 69)) (then (return (i32.const 64) (i32.const 15))))
      {COPY}"""
    fixed = """(data (i32.const 56) "\\01\\00\\00\\00\\0f\\00\\00\\00{\\22error\\22:\\22bad\\22}")"""
    free = "(if (i32.eq (local.get $p) (i32.const 64)) (then (return))) (call $release (local.get $p))"
    return {shape.name: shape.build(body, extra=fixed, free=free) for shape in SHAPES}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(payloads=st.lists(st.binary(max_size=300) | st.just(b"E"), min_size=1, max_size=40))
@pytest.mark.parametrize("name", [shape.name for shape in SHAPES])
def test_a_batch_answers_what_single_calls_answer(
    host: Host, echoes: dict[str, bytes], name: str, payloads: list[bytes]
) -> None:
    plugin = host.load(echoes[name])

    def alone(payload: bytes) -> bytes | str:
        try:
            return plugin.call("echo", payload)
        except GuestError as error:
            return error.reason

    singles = [alone(payload) for payload in payloads]
    try:
        together: list[bytes | PlugbayError] = list(plugin.call_many("echo", payloads))
    except BatchError as error:
        together = error.results
    assert [one.reason if isinstance(one, PlugbayError) else one for one in together] == singles
    assert all(one == payload or one == "bad" for one, payload in zip(singles, payloads, strict=True))


def test_buffers_are_given_back_after_each_call(host: Host) -> None:
    for shape in SHAPES[:4]:
        plugin = host.load(shape.build(COUNT), name=shape.name)
        counts = plugin.call_many("echo", [b"x"] * 50) + [plugin.call("echo", b"x") for _ in range(50)]
        assert set(counts) == {struct.pack("<I", 1)}, "the input, and nothing of earlier calls"


def test_the_input_of_wasm_bindgen_may_be_returned_as_it_is(host: Host) -> None:
    # wasm-bindgen's `fn(Vec<u8>) -> Vec<u8>`: the input belongs to the function, so the host frees it once, as output.
    body = "(global.set $live (i32.add (global.get $live) (i32.const 1))) (local.get $p) (local.get $n)"
    for shape in SHAPES[2:4]:
        plugin = host.load(shape.build(body), name=shape.name)
        assert plugin.call_many("echo", [b"same", b"bytes"]) == [b"same", b"bytes"]


# ---- which function --------------------------------------------------------------------------------------------------

SECOND = {
    "packed": '(func (export "create_user") (param i32 i32) (result i64) (i64.const 0))',
    "wasm-bindgen": '(func (export "create_user") (param i32 i32) (result i32 i32) (call $none))',
    "retptr": '(func (export "create_user") (param $at i32) (param i32 i32) (i64.store (local.get $at) (i64.const 0)))',
    "assemblyscript": '(func (export "create_user") (param i32) (result i32) (i32.const 0))',
}


def second(shape: Shape) -> str:
    return SECOND["retptr" if shape.name == "retptr" else shape.convention]


def test_a_module_has_as_many_functions_as_it_exports(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(extra=second(shape)))
    assert plugin.functions == {"echo", "create_user"}
    assert plugin.default_function == "echo", "the first one"
    for _ in range(3):
        assert (plugin.call("create_user", b"x"), plugin.call("echo", b"x")) == (b"", b"x")


def test_more_functions_than_the_table_has_slots_are_called_in_turn(host: Host, shape: Shape) -> None:
    names = [f"create_user_{number}" for number in range(40)]
    plugin = host.load(shape.build(extra="".join(second(shape).replace("create_user", name) for name in names)))
    for _ in range(2):
        for name in names:
            assert plugin.call(name, b"x") == b""
            assert plugin.call("echo", b"x") == b"x"


def test_a_function_is_found_by_its_other_spelling(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(extra=second(shape)))
    assert plugin.call("createUser", b"x") == b""
    assert plugin.call_many("createUser", [b"x"]) == [b""]
    assert plugin.process(Message.new(), "createUser").disposition is Disposition.DROP


def test_the_config_names_the_default_function(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(extra=second(shape)), config={"function": "createUser"})
    assert plugin.default_function == "create_user"
    with pytest.raises(MissingExport, match="did you mean echo"):
        host.load(shape.build(), name="other", config={"function": "ecco"})


def test_a_name_that_nothing_has_is_told_with_what_there_is(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build())
    with pytest.raises(MissingExport, match="did you mean echo") as caught:
        plugin.call("echoes", b"")
    assert caught.value.plugin == plugin.name
    with pytest.raises(ConfigInvalid, match="no port_x") as port:
        plugin.process(Message.new(), "port_x")
    assert port.value.expected == "echo, in"


def test_an_export_of_another_type_is_named_as_what_it_is_not(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(extra='(func (export "add") (param i64 i64) (result i64) (i64.const 0))'))
    assert plugin.functions == {"echo"}
    with pytest.raises(WrongSignature, match=r"add is \(i64, i64\) -> \(i64\)") as caught:
        plugin.call("add", b"")
    assert (caught.value.function, caught.value.found) == ("add", "(i64, i64) -> (i64)")


def test_of_both_spellings_at_once_each_is_itself_and_no_other_name_means_one(host: Host) -> None:
    module = SHAPES[0].build(extra=SECOND["packed"] + SECOND["packed"].replace("create_user", "createUser"))
    plugin = host.load(module)
    assert plugin.call("create_user", b"") == plugin.call("createUser", b"") == b""
    for name in ("create_user", "createUser"):
        assert host.load(module, name=name, config={"function": name}).default_function == name
    with pytest.raises(ConfigInvalid, match="may mean create_user or createUser"):
        plugin.call("CreateUser", b"")


# ---- messages --------------------------------------------------------------------------------------------------------


def test_a_message_goes_in_as_its_data_and_comes_out_as_an_answer(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(extra=second(shape)))
    message = Message.new({"email": "ada@example.com"})
    outcome = plugin.process(message)
    assert outcome.disposition is Disposition.OK
    ((port, answer),) = outcome.messages
    assert (port, answer.data, answer.ref_id) == ("out", message.data, message.id)
    assert plugin.process(message, "create_user").disposition is Disposition.DROP
    assert [one.messages[0][1].data for one in plugin.process_many([message] * 3)] == [message.data] * 3


def test_a_failing_message_is_an_outcome_with_its_logs(host: Host, shape: Shape) -> None:
    body = "(call $log (i32.const 3) (i32.const 64) (i32.const 5)) (unreachable)"
    plugin = host.load(shape.build(body, imports=LOG, extra=SHOUT))
    outcome = plugin.process(Message.new())
    assert outcome.disposition is Disposition.ERROR
    assert outcome.logs == ((LogLevel.WARN, "shout"),)
    assert outcome.error is not None
    assert outcome.error.code == "guest-trap"


# ---- logs, start-up, limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "level"), [(1, "DEBUG"), (2, "INFO"), (3, "WARN"), (4, "ERROR"), (0, "INFO"), (9, "INFO")]
)
def test_log_lines_have_the_levels_of_the_abi(host: Host, shape: Shape, number: int, level: str) -> None:
    body = f"(call $log (i32.const {number}) (i32.const 64) (i32.const 5)) {COPY}"
    plugin = host.load(shape.build(body, imports=LOG, extra=SHOUT))
    assert plugin.process(Message.new()).logs == ((LogLevel[level], "shout"),)


def test_what_is_logged_does_not_mix_with_outputs(host: Host, shape: Shape) -> None:
    body = f"(call $log (i32.const 2) (local.get $p) (local.get $n)) {COPY}"
    plugin = host.load(shape.build(body, imports=LOG))
    payloads = [b"%d" % number for number in range(200)]
    assert plugin.call_many("echo", payloads) == payloads
    assert [plugin.call("echo", payload) for payload in payloads] == payloads


def test_start_functions_run_once_and_in_order(host: Host, shape: Shape) -> None:
    extra = """
      (global $order (mut i32) (i32.const 0))
      (func $add (param $digit i32)
        (global.set $order (i32.add (i32.mul (global.get $order) (i32.const 10)) (local.get $digit))))
      (func $start (call $add (i32.const 1))) (start $start)
      (func (export "__wasm_call_ctors") (call $add (i32.const 9)))
      (func (export "_initialize") (call $add (i32.const 2)))
      (func (export "__wbindgen_start") (call $add (i32.const 3)))"""
    plugin = host.load(shape.build("(call $number (global.get $order))", extra=extra))
    for _ in range(2):
        assert struct.unpack("<I", plugin.call("echo", b"")) == (123,)


def test_constructors_run_where_nothing_else_starts_a_module(host: Host, shape: Shape) -> None:
    extra = """(global $ready (mut i32) (i32.const 0))
      (func (export "__wasm_call_ctors") (global.set $ready (i32.const 7)))"""
    plugin = host.load(shape.build("(call $number (global.get $ready))", extra=extra))
    assert struct.unpack("<I", plugin.call("echo", b"")) == (7,)


def test_a_start_function_that_traps_fails_the_load(host: Host, shape: Shape) -> None:
    with pytest.raises(InitFailed, match="its start-up failed"):
        host.load(shape.build(extra='(func (export "_initialize") (unreachable))'))


def test_an_input_over_the_limit_never_reaches_the_guest(host: Host, shape: Shape) -> None:
    plugin = host.load(shape.build(), limits=Limits(input_bytes=100))
    with pytest.raises(InputTooLarge):
        plugin.call("echo", bytes(101))
    with pytest.raises(BatchError) as caught:
        plugin.call_many("echo", [b"a", bytes(101), b"b"])
    assert [type(result).__name__ for result in caught.value.results] == ["bytes", "InputTooLarge", "bytes"]


def test_fuel_is_metered_for_each_call(host: Host, shape: Shape) -> None:
    body = f"(if (i32.eq (local.get $n) (i32.const 3)) (then (loop $on (br $on)))) {COPY}"
    plugin = host.load(shape.build(body), limits=Limits(fuel=20_000))
    assert plugin.call_many("echo", [b"ab"] * 50) == [b"ab"] * 50
    with pytest.raises(OutOfFuel):
        plugin.call("echo", b"abc")
    outcome = plugin.process(Message.new())
    assert outcome.fuel is not None
    assert 0 < outcome.fuel < 20_000


def test_config_that_byte_functions_do_not_take_is_refused(host: Host, shape: Shape) -> None:
    refused: list[tuple[dict[str, object], str]] = [
        ({"entrypoint": "echo"}, "have no config entrypoint"),
        ({"convention": "cdecl"}, "no calling convention 'cdecl'"),
        ({"convention": ["packed"]}, "no calling convention"),
        ({"function": 7}, "must be the name of an export"),
        ({"function": ""}, "must be the name of an export"),
    ]
    for config, reason in refused:
        with pytest.raises(ConfigInvalid, match=reason):
            host.load(shape.build(), abi="priostack", config=config)


def test_a_batch_goes_on_after_what_a_guest_reports(
    host: Host, shape: Shape, fail: Callable[..., PlugbayError]
) -> None:
    body = f"""
      (if (i32.eq (local.get $n) (i32.const 3)) (then (return (call $copy (i32.const 64) (i32.const 15)))))
      {COPY}"""
    plugin = host.load(shape.build(body, extra='(data (i32.const 64) "{\\22error\\22:\\22bad\\22}")'))
    error = fail(plugin, b"abc")
    assert isinstance(error, GuestError)
    assert (error.reason, error.function, error.plugin) == ("bad", "echo", plugin.name)
    assert plugin.call("echo", b"ab") == b"ab"
