from __future__ import annotations

import copy
import inspect
import json
import pickle
import re

import pytest

from plugbay import errors
from plugbay.errors import (
    BatchError,
    ConfigInvalid,
    GuestExit,
    GuestTrap,
    InvalidBinary,
    PlugbayError,
    TooManyMessages,
    TrapFrame,
)

_DRAWN = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z]\w+)(?: +\((?P<builtin>\w+)\))?")


def every_error() -> list[type[PlugbayError]]:
    found: list[type[PlugbayError]] = [PlugbayError]
    for error in found:
        found.extend(sorted(error.__subclasses__(), key=lambda kind: kind.__name__))
    return [error for error in found if error.__module__ == errors.__name__]


def drawn() -> dict[str, tuple[str | None, str | None]]:
    """Name to (parent, builtin base) as the drawing at the top of errors.py has them."""
    tree: dict[str, tuple[str | None, str | None]] = {}
    above: list[tuple[int, str]] = []
    lines = (inspect.getdoc(errors) or "").splitlines()
    start = next(index for index, line in enumerate(lines) if line.strip() == "PlugbayError")
    for line in lines[start:]:
        match = _DRAWN.match(line)
        if match is None:
            break
        depth = len(match["indent"])
        while above and above[-1][0] >= depth:
            above.pop()
        tree[match["name"]] = (above[-1][1] if above else None, match["builtin"])
        above.append((depth, match["name"]))
    return tree


def real() -> dict[str, tuple[str | None, str | None]]:
    tree: dict[str, tuple[str | None, str | None]] = {}
    for error in every_error():
        parents = [base for base in error.__bases__ if issubclass(base, PlugbayError)]
        builtins = [base.__name__ for base in error.__bases__ if not issubclass(base, PlugbayError)]
        tree[error.__name__] = (
            parents[0].__name__ if parents else None,
            builtins[0] if builtins and builtins[0] != "Exception" else None,
        )
    return tree


def test_the_drawing_is_the_tree() -> None:
    assert drawn() == real()


def test_every_error_has_a_code_of_its_own_in_kebab_case() -> None:
    codes = {error: error.__dict__["code"] for error in every_error()}
    assert len(set(codes.values())) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes.values())


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_is_documented(error: type[PlugbayError]) -> None:
    assert error.__doc__


def test_facts_are_attributes_and_plain_values() -> None:
    error = ConfigInvalid("no", plugin="p", function="f", limit="l", expected=(1, 2), found=b"x", hint="h")
    assert (error.plugin, error.function, error.limit, error.expected, error.found, error.hint) == (
        "p", "f", "l", (1, 2), b"x", "h",
    )  # fmt: skip
    facts = error.to_dict()
    assert json.loads(json.dumps(facts)) == facts
    assert facts == {
        "code": "config-invalid",
        "reason": "no",
        "plugin": "p",
        "function": "f",
        "limit": "l",
        "expected": "(1, 2)",
        "found": "b'x'",
        "hint": "h",
    }
    assert PlugbayError("no").to_dict() == {"code": "plugbay-error", "reason": "no"}


def test_an_error_is_printed_with_its_subject_and_the_way_out() -> None:
    assert str(PlugbayError("no")) == "no"
    assert str(PlugbayError("no", plugin="gear", hint="try again")) == "gear: no\n  hint: try again"


def test_a_trap_is_printed_with_the_innermost_frames() -> None:
    frames = [TrapFrame(f"f{number}", number) for number in range(20)]
    error = GuestTrap("trapped", trap="unreachable", frames=frames)
    assert str(error).splitlines() == ["trapped", *(f"  at f{number} @ {number:#x}" for number in range(8))]
    assert error.to_dict()["frames"] == [str(frame) for frame in frames]


def test_an_exit_has_its_code() -> None:
    assert GuestExit("left", exit_code=3).exit_code == 3
    assert GuestExit("left", exit_code=3).trap == "exit"


def test_an_invalid_binary_may_say_where() -> None:
    assert InvalidBinary("bad", offset=8).offset == 8


def test_a_batch_error_counts_what_failed() -> None:
    failure = PlugbayError("no")
    error = BatchError([b"a", failure, failure], plugin="gear")
    assert error.results == [b"a", failure, failure]
    assert str(error).startswith("gear: 2 of 3 messages failed; the first: no")


@pytest.mark.parametrize(
    "error",
    [
        ConfigInvalid("no", plugin="p", limit="l", expected=1, found=2, hint="h"),
        GuestTrap("trapped", trap="unreachable", frames=[TrapFrame("f", 1)], plugin="p"),
        GuestExit("left", exit_code=3, plugin="p"),
        InvalidBinary("bad", offset=8, plugin="p"),
        BatchError([b"a", PlugbayError("no")], plugin="p"),
        TooManyMessages.over("p", 3),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("way", ["copy", "pickle"])
def test_errors_cross_process_borders(error: PlugbayError, way: str) -> None:
    again = copy.copy(error) if way == "copy" else pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.to_dict() == error.to_dict()
