"""The process that runs modules on wazero: what becomes of a case when it dies, or breaks its protocol, or hangs."""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conformance.engines.conftest import HOST, subject_of

from plugbay_conformance.engines import wazero_binary
from plugbay_conformance.engines.contract import Allocator, GuestStopped, Setting, StopKind
from plugbay_conformance.engines.errors import EngineMissing
from plugbay_conformance.engines.wazero_process import Patience, WazeroProcess, decoded, encoded

if TYPE_CHECKING:
    from plugbay_conformance.engines.contract import PointerSession
    from plugbay_conformance.engines.wazero import WazeroConformance

SPINNING = '(module (memory (export "memory") 1) (func (export "spin") (loop $l (br $l))) (func (export "f")))'


def killed_in_mid_call(engine: WazeroConformance, session: PointerSession, number: int) -> GuestStopped:
    pid = engine.process.pid

    def kill_once_busy() -> None:
        while cpu_ticks(pid) < started + 5:
            time.sleep(0.01)
        os.kill(pid, number)

    started = cpu_ticks(pid)
    killer = threading.Thread(target=kill_once_busy)
    killer.start()
    try:
        with pytest.raises(GuestStopped) as stopped:
            session.call("spin")
    finally:
        killer.join()
    return stopped.value


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_process_that_is_killed_in_mid_call_costs_its_sessions_only(wazero_engine: WazeroConformance) -> None:
    session = wazero_engine.open_pointers(subject_of(SPINNING), HOST, Setting(deadline=30.0))
    other = wazero_engine.open_pointers(subject_of(SPINNING), HOST, Setting())
    stopped = killed_in_mid_call(wazero_engine, session, signal.SIGKILL)
    assert stopped.kind is StopKind.ENGINE
    assert "ended by signal 9" in stopped.reason
    for ended in (session, other):
        with pytest.raises(GuestStopped) as again:
            ended.call("f")
        assert again.value.kind is StopKind.ENGINE
        with pytest.raises(GuestStopped):
            ended.read(0, 1)
        assert ended.events() == []
        assert ended.state() == {}
        assert ended.pages() == 0
        ended.close()
    fresh = wazero_engine.open_pointers(subject_of(SPINNING), HOST, Setting())
    assert fresh.call("f") == ()
    fresh.close()


def test_a_process_that_stops_answering_is_ended(
    wazero_engine: WazeroConformance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugbay_conformance.engines.wazero_sessions.GRACE_SECONDS", 0.2)
    session = wazero_engine.open_pointers(subject_of(SPINNING), HOST, Setting(deadline=0.1))
    pid = wazero_engine.process.pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(GuestStopped, match="the engine's process did not answer") as stopped:
        session.call("f")
    assert stopped.value.kind is StopKind.ENGINE
    assert not Path(f"/proc/{pid}").exists()
    session.close()


def test_an_interrupt_in_mid_call_ends_the_process(
    wazero_engine: WazeroConformance, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = wazero_engine.open_pointers(subject_of(SPINNING), HOST, Setting())

    def interrupted(*_: object) -> tuple[list[int], list[int], list[int]]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("plugbay_conformance.engines.wazero_process.select.select", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.call("f")
    with pytest.raises(GuestStopped, match="interrupted"):
        session.call("f")
    again = wazero_engine.open_pointers(subject_of(SPINNING), HOST, Setting())
    assert again.call("f") == ()
    again.close()


def test_a_guest_that_cannot_be_stopped_ends_its_process_and_no_other_case(wazero_engine: WazeroConformance) -> None:
    text = """(module (memory (export "memory") 1)
      (func (export "alloc") (param i32) (result i32) (i32.const 8))
      (func (export "free") (param i32 i32))
      (func (export "process") (param i32 i32) (result i64) (loop $l (br $l)) (i64.const 0)))"""
    session = wazero_engine.open_pointers(subject_of(text), HOST, Setting(deadline=0.2))
    pid = wazero_engine.process.pid
    with pytest.raises(GuestStopped, match=r"did not answer within 0\.2 s") as stopped:
        session.repeat_packed(Allocator("alloc", "free"), "process", [b"x"], 10)
    assert stopped.value.kind is StopKind.DEADLINE
    assert session.events() == []
    with pytest.raises(GuestStopped) as again:
        session.call("alloc", 1)
    assert again.value.kind is StopKind.DEADLINE
    session.close()
    other = wazero_engine.open_pointers(subject_of(SPINNING), HOST, Setting())
    assert other.call("f") == ()
    assert wazero_engine.process.pid != pid
    other.close()


def test_a_call_after_many_messages_is_stopped_too(wazero_engine: WazeroConformance) -> None:
    text = """(module (memory (export "memory") 1)
      (func (export "alloc") (param i32) (result i32) (i32.const 8))
      (func (export "free") (param i32 i32))
      (func (export "process") (param i32 i32) (result i64) (i64.const 0))
      (func (export "spin") (loop $l (br $l))))"""
    session = wazero_engine.open_pointers(subject_of(text), HOST, Setting(deadline=0.2))
    session.repeat_packed(Allocator("alloc", "free"), "process", [b"x"], 10)
    with pytest.raises(GuestStopped) as stopped:
        session.call("spin")
    assert stopped.value.kind is StopKind.DEADLINE


def test_the_process_is_not_reached_by_ctrl_c(wazero_engine: WazeroConformance) -> None:
    assert os.getsid(wazero_engine.process.pid) == wazero_engine.process.pid


def test_many_modules_in_turn_are_loaded_again_when_they_are_needed(wazero_engine: WazeroConformance) -> None:
    subjects = [subject_of(f'(module (func (export "f") (result i32) (i32.const {index})))') for index in range(12)]
    for index in [*range(12), *range(12)]:
        session = wazero_engine.open_pointers(subjects[index], HOST, Setting())
        assert session.call("f") == (index,)
        session.close()


def script(folder: Path, text: str) -> Path:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(stat.S_IRWXU)
    return path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 3", "does not speak the protocol"),
        ("echo hello", "does not speak the protocol"),
        ("echo '[1]'", "does not speak the protocol"),
        ('echo \'{"program": "other", "protocol": 1}\'', "speaks another version"),
        ('echo \'{"program": "plugbay-wazero", "protocol": 99}\'', "speaks another version"),
    ],
)
def test_another_program_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(EngineMissing, match=reason):
        WazeroProcess(script(tmp_path, text), tmp_path)


def test_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(b"\0" * 10)
    path.chmod(stat.S_IRWXU)
    with pytest.raises(EngineMissing, match="does not start"):
        WazeroProcess(path, tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("read line; echo not json", "broke its protocol"),
        ("read line; echo '[]'", "broke its protocol"),
        ("read line; echo the fault >&2; exit 4", "ended with the code 4: the fault"),
    ],
)
def test_a_program_that_breaks_its_protocol_is_ended(tmp_path: Path, text: str, reason: str) -> None:
    greeting = 'echo \'{"program": "plugbay-wazero", "protocol": 1, "wazero": "v1"}\''
    process = WazeroProcess(script(tmp_path, f"{greeting}\n{text}"), tmp_path)
    with pytest.raises(GuestStopped, match=reason) as stopped:
        process.ask({"op": "pages"}, Patience(10.0, 1.0))
    assert stopped.value.kind is StopKind.ENGINE
    with pytest.raises(GuestStopped, match=reason):
        process.ask({"op": "pages"}, Patience(10.0, 1.0))
    process.close()


