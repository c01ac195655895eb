"""Streams between files: formats, files used twice, limits of one message."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from plugbay import Host, Limits, Message
from plugbay.errors import ConfigInvalid, StreamUnusable
from plugbay.message.ndjson import to_line
from plugbay.stream import StreamFormat, StreamSummary
from plugbay.stream.files import StreamFiles, size_of, stream_files

Stream = Callable[..., StreamSummary]


@pytest.fixture
def stream(shared_host: Host, mixed_gear: bytes) -> Stream:
    """Runs files through the gear that does as it is told."""

    def run(source: Path | str, sink: Path | str = "-", *, limits: Limits | None = None, **more: Any) -> StreamSummary:
        paths: dict[str, Any] = {"source": str(source), "sink": str(sink), **more.pop("files", {})}
        files = StreamFiles(**paths)
        with shared_host.load(mixed_gear, limits=limits) as plugin:
            return stream_files(shared_host, plugin, files, **more)

    return run


@pytest.fixture
def lines(verbs: Any, saying: Callable[..., Message]) -> bytes:
    return b"".join(to_line(saying(verbs.PASS, n)) for n in range(20))


@pytest.fixture
def items(verbs: Any, saying: Callable[..., Message]) -> bytes:
    return b"".join(saying(verbs.PASS, n).to_cbor() for n in range(20))


@pytest.mark.parametrize(
    ("source", "sink", "made_of"),
    [
        ("in.ndjson", "out.cbor", ("lines", "items")), ("in.cbor", "out.jsonl", ("items", "lines")),
        ("in", "out", ("lines", "lines")), ("in", "out", ("items", "items")),
        ("in.json", "out.txt", ("lines", "lines")),
    ],
)  # fmt: skip
def test_formats_follow_endings_then_the_first_byte(
    source: str, sink: str, made_of: tuple[str, str], tmp_path: Path, stream: Stream, request: pytest.FixtureRequest
) -> None:
    before, after = map(request.getfixturevalue, made_of)
    (tmp_path / source).write_bytes(before)
    summary = stream(tmp_path / source, tmp_path / sink)
    assert (tmp_path / sink).read_bytes() == after
    assert (summary.read, summary.good) == (20, True)


def test_a_format_can_be_forced(tmp_path: Path, stream: Stream, items: bytes, lines: bytes) -> None:
    (tmp_path / "in.ndjson").write_bytes(items)
    files = {"source_format": StreamFormat.CBOR, "sink_format": StreamFormat.NDJSON}
    stream(tmp_path / "in.ndjson", tmp_path / "out.cbor", files=files)
    assert (tmp_path / "out.cbor").read_bytes() == lines


@pytest.mark.parametrize("nothing", [b"", b"\n\n \r\n"])
def test_nothing_in_is_nothing_out(nothing: bytes, tmp_path: Path, stream: Stream) -> None:
    (tmp_path / "in").write_bytes(nothing)
    summary = stream(tmp_path / "in", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b""
    assert (summary.read, summary.invalid, summary.good) == (0, 0, True)


def test_the_input_is_never_emptied_by_its_other_names(tmp_path: Path, stream: Stream, lines: bytes) -> None:
    source = tmp_path / "in.ndjson"
    source.write_bytes(lines)
    (tmp_path / "symlink").symlink_to(source)
    (tmp_path / "hardlink").hardlink_to(source)
    for same in (source, tmp_path / "symlink", tmp_path / "hardlink", tmp_path / "x" / ".." / "in.ndjson"):
        (tmp_path / "x").mkdir(exist_ok=True)
        for role in ("sink", "failures", "logs"):
            with pytest.raises(StreamUnusable, match="used twice"):
                stream(source, files={role: str(same)})
            assert source.read_bytes() == lines


def test_a_file_is_not_written_twice_even_if_it_is_new(tmp_path: Path, stream: Stream, lines: bytes) -> None:
    (tmp_path / "in").write_bytes(lines)
    new = tmp_path / "new"
    for roles in ({"failures": str(new)}, {"logs": str(new)}):
        with pytest.raises(StreamUnusable, match="used twice"):
            stream(tmp_path / "in", new, files=roles)
    assert not new.exists()


def test_a_device_may_be_used_twice(tmp_path: Path, stream: Stream) -> None:
    assert stream(os.devnull, os.devnull, files={"failures": os.devnull, "logs": os.devnull}).good


def test_an_unreadable_input_leaves_the_output_alone(tmp_path: Path, stream: Stream) -> None:
    (tmp_path / "out").write_bytes(b"precious")
    with pytest.raises(StreamUnusable):
        stream(tmp_path / "missing", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"precious"


def test_an_input_that_fails_while_read_is_unusable(tmp_path: Path, stream: Stream) -> None:
    with pytest.raises(StreamUnusable, match="the input can't be read: Input/output error"):
        stream("/proc/self/mem", tmp_path / "out")


def test_a_message_over_the_plugins_limit_fails_alone(tmp_path: Path, stream: Stream, lines: bytes) -> None:
    big = to_line(Message.new(data={"text": "x" * 2000}))
    (tmp_path / "in").write_bytes(lines + big + lines)
    failures = tmp_path / "failures"
    limits = Limits(input_bytes=1000)
    summary = stream(tmp_path / "in", tmp_path / "out", limits=limits, files={"failures": str(failures)})
    assert (summary.read, summary.passed, summary.failed, summary.invalid) == (41, 40, 1, 0)
    assert (tmp_path / "out").read_bytes() == lines * 2
    [line] = map(orjson.loads, failures.read_bytes().splitlines())
    assert (line["line"], line["error"]["code"]) == (21, "input-too-large")


def test_log_lines_name_their_message(
    tmp_path: Path, stream: Stream, verbs: Any, saying: Callable[..., Message]
) -> None:
    (tmp_path / "in").write_bytes(to_line(saying(verbs.PASS)) + b"\n" + to_line(saying(verbs.LOG)))
    stream(tmp_path / "in", tmp_path / "out", files={"logs": str(tmp_path / "logs")})
    [line] = map(orjson.loads, (tmp_path / "logs").read_bytes().splitlines())
    assert line == {"line": 3, "level": "warn", "text": "too late"}


@pytest.mark.parametrize("workers", [1, 3])
def test_an_unknown_port_is_named(workers: int, tmp_path: Path, stream: Stream, lines: bytes) -> None:
    (tmp_path / "in").write_bytes(lines)
    with pytest.raises(ConfigInvalid, match="the input port in, no sideways"):
        stream(tmp_path / "in", tmp_path / "out", port="sideways", workers=workers)


def test_sizes_are_known_of_regular_files(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"12345")
    assert size_of(str(tmp_path / "in")) == 5
    assert size_of(os.devnull) is None
    assert size_of(str(tmp_path / "missing")) is None
