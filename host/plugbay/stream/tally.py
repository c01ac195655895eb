"""The running counts of a stream."""

from __future__ import annotations

from collections import Counter
from time import perf_counter

from plugbay.message.message import PORT_OUT
from plugbay.outcome import Disposition, Outcome
from plugbay.stream.summary import Histogram, StreamSummary


class Tally:
    """Counts while the stream runs; :meth:`summary` may be asked at any time."""

    def __init__(self) -> None:
        self.bytes_in = 0
        self.bytes_out = 0
        self.read = 0
        self.out = 0
        self.invalid = 0
        self.read_seconds = 0.0
        self.write_seconds = 0.0
        self.plugin_seconds = 0.0
        self.ended = "end"
        self._dispositions: Counter[Disposition] = Counter()
        self._ports: Counter[str] = Counter()
        self._logs: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._fuel: int | None = None
        self._latency = Histogram()
        self._started = perf_counter()

    def plain(self, count: int, seconds: float) -> None:
        """Count messages that led to one message each, in ``seconds`` together."""
        if count:
            self._dispositions[Disposition.OK] += count
            self.out += count
            self._ports[PORT_OUT] += count
            self._latency.add(seconds / count, count)

    def outcome(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self._dispositions[outcome.disposition] += 1
        self.out += len(outcome.messages)
        self._ports.update(port for port, _ in outcome.messages)
        self._logs.update(str(record.level) for record in outcome.logs)
        self._latency.add(outcome.seconds)
        if outcome.fuel is not None:
            self._fuel = (self._fuel or 0) + outcome.fuel
        if outcome.error is not None:
            self._errors[outcome.error.code] += 1

    def bad(self, code: str) -> None:
        """Count input that was no message."""
        self.invalid += 1
        self._errors[code] += 1

    def summary(self) -> StreamSummary:
        """The counts so far."""
        return StreamSummary(
            read=self.read,
            out=self.out,
            passed=self._dispositions[Disposition.OK],
            dropped=self._dispositions[Disposition.DROP],
            rejected=self._dispositions[Disposition.REJECT],
            failed=self._dispositions[Disposition.ERROR],
            invalid=self.invalid,
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            seconds=perf_counter() - self._started,
            plugin_seconds=self.plugin_seconds,
            read_seconds=self.read_seconds,
            write_seconds=self.write_seconds,
            p50_us=self._latency.percentile(0.50) * 1e6,
            p99_us=self._latency.percentile(0.99) * 1e6,
            fuel=self._fuel,
            ports=tuple(self._ports.most_common()),
            logs=tuple(self._logs.most_common()),
            errors=tuple(self._errors.most_common()),
            ended=self.ended,
        )
