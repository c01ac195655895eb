"""Streams between files or the standard streams: what ``plugbay run`` does."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from plugbay.errors import StreamUnusable
from plugbay.stream.formats import CborReader, NdjsonReader, Reader, StreamFormat
from plugbay.stream.interrupt import Interrupt
from plugbay.stream.runner import StreamRun, run_stream
from plugbay.stream.sink import STANDARD, STANDARD_ERROR, STANDARD_INPUT, STANDARD_OUTPUT, Sink, open_source

if TYPE_CHECKING:
    from plugbay.host import Host
    from plugbay.outcome import LogRecord
    from plugbay.plugin import Plugin
    from plugbay.stream.summary import StreamSummary

LONGEST_ITEM_BYTES: Final = 16 * 1024 * 1024
"""Bytes of a line or CBOR item that are kept, or the plugin's ``input_bytes`` if that is more: enough for any message
that the bus takes, however it is escaped. What is shorter is a message, and the plugin's own limit judges it."""


@dataclass(frozen=True, slots=True)
class StreamFiles:
    """Where a stream comes from and goes to; ``-`` is standard input or output. Formats are guessed where None:

    the input's by its name's ending, else by its first byte; the output's by its ending, else NDJSON on a terminal and
    the input's format elsewhere. ``failures`` and ``logs`` are paths of NDJSON files; ``-`` is standard error for them.
    """

    source: str = STANDARD
    sink: str = STANDARD
    source_format: StreamFormat | None = None
    sink_format: StreamFormat | None = None
    failures: str | None = None
    logs: str | None = None


def stream_files(
    host: Host,
    plugin: Plugin,
    files: StreamFiles,
    *,
    port: str = "in",
    workers: int = 1,
    on_progress: Callable[[StreamSummary], None] | None = None,
) -> StreamSummary:
    """Run the stream.

    Ctrl-C ends it after the batch that it is in; what is written are whole messages always. A second Ctrl-C stops at
    once, and closes the plugin if several workers run.

    Raises :class:`StreamUnusable` for a file that can't be opened, or written, or one that would be used twice.
    """
    with ExitStack() as stack:
        source = stack.enter_context(open_source(files.source))
        _require_apart(files, source)
        sink = stack.enter_context(Sink(files.sink))
        failures, logs = (
            stack.enter_context(Sink(path, standard=STANDARD_ERROR)) if path is not None else None
            for path in (files.failures, files.logs)
        )
        interrupt = stack.enter_context(Interrupt())
        chunks = interrupt.chunks(source)
        first = next(filter(None, chunks), b"")
        source_format = files.source_format or StreamFormat.of_path(files.source) or StreamFormat.of_bytes(first)
        reader = _reader(source_format, host, plugin)
        stack.callback(reader.close)
        run = StreamRun(
            plugin,
            port,
            files.sink_format or StreamFormat.of_path(files.sink) or _natural_format(source_format, sink),
            workers,
            failures.write if failures is not None else None,
            _log_writer(logs),
            on_progress,
            interrupt.is_requested,
            partial(plugin.close, drain=False),
        )
        return run_stream(run, chain((first,), chunks), reader, sink.write)


def size_of(path: str) -> int | None:
    """Bytes of a regular file; None for anything whose length is not known."""
    try:
        facts = Path(path).stat() if path != STANDARD else os.fstat(STANDARD_INPUT)
    except (OSError, ValueError):
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


def _reader(source_format: StreamFormat, host: Host, plugin: Plugin) -> Reader:
    most = max(plugin.limits.input_bytes, LONGEST_ITEM_BYTES)
    if source_format is StreamFormat.CBOR:
        return CborReader(host.new_scanner(), max_bytes=most)
    return NdjsonReader(max_bytes=most)


def _natural_format(source_format: StreamFormat, sink: Sink) -> StreamFormat:
    return StreamFormat.NDJSON if sink.is_terminal else source_format


def _log_writer(sink: Sink | None) -> Callable[[int, LogRecord], None] | None:
    if sink is None:
        return None

    def write(number: int, record: LogRecord) -> None:
        facts = {"line": number, "level": str(record.level), "text": record.text}
        sink.write(orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE))

    return write


def _require_apart(files: StreamFiles, source: int) -> None:
    """Refuse a file that would be read and written at once, or written twice."""
    seen: set[object] = {_identity(source)} - {None}
    if files.sink == STANDARD:
        _require_new(seen, STANDARD_OUTPUT, "standard output")
    for path in (files.sink, files.failures, files.logs):
        if path is not None and path != STANDARD:
            _require_new(seen, path, path)


def _require_new(seen: set[object], file: str | int, name: str) -> None:
    identity = _identity(file)
    if identity in seen:
        raise StreamUnusable(
            f"{name} is used twice in one run",
            found=name,
            hint="give input, output, failures and logs files of their own",
        )
    if identity is not None:
        seen.add(identity)


def _identity(file: str | int) -> object:
    """What is the same for two names of one regular file; None for a pipe or a device, which may be used twice."""
    try:
        facts = os.stat(file)  # noqa: PTH116 # a descriptor too
    except OSError:
        return os.path.realpath(file) if isinstance(file, str) else None
    return (facts.st_dev, facts.st_ino) if stat.S_ISREG(facts.st_mode) else None
