from __future__ import annotations

import array
import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest

from plugbay import Disposition, Host, Limits, Message, Permissions, Plugin
from plugbay.errors import (
    BatchError,
    ConfigInvalid,
    GuestTrap,
    MalformedCbor,
    MissingExport,
    NotAMessage,
    PoolExhausted,
)
from plugbay.state import MemoryStore, Versioned

Gear = Callable[..., bytes]

BY_LETTER = """
  (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 76)) (then (loop $again (br $again))))  ;; L
  (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 88)) (then (unreachable)))  ;; X
  (call $copy (local.get $p) (local.get $n))
"""
COUNTING = """
  (local $i i32)
  (loop $again
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $i) (i32.const 20000000))))
  (call $copy (local.get $p) (local.get $n))
"""


def run_at_once(*work: Callable[[], object]) -> None:
    """Run the functions in a thread each, started together; raise the first error."""
    barrier = threading.Barrier(len(work))
    errors: list[BaseException] = []

    def run(function: Callable[[], object]) -> None:
        barrier.wait()
        try:
            function()
        except BaseException as error:  # noqa: BLE001 # raised again in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


# ---- payloads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [bytearray(b"hello"), memoryview(b"hello"), memoryview(b"ohlelleolo")[1::2][:5], array.array("B", b"hello")],
)
def test_every_buffer_of_bytes_is_a_payload(echo: Plugin, payload: object) -> None:
    expected = bytes(memoryview(payload))  # type: ignore[arg-type] # buffers have no common type in Python 3.11
    assert echo.call("process", payload) == expected  # type: ignore[arg-type] # on purpose: not bytes
    assert echo.call_many("process", [payload, b"bytes"]) == [expected, b"bytes"]  # type: ignore[list-item] # the same


def test_a_subclass_of_bytes_is_a_payload(echo: Plugin) -> None:
    class Text(bytes):
        def __len__(self) -> int:
            return 10**9  # a lie that must reach nothing that copies memory

    assert echo.call("process", Text(b"hello")) == b"hello"
    assert echo.call_many("process", [Text(b"hello")]) == [b"hello"]


@pytest.mark.parametrize("payload", ["text", 7, None, 3.5, ["a"], object(), {}])
def test_what_is_no_buffer_is_refused_before_anything_runs(echo: Plugin, payload: object) -> None:
    with pytest.raises(ConfigInvalid, match="a payload is bytes, not"):
        echo.call("process", payload)  # type: ignore[arg-type] # on purpose
    with pytest.raises(ConfigInvalid):
        echo.call_many("process", [b"fine", payload])  # type: ignore[list-item] # on purpose
    with pytest.raises(ConfigInvalid):
        echo.process_encoded([b"fine", payload])  # type: ignore[list-item] # on purpose
    assert echo.call("process", b"fine") == b"fine"


def test_a_released_view_is_refused_too(echo: Plugin) -> None:
    view = memoryview(b"hello")
    view.release()
    with pytest.raises(ConfigInvalid):
        echo.call("process", view)  # type: ignore[arg-type] # on purpose


# ---- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["other", "alloc", "", "memory"])
def test_an_unknown_function_is_named_with_the_known_one(echo: Plugin, function: str) -> None:
    with pytest.raises(MissingExport, match="there is no function") as caught:
        echo.call(function, b"x")
    assert caught.value.expected == "process"
    with pytest.raises(MissingExport):
        echo.call_many(function, [b"x"])
    assert echo.call("process", b"x") == b"x"


def test_a_batch_error_has_an_entry_for_every_payload(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(BY_LETTER), name="letters")
    with pytest.raises(BatchError, match="letters: 2 of 5 messages failed; the first: letters: trapped") as caught:
        plugin.call_many("process", [b"a", b"X", b"b", b"X", b"c"])
    results = caught.value.results
    assert [results[0], results[2], results[4]] == [b"a", b"b", b"c"]
    assert isinstance(results[1], GuestTrap)
    assert isinstance(results[3], GuestTrap)


def test_a_failing_guest_is_an_outcome_and_raises_nothing(host: Host, gear: Gear) -> None:
    plugin = host.load(gear("(unreachable)"))
    message = Message.new()
    for outcome in [plugin.process(message), *plugin.process_many([message] * 3)]:
        assert outcome.disposition is Disposition.ERROR
        assert outcome.messages == ()
        assert isinstance(outcome.error, GuestTrap)
        with pytest.raises(GuestTrap):
            outcome.raise_for_error()


def test_a_result_that_is_no_message_is_an_outcome_too(host: Host, gear: Gear) -> None:
    plugin = host.load(gear("(call $number (i32.const 0x01010101))"))  # CBOR: the integer 1, four times
    outcomes = [plugin.process(Message.new()), *plugin.process_many([Message.new()] * 2)]
    assert all(isinstance(outcome.error, MalformedCbor) for outcome in outcomes)
    assert plugin.call("process", b"raw calls decode nothing") == b"\x01\x01\x01\x01"


