from __future__ import annotations

import logging
import math
import time

import pytest

from plugbay.functions import FunctionCall
from plugbay.outcome import LogLevel


def test_a_call_tells_how_much_time_is_left() -> None:
    assert FunctionCall("gear").remaining() == math.inf
    assert FunctionCall("gear", deadline_at=time.monotonic() - 1).remaining() == 0
    assert 0 < FunctionCall("gear", deadline_at=time.monotonic() + 60).remaining() <= 60


def test_lines_go_to_the_log_of_the_guest(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "plugbay.guest")
    call = FunctionCall("gear")
    call.log("info", "100 %s")
    call.log(LogLevel.ERROR, "no")
    assert caplog.record_tuples == [
        ("plugbay.guest.gear", logging.INFO, "100 %s"),
        ("plugbay.guest.gear", logging.ERROR, "no"),
    ]


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="loud"):
        FunctionCall("gear").log("loud", "x")
