from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import ConfigInvalid
from plugbay_adapters.extism.config import config_texts

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
).filter(lambda value: not isinstance(value, str))


@given(st.dictionaries(st.text(), st.text()))
def test_texts_stay_as_they_are(config: dict[str, str]) -> None:
    assert config_texts(config) == config


@given(st.dictionaries(st.text(), PLAIN))
def test_other_values_become_json(config: dict[str, Any]) -> None:
    assert {key: json.loads(text) for key, text in config_texts(config).items()} == config


@pytest.mark.parametrize("config", [{1: "x"}, {None: "x"}, {b"x": "x"}, {"\udc00": "x"}])
def test_a_key_that_is_no_text_is_refused(config: dict[Any, Any]) -> None:
    with pytest.raises(ConfigInvalid, match="key"):
        config_texts(config)


def loop() -> list[Any]:
    inner: list[Any] = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize("value", [object(), b"x", float("nan"), float("inf"), "\udc00", ["\udc00"], loop()])
def test_a_value_without_json_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(ConfigInvalid, match="'the key'") as caught:
        config_texts({"the key": value})
    assert caught.value.function == "the key"