def test_only_the_port_of_the_abi_is_served(echo: Plugin) -> None:
    with pytest.raises(ConfigInvalid, match="input port in, no side"):
        echo.process(Message.new(), port="side")
    with pytest.raises(ConfigInvalid):
        echo.process_many([Message.new()], port="side")
    assert echo.process(Message.new()).disposition is Disposition.OK


# ---- typed and encoded -----------------------------------------------------------------------------------------------


def test_a_message_comes_out_as_the_guest_sent_it(echo: Plugin) -> None:
    message = Message.new(data={"card": {"pan": "4111"}, "amount": 12}, meta={"spec.id": "x"})
    outcome = echo.process(message).raise_for_error()
    assert outcome.messages == (("out", message),)
    assert outcome.seconds > 0
    assert outcome.error is None


def test_encoded_messages_pass_undecoded(echo: Plugin) -> None:
    payloads = [Message.new(data={"n": number}).to_cbor() for number in range(10)]
    assert echo.process_encoded(payloads) == payloads


def test_encoded_results_are_checked(echo: Plugin) -> None:
    good = Message.new().to_cbor()
    results = echo.process_encoded([good, b"\x01", good])
    assert results is not None
    assert [results[0], results[2]] == [good, good]
    assert not isinstance(results[1], bytes)
    assert isinstance(results[1].error, NotAMessage)


# ---- instances -------------------------------------------------------------------------------------------------------


def test_instances_run_at_once(host: Host, gear: Gear) -> None:
    # Each waits in a loop that only its deadline ends; with one instance the second would find the pool exhausted.
    plugin = host.load(gear(BY_LETTER), instances=2, limits=Limits(deadline=0.5))
    errors: list[type[BaseException]] = []

    def loop() -> None:
        try:
            plugin.call("process", b"L")
        except Exception as error:  # noqa: BLE001 # compared below
            errors.append(type(error))

    run_at_once(loop, loop)
    assert PoolExhausted not in errors
    assert len(errors) == 2


def test_one_instance_serves_one_call_at_a_time(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(COUNTING), instances=1, limits=Limits(deadline=20))
    outputs: list[bytes] = []
    run_at_once(*[lambda: outputs.append(plugin.call("process", b"x"))] * 4)
    assert outputs == [b"x"] * 4


class BlockingStore(MemoryStore):
    """A store whose reads wait for a sign, so that a test knows when a guest is in the middle of a call."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def get(self, namespace: str, key: str) -> Versioned | None:
        self.entered.set()
        assert self.go_on.wait(20)
        return super().get(namespace, key)


READING = """
  (drop (call $get (i32.const 16) (i32.const 1)))
  (call $copy (local.get $p) (local.get $n))
"""
GET = '(import "env" "flux_kv_get" (func $get (param i32 i32) (result i64)))'


def test_a_lease_gives_up_after_the_deadline(gear: Gear) -> None:
    store = BlockingStore()
    limits = Limits(deadline=0.1)
    with Host(state=store) as host:
        plugin = host.load(gear(READING, imports=GET), permissions=Permissions(state=True), limits=limits)
        slow = threading.Thread(target=plugin.process, args=(Message.new(),))
        slow.start()
        assert store.entered.wait(20)
        with pytest.raises(PoolExhausted):
            plugin.call("process", b"x")
        assert isinstance(plugin.process(Message.new()).error, PoolExhausted)
        store.go_on.set()
        slow.join()
        assert plugin.call("process", b"x") == b"x"


def test_threads_hammering_one_plugin_get_their_own_answers(host: Host, gear: Gear) -> None:
    plugin = host.load(gear(BY_LETTER), instances=2, limits=Limits(deadline=10))
    wrong: list[object] = []

    def work(seed: int) -> None:
        for step in range(200):
            payload = b"%d-%d" % (seed, step)
            if plugin.call("process", payload) != payload:
                wrong.append(payload)
            if step % 50 == 0:
                with pytest.raises(GuestTrap):
                    plugin.call("process", b"X")
            if step % 20 == 0 and plugin.call_many("process", [payload] * 3) != [payload] * 3:
                wrong.append(payload)

    run_at_once(*(partial(work, seed) for seed in range(4)))
    assert wrong == []


@pytest.mark.parametrize("instances", [0, -1, 65])
def test_the_number_of_instances_has_limits(host: Host, echo_gear: bytes, instances: int) -> None:
    with pytest.raises(ConfigInvalid, match="instances must be from 1 to 64"):
        host.load(echo_gear, instances=instances)


# ---- async -----------------------------------------------------------------------------------------------------------


def test_the_async_twins_do_the_same(echo: Plugin) -> None:
    message = Message.new()

    async def calls() -> None:
        assert await echo.acall("process", b"x") == b"x"
        assert await echo.acall_many("process", [b"x", b"y"]) == [b"x", b"y"]
        assert (await echo.aprocess(message)).messages == (("out", message),)
        assert [outcome.disposition for outcome in await echo.aprocess_many([message] * 2)] == [Disposition.OK] * 2
        assert await asyncio.gather(*(echo.acall("process", b"%d" % n) for n in range(20))) == [
            b"%d" % n for n in range(20)
        ]

    asyncio.run(calls())
