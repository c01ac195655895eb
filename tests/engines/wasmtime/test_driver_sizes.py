"""Payloads of every size, alone and in batches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from plugbay import Host, Limits, Plugin
from plugbay.engines.wasmtime.mailbox import BATCH_BYTES
from plugbay.errors import BatchError, InputTooLarge

Gear = Callable[..., bytes]

PAGE = 65536


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(size=st.integers(0, 200_000))
@example(size=0)
@example(size=1)
@example(size=PAGE - 64)
@example(size=PAGE)
@example(size=2 * PAGE - 64)
@example(size=2 * PAGE - 63)
@example(size=2 * PAGE + 1)
def test_a_payload_of_any_size_is_echoed_exactly(echo: Plugin, size: int) -> None:
    payload = bytes((size + index) % 251 for index in range(size))
    assert echo.call("process", payload) == payload


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sizes=st.lists(st.one_of(st.integers(0, 300), st.integers(0, 200_000)), max_size=12))
@example(sizes=[0, 0, 0])
@example(sizes=[PAGE - 64, 0, PAGE, 1, 2 * PAGE])
def test_a_batch_of_any_sizes_is_echoed_exactly(echo: Plugin, sizes: list[int]) -> None:
    payloads = [bytes([index]) * size for index, size in enumerate(sizes)]
    assert echo.call_many("process", payloads) == payloads


def test_an_empty_batch_is_an_empty_list(echo: Plugin) -> None:
    assert echo.call_many("process", []) == []
    assert echo.process_many([]) == []


def test_a_batch_larger_than_the_mailbox_is_split_without_anyone_noticing(echo: Plugin) -> None:
    payloads = [bytes([number]) * 700_000 for number in range(30)]
    assert sum(map(len, payloads)) > 2 * BATCH_BYTES
    assert echo.call_many("process", payloads) == payloads


def test_a_batch_whose_outputs_fill_the_mailbox_goes_on_in_the_next_crossing(host: Host, gear: Gear) -> None:
    # Every message of one byte is answered with a megabyte.
    body = "(call $pack (call $alloc (i32.const 0x100000)) (i32.const 0x100000))"
    plugin = host.load(gear(body))
    outputs = plugin.call_many("process", [b"x"] * 40)
    assert [len(output) for output in outputs] == [0x100000] * 40


def test_an_input_over_the_limit_in_the_middle_of_a_batch_fails_alone(host: Host, echo_gear: bytes) -> None:
    plugin = host.load(echo_gear, limits=Limits(input_bytes=100))
    payloads = [b"a" * 100, b"b" * 101, b"c", b"d" * 5000, b""]
    with pytest.raises(BatchError) as caught:
        plugin.call_many("process", payloads)
    results = caught.value.results
    assert [result for result in results if isinstance(result, bytes)] == [b"a" * 100, b"c", b""]
    assert [index for index, result in enumerate(results) if isinstance(result, InputTooLarge)] == [1, 3]
    assert isinstance(results[1], InputTooLarge)
    assert (results[1].limit, results[1].expected, results[1].found) == ("input_bytes", 100, 101)


@pytest.mark.parametrize("size", [100, 101])
def test_the_limit_of_a_single_input_is_exact(host: Host, echo_gear: bytes, size: int) -> None:
    plugin = host.load(echo_gear, limits=Limits(input_bytes=100))
    if size <= 100:
        assert plugin.call("process", bytes(size)) == bytes(size)
    else:
        with pytest.raises(InputTooLarge):
            plugin.call("process", bytes(size))
    assert plugin.call("process", b"still here") == b"still here"
