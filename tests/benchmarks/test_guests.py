"""The Extism guests that are measured do what their README says, on libextism."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import extism  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs] # it has no types
import pytest

GUESTS: Final = Path(__file__).parents[2] / "benchmarks" / "guests"

_SDK: Any = extism


def plugin(name: str, **config: str) -> Any:
    return _SDK.Plugin({"wasm": [{"data": (GUESTS / name).read_bytes()}], "config": config}, functions=[])


@pytest.mark.parametrize("data", [b"", b"\x00\xff", bytes(range(256)) * 41])
def test_echo_returns_its_input(data: bytes) -> None:
    assert plugin("echo.wasm").call("echo", data) == data


def test_config_var_counts_in_its_step() -> None:
    guest = plugin("config_var.wasm", step="5")
    assert [guest.call("count", b"") for _ in range(3)] == [b"5", b"10", b"15"]
    assert plugin("config_var.wasm").call("count", b"") == b"1"


def test_config_var_refuses_a_step_that_is_no_number() -> None:
    with pytest.raises(_SDK.Error, match="invalid digit"):
        plugin("config_var.wasm", step="five").call("count", b"")
