"""The access log: what a line says, and what happens when the disk does not keep up."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugbay.errors import ConfigInvalid
from plugbay_adapters.priostack.serving.access_log import LINE_BYTES, AccessLog, AccessRecord
from plugbay_adapters.priostack.serving.log_sink import DescriptorSink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def record(path: str = "/api/v1/users", **changes: Any) -> AccessRecord:
    facts: AccessRecord = {
        "id": "019abc",
        "client": "127.0.0.1",
        "method": "POST",
        "path": path,
        "status": 200,
        "bytes_in": 200,
        "bytes_out": 120,
        "seconds": 0.000125,
        "service": "users",
        "endpoint": "createUser",
        "error": None,
    }
    facts.update(changes)  # type: ignore[typeddict-item] # tests change any of them
    return facts


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_line_says_all_of_a_request_in_order(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "access.log", clock=lambda: 1764086400.25)
    log.write(record())
    log.write(record(status=422, error="guest-error", client=None))
    log.close()
    assert (tmp_path / "access.log").read_text() == (
        '{"time":"2025-11-25T16:00:00.250000Z","id":"019abc","client":"127.0.0.1","method":"POST",'
        '"path":"/api/v1/users","status":200,"bytes_in":200,"bytes_out":120,"seconds":0.000125,'
        '"service":"users","endpoint":"createUser","error":null}\n'
        '{"time":"2025-11-25T16:00:00.250000Z","id":"019abc","client":null,"method":"POST",'
        '"path":"/api/v1/users","status":422,"bytes_in":200,"bytes_out":120,"seconds":0.000125,'
        '"service":"users","endpoint":"createUser","error":"guest-error"}\n'
    )


@given(st.floats(0, 4_000_000_000))
def test_the_time_of_a_line_is_the_clocks(now: float) -> None:
    read, write = os.pipe()
    try:
        log = AccessLog(write, clock=lambda: now)
        log.write(record())
        log.close()
        said = datetime.fromisoformat(orjson.loads(os.read(read, 8192))["time"]).timestamp()
        assert abs(said - now) < 0.000_002
    finally:
        os.close(read)
        os.close(write)


@given(st.text(st.characters() | st.sampled_from('\n\r\0\x1b"\\\u2028\u2029\ud800\udfff'), max_size=3000))
@example("\x1b" * 3000)
@example("\ud800" * 1000)
def test_no_path_makes_two_lines_of_one_or_is_longer_than_a_pipe_takes(path: str) -> None:
    read, write = os.pipe()
    try:
        log = AccessLog(write)
        log.write(record(path, id=path, client=path))
        log.close()
        line = os.read(read, 2 * LINE_BYTES)
        assert line.count(b"\n") == 1
        assert line.endswith(b"}\n")
        assert len(line) <= LINE_BYTES
        assert not any(byte < 0x20 for byte in line[:-1])
        with suppress(orjson.JSONDecodeError):  # half a surrogate pair is written as an escape, which orjson refuses
            said = orjson.loads(line)["path"]
            assert said == path or (said.endswith("…") and path.startswith(said[:-1]))
    finally:
        os.close(read)
        os.close(write)


def test_lines_are_there_soon_without_a_close(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "access.log")
    log.write(record())
    wait_for(lambda: (tmp_path / "access.log").stat().st_size)
    log.close()


def test_an_unused_log_has_no_thread_and_one_that_is_closed_writes_nothing(tmp_path: Path) -> None:
    before = threading.active_count()
    log = AccessLog(tmp_path / "access.log")
    assert threading.active_count() == before
    log.close()
    log.write(record())
    assert threading.active_count() == before
    assert lines_of(tmp_path / "access.log") == []


def test_a_thread_that_can_not_be_started_is_tried_again_with_the_next_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    log = AccessLog(tmp_path / "access.log")
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        log.write(record("/first"))
    log.write(record("/second"))
    log.close()
    assert [line["path"] for line in lines_of(tmp_path / "access.log")] == ["/first", "/second"]


def test_lines_of_several_threads_are_all_there_whole(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "access.log", flush_seconds=0.001)
    threads = [threading.Thread(target=write_many, args=(log, name)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    lines = lines_of(tmp_path / "access.log")
    for name in "abcd":
        assert [line["status"] for line in lines if line["path"] == name] == list(range(500))
    assert log.dropped == 0


def write_many(log: AccessLog, name: str) -> None:
    for number in range(500):
        log.write(record(name, status=number))


@pytest.mark.parametrize("gone", ["renamed", "removed"])
def test_a_file_that_was_rotated_is_opened_again(tmp_path: Path, gone: str) -> None:
    path, old = tmp_path / "access.log", tmp_path / "access.log.1"
    log = AccessLog(path, flush_seconds=0.001)
    log.write(record("/first"))
    wait_for(lambda: path.stat().st_size)
    if gone == "renamed":
        path.rename(old)
    else:
        path.unlink()
    log.write(record("/second"))
    log.close()
    assert [line["path"] for line in lines_of(path)] == ["/second"]
    assert gone == "removed" or [line["path"] for line in lines_of(old)] == ["/first"]


def test_what_was_in_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text("{}\n")
    log = AccessLog(tmp_path / "access.log")
    log.write(record())
    log.close()
    assert len(lines_of(tmp_path / "access.log")) == 2


@pytest.mark.parametrize("path", ["missing/access.log", ".", "nul\0"])
def test_a_file_that_can_not_be_opened_is_told_at_once(tmp_path: Path, path: str) -> None:
    with pytest.raises(ConfigInvalid, match="can't be opened"):
        AccessLog(tmp_path / path)


def test_a_descriptor_that_is_closed_is_told_at_once() -> None:
    read, write = os.pipe()
    os.close(read)
    os.close(write)
    with pytest.raises(ConfigInvalid, match="is not open"):
        AccessLog(write)


def test_a_reader_that_does_not_read_costs_lines_and_no_time_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    read, write = os.pipe()
    log = AccessLog(write, buffer_bytes=10_000, flush_seconds=0.001)
    while log.dropped < 100:
        log.write(record())
    said = bytearray()
    while select.select([read], [], [], 0)[0] or not caplog.records:
        said += os.read(read, 65536)
        log.write(record("/later"))
    log.close()
    while select.select([read], [], [], 0)[0]:
        said += os.read(read, 65536)
    os.close(read)
    os.close(write)
    lines = [orjson.loads(line) for line in said.splitlines()]
    assert {line["path"] for line in lines} == {"/api/v1/users", "/later"}
    told, count = caplog.records[0].message.rsplit(" ", 1)
    assert told == "the access log's disk is slow or full; lines dropped:"
    assert int(count) >= 100


def test_a_disk_that_hangs_does_not_hold_up_the_end(caplog: pytest.LogCaptureFixture) -> None:
    read, write = os.pipe()
    log = AccessLog(write, flush_seconds=0.001)
    for _ in range(1000):  # more than any pipe holds
        log.write(record())
    log.close(timeout=0.05)
    assert "the last are lost" in caplog.records[-1].message
    os.close(read)  # ends the write that hangs
    wait_for(lambda: not any(thread.name == "access log" for thread in threading.enumerate()))
    os.close(write)


def test_a_pipe_that_does_not_block_is_waited_for_and_given_up_at_the_end() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    sink = DescriptorSink(write)
    lines = [b"x" * 999 + b"\n"] * 500
    written = sink.write(lines, give_up_at=0.0)
    assert 0 < written < 500
    said = bytearray()
    reader = threading.Thread(target=lambda: said.extend(read_all(read)))
    reader.start()
    assert sink.write(lines, give_up_at=None) == 500
    os.close(write)
    reader.join()
    assert said.splitlines(keepends=True) == lines[:1] * (written + 500)


def read_all(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as file:
        return file.read()


def test_lines_are_dropped_while_the_reader_is_gone_and_the_log_lives_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read, write = os.pipe()
    os.close(read)
    log = AccessLog(write, flush_seconds=0.001)
    log.write(record())
    wait_for(lambda: log.dropped)
    assert caplog.messages[0] == "the access log can't be written, lines are dropped until it can: Broken pipe"
    assert caplog.records[0].name == "plugbay.serving"
    file = os.open(tmp_path / "found.log", os.O_WRONLY | os.O_CREAT)
    os.dup2(file, write)
    log.write(record("/later"))
    log.close()
    os.close(file)
    os.close(write)
    assert [line["path"] for line in lines_of(tmp_path / "found.log")] == ["/later"]
    assert [entry.message for entry in caplog.records[1:]] == [
        "the access log's disk is slow or full; lines dropped: 1"
    ]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from plugbay_adapters.priostack.serving.log_sink import FileSink
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
sink = FileSink(Path(sys.argv[1]))
try:
    sink.write([b"x" * 599 + b"\\n"] * 2, None)
except OSError as error:
    print("refused", flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert sink.write([b"next\\n", b"last\\n"], None) == 2
sink.close()
"""


