"""The WASI under real gears: small ones in text, and one in Go, whose runtime needs it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import wasmtime

from plugbay import Disposition, Host, Limits, LogLevel, LogRecord, Message, Outcome, Permissions
from plugbay.engines.wasmtime.wasi import WASI
from plugbay.errors import DeadlineExceeded, GuestExit, GuestTrap, InitFailed, TooManyLogs

GO_SOURCE = Path(__file__).parents[3] / "guests" / "go_echo"
GO_LEAST = (1, 24)
"""The first release with ``//go:wasmexport``."""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


def gear(imports: str, process: str) -> bytes:
    """An echo gear in text that runs ``process`` first; what it prints lies at 16, a buffer for results at 512."""
    text = f"""(module {imports}
        (memory (export "memory") 2)
        (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00") (data (i32.const 16) "hello\\n")
        (func (export "alloc") (param i32) (result i32) (i32.const 4096))
        (func (export "free") (param i32 i32))
        (func (export "process") (param i32 i32) (result i64) {process} (i64.const 0)))"""
    return bytes(wasmtime.wat2wasm(text))


def wasi_import(name: str, signature: str) -> str:
    return f'(import "{WASI}" "{name}" (func ${name} {signature}))'


FD_WRITE = wasi_import("fd_write", "(param i32 i32 i32 i32) (result i32)")
PRINT = "(drop (call $fd_write (i32.const {stream}) (i32.const 0) (i32.const 1) (i32.const 512)))"


def run(host: Host, wasm: bytes | Path, *, data: str = "", **options: object) -> Outcome:
    with host.load(wasm, **options) as plugin:  # type: ignore[arg-type] # the options of load, passed through
        return plugin.process(Message.new(data={"text": data}))


def test_lines_on_stdout_and_stderr_become_log_records(host: Host) -> None:
    outcome = run(host, gear(FD_WRITE, PRINT.format(stream=1) + PRINT.format(stream=2)))
    assert outcome.disposition is Disposition.DROP
    assert outcome.logs == (LogRecord(LogLevel.INFO, "hello"), LogRecord(LogLevel.WARN, "hello"))


def test_without_the_log_permission_they_go_nowhere_and_the_gear_goes_on(host: Host) -> None:
    outcome = run(host, gear(FD_WRITE, PRINT.format(stream=1)), permissions=Permissions(log=False))
    assert (outcome.disposition, outcome.logs) == (Disposition.DROP, ())


def test_a_flood_on_stdout_is_too_many_logs(host: Host) -> None:
    outcome = run(host, gear(FD_WRITE, f"(loop {PRINT.format(stream=1)} (br 0))"), limits=Limits(log_bytes=1000))
    assert isinstance(outcome.error, TooManyLogs)
    assert outcome.logs[0] == LogRecord(LogLevel.INFO, "hello")


@pytest.mark.parametrize("code", [0, 3, 0xFFFFFFFF])
def test_proc_exit_is_guest_exit_with_its_code(host: Host, code: int) -> None:
    outcome = run(host, gear(wasi_import("proc_exit", "(param i32)"), f"(call $proc_exit (i32.const {code}))"))
    assert isinstance(outcome.error, GuestExit)
    assert outcome.error.exit_code == code


def test_a_sleep_ends_with_the_deadline(host: Host) -> None:
    poll = wasi_import("poll_oneoff", "(param i32 i32 i32 i32) (result i32)")
    for_ever = """(i64.store offset=1048 (i32.const 0) (i64.const -1))
        (loop (drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 512))) (br 0))"""
    outcome = run(host, gear(poll, for_ever), limits=Limits(deadline=0.05))
    assert isinstance(outcome.error, DeadlineExceeded)


