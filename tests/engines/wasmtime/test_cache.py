from __future__ import annotations

import logging
import os
import time
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
