"""The byte functions that benchmarks call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from plugbay import Host, Limits, Plugin
from plugbay.errors import DeadlineExceeded, GuestError

MODULE: Final = Path(__file__).parents[2] / "benchmarks" / "guests" / "byte_functions.wasm"


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    with Host() as host, host.load(MODULE) as plugin:
        yield plugin


def test_the_module_is_found_to_be_one_of_packed_functions(plugin: Plugin) -> None:
    assert (plugin.claim.abi, plugin.metadata["convention"]) == ("priostack", "packed")
    assert plugin.functions == {"echo", "burn"}


def test_echo_returns_its_input(plugin: Plugin) -> None:
    assert plugin.call_many("echo", [b"", b"{}", b"x" * 100_000]) == [b"", b"{}", b"x" * 100_000]


@pytest.mark.parametrize("asked", [b'{"rounds": 1000}', b'{"rounds":"1000"}', b"1000"])
def test_burn_computes_the_same_each_time(plugin: Plugin, asked: bytes) -> None:
    value = 1001
    for _ in range(1000):
        value ^= value << 13 & 2**64 - 1
        value ^= value >> 7
        value ^= value << 17 & 2**64 - 1
    assert json.loads(plugin.call("burn", asked)) == {"rounds": 1000, "value": value >> 32}


@pytest.mark.parametrize("asked", [b"", b"{}", b'{"rounds": 99999999999999999999}'])
def test_burn_says_what_it_takes(plugin: Plugin, asked: bytes) -> None:
    with pytest.raises(GuestError, match="burn takes"):
        plugin.call("burn", asked)


def test_burn_ends_at_the_deadline() -> None:
    limits = Limits(deadline=0.05)
    with Host(limits=limits) as host, host.load(MODULE) as plugin, pytest.raises(DeadlineExceeded):
        plugin.call("burn", b'{"rounds": 18446744073709551615}')
