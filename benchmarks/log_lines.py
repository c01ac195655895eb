"""What one log line of a guest costs."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from guests import LOG_TEXT, logging_gear
from peers import OrdinaryGear
from results import Section, Target, microseconds, ratio
from timing import Peer, Timing, compare

from plugbay import Host, LogLevel, Message

if TYPE_CHECKING:
    from effort import Effort

LINES: Final = 400
TIMED: Final = (
    f"The marginal cost of a log line of {len(LOG_TEXT)} bytes: a gear that logs {LINES} of them per message "
    f"against the same gear that logs none, divided by {LINES}. plugbay: Plugin.process of a small Message, the "
    "lines read as LogRecords (level, decoded text) in outcome.logs; and Plugin.call with Python's logging at its "
    "default level, so that the lines are read and then dropped. wasmtime-py: an ordinary callback that reads and "
    "decodes the text and appends (level, text) to a list."
)
_WAYS: Final = ("process, outcome.logs", "call, logging off", "wasmtime-py callback")


def measure(effort: Effort) -> Section:
    """The three ways, each with and without lines, in turns."""
    message = Message.new(data={"amount": 1299})
    payload = message.to_cbor()
    with (
        Host() as host,
        host.load(logging_gear(LINES), name="loud") as loud,
        host.load(logging_gear(0), name="silent") as silent,
        OrdinaryGear(logging_gear(LINES)) as loud_peer,
        OrdinaryGear(logging_gear(0)) as silent_peer,
    ):
        first = loud.process(message).logs[0]
        assert (first.level, first.text) == (LogLevel.INFO, LOG_TEXT)
        assert loud_peer.call_and_take_lines(payload) == [(2, LOG_TEXT)] * LINES == [(2, first.text)] * LINES
        timings = compare(
            [
                Peer("process, silent", lambda: silent.process(message).logs),
                Peer("process, loud", lambda: loud.process(message).logs),
                Peer("call, silent", lambda: silent.call("process", payload)),
                Peer("call, loud", lambda: loud.call("process", payload)),
                Peer("wasmtime-py, silent", lambda: silent_peer.call_and_take_lines(payload)),
                Peer("wasmtime-py, loud", lambda: loud_peer.call_and_take_lines(payload)),
            ],
            rounds=effort.rounds,
            slice_seconds=effort.slice_seconds,
        )
    return _section([_marginal(name, *timings[2 * index : 2 * index + 2]) for index, name in enumerate(_WAYS)])


def _section(lines: list[Timing]) -> Section:
    process, _, callback = lines
    return Section(
        "log_lines",
        "A log line",
        TIMED,
        ("way", "a line", "against wasmtime-py"),
        [[line.name, microseconds(line.us), _against(callback, line)] for line in lines],
        [Target("a log line as a share of wasmtime-py's callback", 0.1, 1 / process.times(callback), "", at_most=True)],
        {line.name: line.us for line in lines},
    )


def _against(callback: Timing, line: Timing) -> str:
    return ratio(line.times(callback), line.times_spread(callback))


def _marginal(name: str, silent: Timing, loud: Timing) -> Timing:
    """The difference per line; one median stands for the silent runs, since it is small beside the loud ones."""
    base = median(silent.rounds)
    return Timing(name, tuple((figure - base) / LINES for figure in loud.rounds))
