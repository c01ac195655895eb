"""How inputs are laid out for crossings."""

from __future__ import annotations

import pytest

from plugbay import Plugin
from plugbay.engines.wasmtime.batch import Inputs
from plugbay.engines.wasmtime.mailbox import BATCH_BYTES, INPUT

LARGEST = 100


@pytest.mark.parametrize("size", [0, 1, 8, 20, LARGEST])
def test_a_crossing_leaves_as_much_room_for_outputs_as_it_takes_however_small_the_inputs(size: int) -> None:
    payloads = [b"x" * size] * 1_000_000
    inputs, done, crossings = Inputs(payloads, most=LARGEST), 0, 0
    while done < len(payloads):
        batch = inputs.batch(done)
        assert batch is not None
        assert batch.area <= INPUT + 8 + BATCH_BYTES, "the mark at which a batch ends is at twice as much"
        done, crossings = done + batch.count, crossings + 1
    assert crossings == -(-len(payloads) // (BATCH_BYTES // (size + 20)))


def test_a_million_empty_payloads_are_answered_in_order(echo: Plugin) -> None:
    outputs = echo.call_many("process", [b""] * 999_999 + [b"last"])
    assert len(outputs) == 1_000_000
    assert outputs[-1] == b"last"
    assert not any(outputs[:-1])
