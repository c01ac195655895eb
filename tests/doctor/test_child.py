"""A forked child does its work and answers, or is dealt with."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from plugbay.doctor.child import ChildFailed, in_forked_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")


def test_the_work_is_done_in_a_child() -> None:
    assert in_forked_child(os.getppid, seconds=10) == os.getpid()


def test_an_answer_may_be_larger_than_a_pipe_holds() -> None:
    assert in_forked_child(lambda: "x" * 3_000_000, seconds=10) == "x" * 3_000_000


def test_a_child_that_hangs_is_killed() -> None:
    with pytest.raises(ChildFailed, match="a forked child hung"):
        in_forked_child(lambda: time.sleep(60), seconds=0.05)


def test_a_child_that_raises_says_what() -> None:
    with pytest.raises(ChildFailed, match="ZeroDivisionError: "):
        in_forked_child(lambda: 1 // 0, seconds=10)


def test_a_child_that_crashes_says_how() -> None:
    with pytest.raises(ChildFailed) as failed:
        in_forked_child(lambda: os.kill(os.getpid(), signal.SIGKILL), seconds=10)
    assert failed.value.found == -signal.SIGKILL


def test_a_child_that_leaves_without_a_word_is_a_failure() -> None:
    with pytest.raises(ChildFailed, match="without an answer"):
        in_forked_child(lambda: os._exit(0), seconds=10)


def test_a_child_runs_none_of_its_parents_clean_up() -> None:
    with pytest.raises(ChildFailed, match=r"without an answer .*0"):
        in_forked_child(lambda: sys.exit(3), seconds=10)
