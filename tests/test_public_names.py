from __future__ import annotations

import inspect
from types import ModuleType

import pytest

import plugbay
from plugbay import errors


def test_the_public_door_is_sorted_and_complete() -> None:
    names = [
        name
        for name, value in vars(plugbay).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    ]
    assert plugbay.__all__ == sorted(names)


@pytest.mark.parametrize("name", plugbay.__all__)
def test_every_public_name_says_what_it_is_for(name: str) -> None:
    value = getattr(plugbay, name)
    assert inspect.getdoc(value)
    for member, function in inspect.getmembers(value, inspect.isfunction):
        if not member.startswith("_") and function.__module__.startswith("plugbay"):
            assert inspect.getdoc(function), f"{name}.{member} has no docstring"


def test_errors_live_in_one_module() -> None:
    assert all(
        value.__module__ == errors.__name__
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    )