@pytest.mark.parametrize(
    ("name", "signature", "arguments"),
    [
        ("clock_time_get", "(param i32 i64 i32) (result i32)", "(i32.const 0) (i64.const 0) (i32.const 512)"),
        ("random_get", "(param i32 i32) (result i32)", "(i32.const 512) (i32.const 8)"),
    ],
)
@pytest.mark.parametrize(("granted", "code"), [(True, 0), (False, 76)])
def test_a_service_that_was_not_granted_is_notcapable_and_says_so(
    host: Host, name: str, signature: str, arguments: str, granted: bool, code: int
) -> None:
    imports = wasi_import(name, signature) + wasi_import("proc_exit", "(param i32)")
    wasm = gear(imports, f"(call $proc_exit (call ${name} {arguments}))")
    outcome = run(host, wasm, permissions=Permissions() if granted else Permissions.none())
    assert isinstance(outcome.error, GuestExit)
    assert outcome.error.exit_code == code
    assert any("not granted" in record.text for record in outcome.logs) is not granted


@pytest.fixture(scope="session")
def go_gear(request: pytest.FixtureRequest) -> Path:
    """The gear of ``tests/guests/go_echo``, built once for each version of Go and of its source."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go on this machine to build the gear with")
    environment = {**os.environ, "GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    version = subprocess.check_output([go, "env", "GOVERSION"], env=environment, text=True).strip()
    release = re.match(r"go(\d+)\.(\d+)", version)
    if release is None or (int(release[1]), int(release[2])) < GO_LEAST:
        pytest.skip(f"{version} is older than {GO_LEAST[0]}.{GO_LEAST[1]}, which first exports functions to wasm")
    source = b"".join(path.read_bytes() for path in sorted(GO_SOURCE.iterdir()))
    digest = hashlib.sha256(version.encode() + source).hexdigest()[:16]
    folder = request.config.cache.mkdir("plugbay_go_echo")
    module = folder / f"{digest}.wasm"
    if not module.exists():
        build = [go, "build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o"]
        unfinished = module.with_suffix(f".{os.getpid()}")
        built = subprocess.run([*build, unfinished, "."], cwd=GO_SOURCE, env=environment, capture_output=True)
        assert built.returncode == 0, built.stderr.decode()
        unfinished.rename(module)
    return module


def test_a_go_gear_prints_sleeps_and_draws_random_numbers(host: Host, go_gear: Path) -> None:
    with host.load(go_gear) as plugin:
        outcomes = [plugin.process(message) for message in (Message.new(data={"n": 1}), Message.new(data={"n": 2}))]
    for outcome in outcomes:
        assert outcome.error is None
        assert [record.text.partition(",")[2] for record in outcome.logs] == [
            " slept true, random true",
            " 0 variables",
        ]
    assert [outcome.messages[0][1].data for outcome in outcomes] == [{"n": 1}, {"n": 2}]


def test_a_go_gear_finds_no_files_and_nothing_on_stdin(
    host: Host, go_gear: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with host.load(go_gear) as plugin:
        assert plugin.call("process", b"files") == b"files"
    lines = [record.getMessage() for record in caplog.records]
    assert "open: open /etc/passwd: Bad file number" in lines
    assert "list: open .: Bad file number" in lines
    assert "create: open left-behind: Bad file number" in lines
    assert "read 0 of stdin" in lines


def test_a_go_gear_that_exits_is_replaced(host: Host, go_gear: Path) -> None:
    with host.load(go_gear) as plugin:
        with pytest.raises(GuestExit) as left:
            plugin.call("process", b"x")
        assert left.value.exit_code == 3
        assert plugin.call("process", b"again") == b"again"


def test_go_without_randomness_stops_where_it_needs_it(host: Host, go_gear: Path) -> None:
    outcome = run(host, go_gear, permissions=Permissions(randomness=False))
    assert isinstance(outcome.error, GuestTrap)
    texts = [record.text for record in outcome.logs]
    assert any("crypto/rand: failed to read random data" in text for text in texts)
    assert any("randomness was not granted" in text for text in texts)


def test_go_without_a_clock_does_not_start(host: Host, go_gear: Path) -> None:
    with pytest.raises(InitFailed) as refused:
        host.load(go_gear, permissions=Permissions(clock=False))
    left = refused.value.__cause__
    assert isinstance(left, GuestExit)
    assert left.exit_code == 2
