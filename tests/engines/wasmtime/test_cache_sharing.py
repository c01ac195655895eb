"""The cache shared by processes and threads, on full disks and in read-only folders."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plugbay.engines.wasmtime.cache import ArtifactCache
from plugbay.engines.wasmtime.engine import CodeSettings, WasmtimeEngine
from plugbay.limits import Limits

SETTINGS = CodeSettings.of(Limits())
MODULE = '(module (func (export "answer") (result i32) (i32.const 42)))'

LOADER = """
import sys
from pathlib import Path
from plugbay import Host
data = Path(sys.argv[1]).read_bytes()
print("ready", flush=True)
sys.stdin.readline()
with Host() as host, host.load(data) as plugin:
    assert plugin.call("process", b"hello") == b"hello"
"""

WRITER = """
import sys
from pathlib import Path
from plugbay.engines.wasmtime.cache import ArtifactCache
cache = ArtifactCache(Path(sys.argv[1]))
artifact = bytes(range(256)) * 40_000
print("ready", flush=True)
while True:
    cache.add("key", artifact)
"""


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    return ArtifactCache(tmp_path / "cache")


def only_entry(cache: ArtifactCache) -> Path:
    (entry,) = cache.folder.glob("*.cwasm")
    return entry


def compiles(cache: ArtifactCache) -> None:
    """The engine gets a working module out of the cache, or past it."""
    engine = WasmtimeEngine(cache)
    try:
        module = engine.compile_own(MODULE, SETTINGS)
        assert [export.name for export in module.exports] == ["answer"]
    finally:
        engine.close()


def test_a_killed_writer_leaves_no_half_entry(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.05)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        entry = folder / "key.cwasm"
        if entry.exists():
            assert ArtifactCache(folder).find("key") == entry


def test_several_processes_may_load_the_same_module_at_once(tmp_path: Path, echo_gear: bytes) -> None:
    gear = tmp_path / "gear.wasm"
    gear.write_bytes(echo_gear)
    environment = os.environ | {"PLUGBAY_CACHE_DIR": str(tmp_path / "cache")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LOADER, str(gear)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    results = [process.communicate(b"\n") for process in processes]
    assert [(process.returncode, error) for process, (_, error) in zip(processes, results, strict=True)] == [
        (0, b"")
    ] * 4
    cache = ArtifactCache(tmp_path / "cache")
    assert all(cache.find(path.stem) is not None for path in cache.folder.glob("*.cwasm"))
    assert not list(cache.folder.glob(".tmp-*"))


def test_threads_may_add_find_and_clear_at_once(cache: ArtifactCache) -> None:
    artifacts = {str(number): bytes([number]) * 5000 for number in range(4)}
    wrong: list[str] = []

    def hammer(key: str) -> None:
        for _ in range(100):
            cache.add(key, artifacts[key])
            found = cache.find(key)
            if found is not None:
                try:
                    data = found.read_bytes()
                except FileNotFoundError:
                    continue
                if not data.startswith(artifacts[key]):
                    wrong.append(key)
            if key == "0":
                cache.clear()

    threads = [threading.Thread(target=hammer, args=(key,)) for key in artifacts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def in_child(work: Callable[[], None]) -> int:
    """The exit code of a forked child that does the work."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 # a child of pytest must never return into pytest
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_full_disk_means_compiling_without_keeping(tmp_path: Path) -> None:
    def work() -> None:
        # Writing past this size fails as on a full disk; the kernel's signal must not end the child.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        compiles(ArtifactCache(tmp_path / "cache"))

    assert in_child(work) == 0
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_read_only_folder_is_read_and_never_written() -> None:
    # Not in tmp_path, whose parents nobody else may enter.
    folder = Path("/tmp") / f"plugbay-read-only-{os.getpid()}"
    try:
        compiles(ArtifactCache(folder))
        entry = only_entry(ArtifactCache(folder))
        before = entry.read_bytes()
        os.chown(folder, 65534, 65534)
        os.chown(entry, 65534, 65534)
        folder.chmod(0o500)

        def work() -> None:
            os.setgid(65534)
            os.setuid(65534)
            cache = ArtifactCache(folder)
            compiles(cache)
            assert cache.find(entry.stem) == entry
            cache.add("another", b"artifact")
            assert cache.find("another") is None

        assert in_child(work) == 0
        assert [path.name for path in folder.iterdir()] == [entry.name]
        assert entry.read_bytes() == before
    finally:
        shutil.rmtree(folder, ignore_errors=True)
