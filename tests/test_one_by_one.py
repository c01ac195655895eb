from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from plugbay.errors import GuestError, PlugbayError, StateConflict
from plugbay.one_by_one import calls_one_by_one, lost_a_race, one_by_one
from plugbay.outcome import Disposition, Outcome

if TYPE_CHECKING:
    from plugbay.contracts import GuestInstance

CONFLICT = StateConflict("another message was first")
FAILURE = GuestError("no")


class Scripted:
    """Answers each payload with itself, or as it is told to."""

    poisoned = False

    def call(self, function: str, payload: bytes) -> bytes:
        match payload:
            case b"fail":
                raise FAILURE
            case b"race":
                raise CONFLICT
            case b"poison":
                self.poisoned = True
            case b"bug":
                raise RuntimeError("a bug")
            case _:
                pass
        return payload


@pytest.fixture
def instance() -> GuestInstance:
    return cast("GuestInstance", Scripted())


@pytest.mark.parametrize(
    ("payloads", "results"),
    [
        ([], []),
        ([b"a", b"b"], [b"a", b"b"]),
        ([b"fail", b"b"], [FAILURE, b"b"]),
        ([b"a", b"race", b"b"], [b"a", CONFLICT]),
        ([b"a", b"poison", b"b"], [b"a", b"poison"]),
    ],
)
def test_calls_run_in_order_until_the_host_has_to_go_on(
    instance: GuestInstance, payloads: list[bytes], results: list[bytes | PlugbayError]
) -> None:
    assert calls_one_by_one(instance, "f", payloads) == results


def test_outcomes_are_judged_by_their_errors(instance: GuestInstance) -> None:
    outcomes = [Outcome(Disposition.ERROR, error=error) for error in (FAILURE, CONFLICT, FAILURE)]
    assert one_by_one(instance, outcomes, lambda outcome: outcome) == outcomes[:2]
    assert [lost_a_race(outcome) for outcome in outcomes] == [False, True, False]


def test_a_bug_is_no_result(instance: GuestInstance) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        calls_one_by_one(instance, "f", [b"bug"])
