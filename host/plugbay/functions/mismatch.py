"""A value that is not what was declared; host functions turn it into an error that names function and parameter."""

from __future__ import annotations

from typing import Final, Self

_CHARACTERS: Final = 300
"""Characters of a problem that are told; guests choose the keys."""
_JSON_NAMES: Final = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}


class Mismatch(Exception):
    """``problem`` is half a sentence, ``path`` the keys and indexes that lead to the value, outermost first."""

    def __init__(self, problem: str, *path: str | int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = list(path)

    def __str__(self) -> str:
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        text = f"{steps.removeprefix('.')}: {self.problem}" if steps else self.problem
        return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}…"

    def inside(self, step: str | int) -> Self:
        """The same, seen from the container that has the value at ``step``."""
        self.path.insert(0, step)
        return self


def unexpected(value: object, expected: type) -> Mismatch:
    """A JSON value of another type than expected."""
    return Mismatch(f"{json_name(type(value))} where {json_name(expected)} is expected")


def json_name(kind: type) -> str:
    """What JSON calls a Python type, with its article."""
    return _JSON_NAMES.get(kind, kind.__name__)
