from __future__ import annotations

import inspect
import math
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from plugbay import Limits
from plugbay.errors import ConfigInvalid

NAMES = [field.name for field in fields(Limits)]


def test_the_defaults_are_within_their_own_ranges() -> None:
    assert Limits() == Limits(**{name: getattr(Limits(), name) for name in NAMES})


def test_everything_out_of_range_is_named_at_once() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        Limits(deadline=0, memory_pages=65_537, instances=0, fuel=-1)
    for name in ("deadline=0", "memory_pages=65537", "instances=0", "fuel=-1"):
        assert name in caught.value.reason
    assert caught.value.limit == "deadline"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["1", None, True, -1, math.nan, math.inf, 2**80, b"1", [1]])
def test_nonsense_is_refused_in_every_field(name: str, value: Any) -> None:
    if (name, value) == ("fuel", None):
        assert Limits(fuel=None).fuel is None
        return
    with pytest.raises(ConfigInvalid, match=name):
        Limits(**{name: value})


@pytest.mark.parametrize("name", [name for name in NAMES if name != "deadline"])
def test_only_the_deadline_takes_fractions(name: str) -> None:
    with pytest.raises(ConfigInvalid, match=name):
        Limits(**{name: 20_000.5})  # type: ignore[arg-type] # on purpose
    assert Limits(deadline=0.5).deadline == 0.5
    assert Limits(deadline=2).deadline == 2


def test_changes_make_new_limits_and_are_judged() -> None:
    before = Limits()
    after = before.with_changes(deadline=5, fuel=1000)
    assert (after.deadline, after.fuel) == (5, 1000)
    assert before == Limits()
    with pytest.raises(ConfigInvalid, match="no such limit: dead_line, fule") as caught:
        before.with_changes(fule=1, dead_line=2)
    assert "deadline" in (caught.value.hint or "")
    with pytest.raises(ConfigInvalid, match="deadline"):
        before.with_changes(deadline=-1)


def test_limits_are_values() -> None:
    limits = Limits(deadline=2)
    assert hash(limits) == hash(Limits(deadline=2))
    with pytest.raises(FrozenInstanceError):
        limits.deadline = 3  # type: ignore[misc] # on purpose


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_is_documented_where_it_stands(name: str) -> None:
    source = inspect.getsource(Limits).splitlines()
    at = next(index for index, line in enumerate(source) if line.strip().startswith(f"{name}:"))
    assert source[at + 1].strip().startswith('"""')