def test_bytes_travel_as_base64() -> None:
    assert decoded(encoded(b"\0\xff")) == b"\0\xff"
    assert decoded(None) == decoded("") == b""
    with pytest.raises(TypeError):
        encoded(object())


@pytest.fixture
def no_binary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv(wazero_binary.BINARY_VARIABLE, raising=False)
    monkeypatch.setenv("PLUGBAY_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def test_without_go_the_engine_is_missing_and_says_what_to_do(no_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(no_binary))
    with pytest.raises(EngineMissing, match="needs Go") as missing:
        wazero_binary.find_binary()
    assert wazero_binary.BINARY_VARIABLE in (missing.value.hint or "")


def test_a_build_that_fails_says_why_and_leaves_nothing(no_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(no_binary, "echo go: no such module >&2; exit 1").rename(no_binary / "go")
    monkeypatch.setenv("PATH", f"{no_binary}:{os.environ['PATH']}")
    with pytest.raises(EngineMissing, match="could not be built: go: no such module"):
        wazero_binary.find_binary()
    assert sorted(path.name for path in (no_binary / "cache" / "wazero").iterdir()) == ["lock"]


def test_the_binary_is_built_once(no_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    building = 'echo built >>"$COUNT"; while [ "$1" != -o ]; do shift; done; echo binary >"$2"'
    script(no_binary, building).rename(no_binary / "go")
    monkeypatch.setenv("PATH", f"{no_binary}:{os.environ['PATH']}")
    monkeypatch.setenv("COUNT", str(no_binary / "count"))
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(wazero_binary.find_binary())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert (no_binary / "count").read_text() == "built\n"
    assert found[0].read_text() == "binary\n"


def test_a_binary_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = script(tmp_path, "exit 0")
    monkeypatch.setenv(wazero_binary.BINARY_VARIABLE, str(named))
    assert wazero_binary.find_binary() == named
    named.chmod(stat.S_IRUSR)
    if os.geteuid():
        with pytest.raises(EngineMissing, match="which is no program"):
            wazero_binary.find_binary()
    monkeypatch.setenv(wazero_binary.BINARY_VARIABLE, str(tmp_path))
    with pytest.raises(EngineMissing, match="which is no program"):
        wazero_binary.find_binary()


def test_a_cache_folder_that_others_can_write_to_is_refused(no_binary: Path) -> None:
    folder = wazero_binary.cache_folder()
    folder.chmod(0o777)
    with pytest.raises(EngineMissing, match="nobody else can write to"):
        wazero_binary.cache_folder()
    folder.rmdir()
    folder.write_text("a file")
    with pytest.raises(EngineMissing, match="can't be used"):
        wazero_binary.cache_folder()
