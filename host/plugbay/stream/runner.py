"""Runs a stream through a plugin: read, process in batches, write in order, count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from plugbay.errors import InvalidMessage, InvalidOutput, StreamUnusable
from plugbay.message import Message
from plugbay.outcome import Disposition, Outcome
from plugbay.stream.failures import bad_line, failure_line, is_failure
from plugbay.stream.formats import BadItem, Portion, Reader, StreamFormat, encoder, sent_encoder
from plugbay.stream.tally import Tally
from plugbay.stream.workers import Workers

if TYPE_CHECKING:
    from plugbay.outcome import LogRecord
    from plugbay.plugin import Plugin
    from plugbay.stream.summary import StreamSummary

BATCH_SECONDS: Final = 0.05
"""Batches are sized to take about this long, so that progress and Ctrl-C are never far away."""
_FIRST_BATCH: Final = 1
_LARGEST_BATCH: Final = 8192

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class StreamRun:
    """How a stream is run.

    ``workers`` batches are in the plugin at once (as many instances must be there); the output keeps the input's order
    all the same. ``on_failure`` gets the lines of :mod:`plugbay.stream.failures`, ``on_log`` the log lines with the
    number of the message, ``on_progress`` the summary so far after each batch. ``stopped`` is asked before each batch;
    True ends the stream there, and nothing is made of input that was cut off by it. ``interrupt`` is called when a
    KeyboardInterrupt comes while several workers run; without it, what runs in them is waited for.
    """

    plugin: Plugin
    port: str = "in"
    output_format: StreamFormat = StreamFormat.NDJSON
    workers: int = 1
    on_failure: Write | None = None
    on_log: Callable[[int, LogRecord], None] | None = None
    on_progress: Callable[[StreamSummary], None] | None = None
    stopped: Callable[[], bool] | None = None
    interrupt: Callable[[], None] | None = None


class _Batch(NamedTuple):
    payloads: Sequence[bytes]
    numbers: Sequence[int]
    bad: Sequence[BadItem]


class _Done(NamedTuple):
    batch: _Batch
    results: Sequence[bytes | Outcome]
    seconds: float


def run_stream(run: StreamRun, chunks: Iterable[bytes], reader: Reader, write: Write) -> StreamSummary:
    """Read ``chunks`` to their end, or until nothing more can be read, and write what the plugin makes of them.

    An empty chunk says that the next one may be long in coming: what is in work is written before it is asked for.
    A message that fails is counted and handed to ``on_failure``; the others are neither lost nor reordered. A
    BrokenPipeError of ``write`` and a KeyboardInterrupt end the stream, and the summary says so; a
    :class:`StreamUnusable` of ``write`` is raised, with the number of the first line or item whose results are missing.
    Memory does not grow with the stream.
    """
    runner = _Runner(run, write)
    try:
        runner.go_through(chunks, reader)
    except BrokenPipeError:
        runner.tally.ended = "output closed"
    except KeyboardInterrupt:
        runner.tally.ended = "interrupted"
    return runner.tally.summary()


class _Runner:
    def __init__(self, run: StreamRun, write: Write) -> None:
        self.tally = Tally()
        self._run = run
        self._write = write
        self._encode = encoder(run.output_format)
        self._encode_sent = sent_encoder(run.output_format)
        self._size = _FIRST_BATCH

    def go_through(self, chunks: Iterable[bytes], reader: Reader) -> None:
        if self._run.workers == 1:
            for batch in self._batches(chunks, reader):
                self._finish(self._process(batch))
            return
        with Workers(self._run.workers, self._process, interrupt=self._run.interrupt) as workers:
            for batch in self._batches(chunks, reader):
                workers.start(batch)
                for done in workers.take(leave=self._run.workers if batch.payloads or batch.bad else 0):
                    self._finish(done)
            for done in workers.take(leave=0):
                self._finish(done)

    def _batches(self, chunks: Iterable[bytes], reader: Reader) -> Iterator[_Batch]:
        """Batches in order; an empty one is a pause of the input."""
        for chunk in chunks:
            if chunk:
                self.tally.bytes_in += len(chunk)
                yield from self._read(reader, chunk)
            else:
                yield _Batch((), (), ())
            if self.tally.ended != "end":
                return
        yield from self._read(reader, b"")

    def _read(self, reader: Reader, chunk: bytes) -> Iterator[_Batch]:
        portions = reader.feed(chunk)
        while not self._is_stopped():
            started = perf_counter()
            portion = next(portions, None)
            self.tally.read_seconds += perf_counter() - started
            if portion is None:
                break
            for batch in self._split(portion):
                if self._is_stopped():
                    return
                yield batch
        if reader.broken:
            self.tally.ended = "input broken"

    def _is_stopped(self) -> bool:
        if self._run.stopped is None or not self._run.stopped():
            return False
        self.tally.ended = "interrupted"
        return True

    def _split(self, portion: Portion) -> Iterator[_Batch]:
        bad = list(portion.bad)
        start = 0
        while start < len(portion.payloads):
            end = start + self._size
            numbers = portion.numbers[start:end]
            before = [item for item in bad if item.number < numbers[-1]] if bad else []
            bad = bad[len(before) :]
            yield _Batch(portion.payloads[start:end], numbers, before)
            start = end
        if bad:
            yield _Batch((), (), bad)

    def _process(self, batch: _Batch) -> _Done:
        started = perf_counter()
        plugin, port = self._run.plugin, self._run.port
        results: Sequence[bytes | Outcome] | None = plugin.process_encoded(batch.payloads, port)
        if results is None:
            results = plugin.process_many([Message.from_cbor(payload) for payload in batch.payloads], port)
        return _Done(batch, results, perf_counter() - started)

    def _finish(self, done: _Done) -> None:
        """Count, write and report one batch; batches come here in order."""
        batch, results, seconds = done
        self._resize(len(results), seconds)
        self.tally.plugin_seconds += seconds
        self.tally.read += len(results)
        started = perf_counter()
        encoded = [result for result in results if isinstance(result, bytes)]
        self.tally.plain(len(encoded), seconds * len(encoded) / max(1, len(results)))
        if len(encoded) == len(results):
            output = b"".join(map(self._encode, encoded))
        else:
            results, outputs = zip(*map(self._settled, results), strict=True)
            output = b"".join(outputs)
        if output:
            self._write_results(output, batch.numbers[0])
        self.tally.bytes_out += len(output)
        self._report(batch, results)
        self.tally.write_seconds += perf_counter() - started
        if self._run.on_progress is not None:
            self._run.on_progress(self.tally.summary())

    def _write_results(self, output: bytes, number: int) -> None:
        try:
            self._write(output)
        except StreamUnusable as error:
            reason = f"{error.reason}; it ends before the results of line or item {number:,}"
            raise StreamUnusable(reason, found=error.found, hint=error.hint) from error

    def _settled(self, result: bytes | Outcome) -> tuple[bytes | Outcome, bytes]:
        """A result and its bytes in the output; one with a message that no stream can hold has failed, alone."""
        if isinstance(result, bytes):
            return result, self._encode(result)
        try:
            output = b"".join(self._encode_sent(port, message) for port, message in result.messages)
        except InvalidMessage as error:
            failure = InvalidOutput(f"what it sent is no message: {error.reason}", plugin=self._run.plugin.name)
            result, output = replace(result, disposition=Disposition.ERROR, messages=(), error=failure), b""
        self.tally.outcome(result)
        return result, output

    def _report(self, batch: _Batch, results: Sequence[bytes | Outcome]) -> None:
        lines = [(item.number, bad_line(item)) for item in batch.bad]
        for item in batch.bad:
            self.tally.bad(item.error.code)
        for number, payload, result in zip(batch.numbers, batch.payloads, results, strict=True):
            if isinstance(result, bytes):
                continue
            if is_failure(result):
                lines.append((number, failure_line(number, payload, result)))
            if self._run.on_log is not None:
                for record in result.logs:
                    self._run.on_log(number, record)
        if lines and self._run.on_failure is not None:
            self._run.on_failure(b"".join(line for _, line in sorted(lines)))

    def _resize(self, count: int, seconds: float) -> None:
        if seconds > 2 * BATCH_SECONDS:
            self._size = max(1, int(count * BATCH_SECONDS / seconds))
        elif seconds < BATCH_SECONDS and count >= self._size:
            self._size = min(_LARGEST_BATCH, self._size * 2)