def test_a_line_that_a_full_disk_cut_off_does_not_spoil_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], check=True, timeout=60, capture_output=True)
    assert done.stdout == b"refused\n"
    assert path.read_text().splitlines() == ["x" * 599, "x" * 400, "next", "last"]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_writes_its_own_lines_and_none_of_its_parents(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "access.log", flush_seconds=60)
    log.write(record("/parent"))
    child = os.fork()
    if child == 0:
        log.write(record("/child"))
        log.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [line["path"] for line in lines_of(tmp_path / "access.log")] == ["/child"]
    log.close()
    assert [line["path"] for line in lines_of(tmp_path / "access.log")] == ["/child", "/parent"]


SHARED_PIPE = """
import sys
from plugbay_adapters.priostack.serving.access_log import AccessLog
log = AccessLog(1, flush_seconds=0.001)
for number in range(2000):
    log.write({"id": sys.argv[1], "path": sys.argv[1] * 300, "status": number})
log.close()
"""


def test_workers_that_share_a_pipe_do_not_write_into_each_others_lines() -> None:
    read, write = os.pipe()
    workers = [subprocess.Popen([sys.executable, "-c", SHARED_PIPE, name], stdout=write) for name in "abc"]
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        lines = [orjson.loads(line) for line in pipe]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0]
    assert len(lines) == 6000
    assert all(line["path"] == line["id"] * 300 for line in lines)
