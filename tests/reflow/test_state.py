from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import InvalidOutput
from plugbay_adapters.reflow.state import encode_state, read_state_value

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@given(data=st.data())
def test_a_value_of_the_guest_is_kept_exactly(plain_values: SearchStrategy[Any], data: st.DataObject) -> None:
    value = data.draw(plain_values)
    kept = read_state_value(orjson.dumps(value, option=orjson.OPT_INDENT_2), key="k")
    assert kept == orjson.dumps(value)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"NaN", b"18446744073709551616", b'{"a":[-9223372036854775809]}', b"[" * 300 + b"]" * 300]
)
def test_what_would_not_come_back_equal_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidOutput, match=r"^counter: state.total: expected JSON") as caught:
        read_state_value(text, key="total", plugin="counter")
    assert caught.value.function == "state.total"


def test_a_key_of_megabytes_is_not_told_whole() -> None:
    with pytest.raises(InvalidOutput) as caught:
        read_state_value(b"NaN", key="k" * 4_000_000)
    assert len(str(caught.value)) < 300


def test_a_state_is_encoded_key_by_key() -> None:
    assert encode_state({"count": 2**63 - 1, "names": ["a"]}) == {"count": b"9223372036854775807", "names": b'["a"]'}
