from __future__ import annotations

import logging
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
import wasmtime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugbay.engines.wasmtime.cache import ArtifactCache, default_folder
from plugbay.engines.wasmtime.engine import CodeSettings, WasmtimeEngine
from plugbay.errors import CacheError
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


def test_what_was_added_is_found(cache: ArtifactCache) -> None:
    cache.add("key", b"artifact")
    found = cache.find("key")
    assert found is not None
    assert found.read_bytes().startswith(b"artifact")
    assert cache.find("other") is None


def test_a_missing_folder_is_an_empty_cache(cache: ArtifactCache) -> None:
    assert cache.find("key") is None
    assert cache.info().entries == 0
    assert cache.clear() == 0


def test_the_folder_is_private_to_the_user(cache: ArtifactCache) -> None:
    cache.add("key", b"artifact")
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    assert only_entry(cache).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o777])
def test_a_folder_that_others_can_reach_is_not_used(
    cache: ArtifactCache, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    cache.add("key", b"artifact")
    cache.folder.chmod(mode)
    with caplog.at_level(logging.WARNING, "plugbay.cache"):
        assert cache.find("key") is None
        cache.add("second", b"artifact")
        assert cache.find("key") is None
    assert [record.message.split(":")[0] for record in caplog.records] == ["compiling without a cache"]
    assert len(list(cache.folder.iterdir())) == 1
    assert cache.info().problem is not None
    with pytest.raises(CacheError, match="must be a folder of this user"):
        cache.clear()


def test_a_symbolic_link_is_not_used_as_the_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(elsewhere)
    with caplog.at_level(logging.WARNING, "plugbay.cache"):
        compiles(ArtifactCache(link))
    assert list(elsewhere.iterdir()) == []
    assert len(caplog.records) == 1


def test_a_folder_of_another_user_is_not_used(cache: ArtifactCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.add("key", b"artifact")
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert cache.find("key") is None
    compiles(cache)
    assert len(list(cache.folder.iterdir())) == 1


def test_a_file_in_the_folders_place_means_no_cache(tmp_path: Path) -> None:
    place = tmp_path / "cache"
    place.write_bytes(b"not a folder")
    compiles(ArtifactCache(place))
    compiles(ArtifactCache(place / "below"))
    assert place.read_bytes() == b"not a folder"


def test_the_engine_compiles_once_and_then_takes_the_artifact(
    cache: ArtifactCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiles(cache)

    def add(key: str, artifact: bytes) -> None:
        raise AssertionError(f"compiled again: {key}, {len(artifact)} bytes")

    monkeypatch.setattr(cache, "add", add)
    compiles(cache)
    assert cache.info().entries == 1


def test_different_settings_do_not_share_an_artifact(cache: ArtifactCache) -> None:
    engine = WasmtimeEngine(cache)
    for limits in (Limits(), Limits(fuel=1000), Limits(stack_bytes=64 * 1024)):
        engine.compile_own(MODULE, CodeSettings.of(limits))
    engine.close()
    assert cache.info().entries == 3


def test_an_entry_compiled_for_another_engine_is_built_anew(cache: ArtifactCache) -> None:
    compiles(cache)
    entry = only_entry(cache)
    foreign = wasmtime.Module(wasmtime.Engine(), MODULE).serialize()  # it counts no epochs: no deadline would hold
    cache.add(entry.stem, bytes(foreign))
    before = entry.read_bytes()
    compiles(cache)
    assert entry.read_bytes() != before


def test_another_release_of_wasmtime_has_entries_of_its_own(
    cache: ArtifactCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiles(cache)
    monkeypatch.setattr("plugbay.engines.wasmtime.engine.wasmtime_version", lambda: "49.0.0")
    compiles(cache)
    assert cache.info().entries == 2


@pytest.mark.parametrize("damage", ["empty", "text", "half", "without trailer", "another module", "zeros"])
def test_a_damaged_entry_is_dropped_and_built_anew(cache: ArtifactCache, damage: str) -> None:
    compiles(cache)
    entry = only_entry(cache)
    sound = entry.read_bytes()
    entry.write_bytes(
        {
            "empty": b"",
            "text": b"not an artifact",
            "half": sound[: len(sound) // 2],
            "without trailer": sound[:-48],
            "another module": b"\0asm\x01\0\0\0",
            "zeros": bytes(len(sound)),
        }[damage]
    )
    assert ArtifactCache(cache.folder).find(entry.stem) is None
    compiles(cache)
    assert cache.find(entry.stem) is not None


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_flipped_byte_and_no_shortened_entry_is_ever_loaded(cache: ArtifactCache, data: st.DataObject) -> None:
    artifact = bytes(range(256)) * 8
    cache.add("key", artifact)
    entry = only_entry(cache)
    sound = bytearray(entry.read_bytes())
    position = data.draw(st.integers(0, len(sound) - 1))
    if data.draw(st.booleans()):
        entry.write_bytes(sound[:position])
    else:
        sound[position] ^= data.draw(st.integers(1, 255))
        entry.write_bytes(sound)
    assert cache.find("key") is None
    assert not entry.exists()


def test_a_folder_named_like_an_entry_does_no_harm(cache: ArtifactCache) -> None:
    compiles(cache)
    entry = only_entry(cache)
    entry.unlink()
    entry.mkdir()
    compiles(cache)
    assert entry.is_dir()


def test_the_least_recently_used_entries_go_when_the_bound_is_reached(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path / "cache", max_bytes=3500)
    now = time.time()
    for age, key in enumerate(["c", "b", "a"]):
        cache.add(key, bytes(1000))
        os.utime(cache.folder / f"{key}.cwasm", (now - 1000 * (3 - age), now - 1000 * (3 - age)))
    assert cache.find("c") is not None  # used now: no longer the oldest
    cache.add("d", bytes(1000))
    left = {path.stem for path in cache.folder.iterdir()}
    assert left == {"c", "a", "d"}
    assert cache.info().used_bytes <= 3500


def test_an_artifact_over_the_bound_is_not_kept(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path / "cache", max_bytes=100)
    cache.add("key", bytes(1000))
    assert cache.info().entries == 0


def test_files_that_a_crashed_writer_left_are_swept(cache: ArtifactCache) -> None:
    cache.add("key", b"artifact")
    old, new = cache.folder / ".tmp-old", cache.folder / ".tmp-new"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    long_ago = time.time() - 7200
    os.utime(old, (long_ago, long_ago))
    cache.add("second", b"artifact")
    assert not old.exists()
    assert new.exists()


def test_clear_forgets_everything_and_says_how_much(cache: ArtifactCache) -> None:
    cache.add("a", bytes(100))
    cache.add("b", bytes(100))
    used = cache.info().used_bytes
    assert used > 200
    assert cache.clear() == used
    assert cache.info().entries == 0
    assert cache.find("a") is None


def test_clear_leaves_files_of_others_alone(cache: ArtifactCache) -> None:
    cache.add("a", b"artifact")
    (cache.folder / "notes.txt").write_text("mine")
    cache.clear()
    assert [path.name for path in cache.folder.iterdir()] == ["notes.txt"]


def test_the_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLUGBAY_CACHE_DIR", str(tmp_path / "named"))
    assert default_folder() == tmp_path / "named"
    monkeypatch.delenv("PLUGBAY_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_folder() == tmp_path / "xdg" / "plugbay"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".cache" / "plugbay"


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
