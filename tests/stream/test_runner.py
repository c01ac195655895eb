"""Streams through a gear that passes, drops, rejects, doubles, fails and traps: everything lines up with a model."""

from __future__ import annotations

import dataclasses
import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugbay import Host, Limits, Message, Permissions, Plugin
from plugbay.message.ndjson import to_line
from plugbay.message.scanner import Scanner
from plugbay.outcome import Disposition, LogRecord, Outcome
from plugbay.stream import CborReader, NdjsonReader, StreamFormat, StreamRun, StreamSummary, run_stream

MOST = 10_000
Saying = Callable[..., Message]
BAD_LINE = "bad"
WAYS = ["batches", "three workers", "fuel", "state", "no cbor"]


class Untyped:
    """A plugin of an ABI that does not speak fluxMsg: it has no encoded way."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def process_encoded(self, payloads: list[bytes], port: str) -> None:
        return None

    def process_many(self, messages: list[Message], port: str) -> list[Outcome]:
        return self._plugin.process_many(messages, port)


@pytest.fixture(scope="module")
def plugins(shared_host: Host, mixed_gear: bytes) -> dict[str, Plugin]:
    def load(name: str, **options: Any) -> Plugin:
        return shared_host.load(mixed_gear, name=name.replace(" ", "-"), **options)

    plain = load("batches")
    return {
        "batches": plain,
        "three workers": load("three workers", instances=3),
        "fuel": load("fuel", limits=Limits(fuel=1_000_000)),
        "state": load("state", permissions=Permissions(state=True)),
        "no cbor": cast("Plugin", Untyped(plain)),
    }


def expected(verbs: list[Any], saying: Saying) -> tuple[list[bytes], Counter[str], list[tuple[int, str]]]:
    """The model: the output, the counts, and line and error code of every failure."""
    output: list[bytes] = []
    counts: Counter[str] = Counter()
    failures: list[tuple[int, str]] = []
    codes = {"REJECT": "message-rejected", "TRAP": "guest-trap", "GARBAGE": "malformed-cbor"}
    dispositions = {"DROP": "dropped", "REJECT": "rejected", "TRAP": "failed", "GARBAGE": "failed"}
    for number, verb in enumerate(verbs, 1):
        if verb == BAD_LINE:
            counts["invalid"] += 1
            failures.append((number, "invalid-message"))
            continue
        counts[dispositions.get(verb.name, "passed")] += 1
        output += [to_line(saying(verb, number))] * verb.outputs
        if verb.name in codes:
            failures.append((number, codes[verb.name]))
    return output, counts, failures


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_nothing_is_lost_doubled_or_reordered(
    way: str, plugins: dict[str, Plugin], verbs: Any, saying: Saying, data: st.DataObject
) -> None:
    common = st.sampled_from([verbs.PASS, verbs.PASS, verbs.PASS, verbs.DROP, verbs.TWICE, verbs.LOG, verbs.EMIT])
    told = data.draw(st.lists(common | st.sampled_from([*verbs, BAD_LINE]), max_size=60))
    lines = [b"{\n" if verb == BAD_LINE else to_line(saying(verb, n)) for n, verb in enumerate(told, 1)]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(lines)), max_size=5)) | {0, len(lines)})
    chunks = [b"".join(lines[start:end]) for start, end in pairwise(cuts)]
    output, failures, logs = io.BytesIO(), io.BytesIO(), list[tuple[int, LogRecord]]()
    run = StreamRun(
        plugins[way],
        workers=3 if way == "three workers" else 1,
        on_failure=failures.write,
        on_log=lambda number, record: logs.append((number, record)),
    )
    summary = run_stream(run, chunks, NdjsonReader(max_bytes=MOST), output.write)

    wanted, counts, failed = expected(told, saying)
    assert output.getvalue() == b"".join(wanted)
    assert [
        (line["line"], line["error"]["code"]) for line in map(orjson.loads, failures.getvalue().splitlines())
    ] == failed
    assert [number for number, _ in logs] == [n for n, verb in enumerate(told, 1) if verb == verbs.LOG]
    names = ("passed", "dropped", "rejected", "failed", "invalid")
    assert {name: getattr(summary, name) for name in names} == {name: counts[name] for name in names}
    assert summary.read == len(told) - counts["invalid"]
    assert summary.out == len(wanted)
    assert summary.bytes_in == sum(map(len, lines))
    assert summary.bytes_out == len(output.getvalue())
    assert dict(summary.errors) == Counter(code for _, code in failed if code != "message-rejected")
    assert dict(summary.logs) == ({"warn": len(logs)} if logs else {})
    assert (summary.fuel is not None) == (way == "fuel" and bool(summary.read))
    assert summary.ended == "end"


def test_batches_grow_and_the_order_stays(plugins: dict[str, Plugin], verbs: Any, saying: Saying) -> None:
    stream = b"".join(saying(verbs.PASS, n).to_cbor() for n in range(20_000))
    for way, workers in (("batches", 1), ("three workers", 3)):
        output = io.BytesIO()
        run = StreamRun(plugins[way], output_format=StreamFormat.CBOR, workers=workers)
        with Scanner() as scanner:
            reader = CborReader(scanner, max_bytes=MOST)
            summary = run_stream(
                run, (stream[at : at + 777_777] for at in range(0, len(stream), 777_777)), reader, output.write
            )
        assert output.getvalue() == stream
        assert summary.read == summary.out == 20_000


def test_slow_messages_make_batches_small(saying: Saying, verbs: Any) -> None:
    sizes: list[int] = []

    class Slow:
        def process_encoded(self, payloads: list[bytes], port: str) -> list[bytes]:
            sizes.append(len(payloads))
            if len(payloads) > 4:
                threading.Event().wait(0.15)
            return payloads

    stream = b"".join(to_line(saying(verbs.PASS, n)) for n in range(40))
    output = io.BytesIO()
    run_stream(StreamRun(cast("Plugin", Slow())), [stream], NdjsonReader(max_bytes=MOST), output.write)
    assert output.getvalue() == stream
    assert sizes[:4] == [1, 2, 4, 8]
    assert sizes[4] < 8


def test_a_failure_keeps_its_message_and_logs(plugins: dict[str, Plugin], verbs: Any, saying: Saying) -> None:
    failures = io.BytesIO()
    stream = to_line(saying(verbs.REJECT, 5)) + b"oops\xff\n" + to_line(saying(verbs.TRAP, 6))
    run = StreamRun(plugins["batches"], on_failure=failures.write)
    run_stream(run, [stream], NdjsonReader(max_bytes=MOST), io.BytesIO().write)
    rejected, invalid, trapped = map(orjson.loads, failures.getvalue().splitlines())
    assert rejected["message"] == orjson.loads(to_line(saying(verbs.REJECT, 5)))
    assert (rejected["line"], rejected["error"]) == (1, {"code": "message-rejected", "reason": "too late"})
    assert (invalid["line"], invalid["message"], invalid["input"]) == (2, None, "oops�")
    assert invalid["error"]["reason"].startswith("line 2: ")
    assert (trapped["line"], trapped["message"]["data"]) == (3, {"n": 6})
    assert trapped["error"]["code"] == "guest-trap"


def test_malformed_cbor_ends_the_stream_after_what_was_whole(
    plugins: dict[str, Plugin], verbs: Any, saying: Saying, scanner: Scanner
) -> None:
    output = io.BytesIO()
    good = saying(verbs.PASS).to_cbor()
    run = StreamRun(plugins["batches"], output_format=StreamFormat.CBOR)
    summary = run_stream(run, [good + b"\xff" + good, good], CborReader(scanner, max_bytes=MOST), output.write)
    assert output.getvalue() == good
    assert (summary.ended, summary.read, summary.invalid, summary.good) == ("input broken", 1, 1, False)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_pause_of_the_input_holds_no_result_back(
    workers: int, plugins: dict[str, Plugin], verbs: Any, saying: Saying
) -> None:
    output = io.BytesIO()
    there: list[int] = []

    def chunks() -> Iterator[bytes]:
        for n in range(3):
            yield to_line(saying(verbs.PASS, n))
            yield b""
            there.append(output.getvalue().count(b"\n"))

    run = StreamRun(plugins["three workers"], workers=workers)
    run_stream(run, chunks(), NdjsonReader(max_bytes=MOST), output.write)
    assert there == [1, 2, 3]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_stop_ends_the_stream_between_two_batches(
    workers: int, plugins: dict[str, Plugin], verbs: Any, saying: Saying
) -> None:
    output = io.BytesIO()
    stream = b"".join(to_line(saying(verbs.PASS, n)) for n in range(5000)) + b'{"cut'
    run = StreamRun(plugins["three workers"], workers=workers, stopped=lambda: bool(output.getvalue()))
    summary = run_stream(run, [stream], NdjsonReader(max_bytes=MOST), output.write)
    assert summary.ended == "interrupted"
    assert 0 < summary.read < 100
    assert summary.out == summary.read
    assert summary.invalid == 0
    assert stream.startswith(output.getvalue())


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    ("error", "ended"), [(BrokenPipeError(), "output closed"), (KeyboardInterrupt(), "interrupted")]
)
def test_an_output_that_ends_ends_the_stream(
    workers: int, error: BaseException, ended: str, plugins: dict[str, Plugin], verbs: Any, saying: Saying
) -> None:
    written: list[bytes] = []

    def write(data: bytes) -> None:
        if written:
            raise error
        written.append(data)

    stream = b"".join(to_line(saying(verbs.PASS, n)) for n in range(500))
    summary = run_stream(
        StreamRun(plugins["three workers"], workers=workers), [stream], NdjsonReader(max_bytes=MOST), write
    )
    assert summary.ended == ended
    assert not summary.good
    assert stream.startswith(b"".join(written))


def test_other_errors_of_the_output_are_raised(plugins: dict[str, Plugin], verbs: Any, saying: Saying) -> None:
    def write(data: bytes) -> None:
        raise OSError("disk")

    for workers in (1, 3):
        with pytest.raises(OSError, match="disk"):
            run_stream(
                StreamRun(plugins["three workers"], workers=workers),
                [to_line(saying(verbs.PASS))],
                NdjsonReader(max_bytes=MOST),
                write,
            )


def test_progress_is_told_after_each_batch(plugins: dict[str, Plugin], verbs: Any, saying: Saying) -> None:
    told: list[StreamSummary] = []
    stream = [to_line(saying(verbs.PASS, n)) for n in range(4)]
    run = StreamRun(plugins["batches"], on_progress=told.append)
    summary = run_stream(run, stream, NdjsonReader(max_bytes=MOST), io.BytesIO().write)
    assert [so_far.read for so_far in told] == [1, 2, 3, 4]
    assert told[-1].out == summary.out
    assert summary.passed == 4


class Careless:
    """A plugin whose adapter hands out a message that no stream can hold, and the next one."""

    name = "careless"

    def process_encoded(self, payloads: list[bytes], port: str) -> None:
        return None

    def process_many(self, messages: list[Message], port: str) -> list[Outcome]:
        sent = [dataclasses.replace(message, data={"n": {1}}) if message.ts == 1 else message for message in messages]
        return [Outcome(Disposition.OK, (("count", message),)) for message in sent]


def test_a_message_that_no_stream_can_hold_fails_alone(verbs: Any, saying: Saying) -> None:
    output, failures = io.BytesIO(), io.BytesIO()
    stream = [b"".join(to_line(saying(verbs.PASS, n)) for n in range(3))]
    run = StreamRun(cast("Plugin", Careless()), on_failure=failures.write)
    summary = run_stream(run, stream, NdjsonReader(max_bytes=MOST), output.write)
    assert output.getvalue() == b"".join(to_line(saying(verbs.PASS, n), port="count") for n in (0, 2))
    assert (summary.failed, summary.ports) == (1, (("count", 2),))
    assert orjson.loads(failures.getvalue())["error"]["code"] == "invalid-output"
