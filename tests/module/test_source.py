"""Where modules come from."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay.errors import InvalidBinary, ModuleError, SourceNotFound, SourceUnreadable, TooLarge
from plugbay.module.source import WasmSource, read_source

DATA = b"\0asm\x01\0\0\0"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "the plugin.wasm"
    path.write_bytes(DATA)
    return path


def test_a_path_is_read_with_its_digest_and_origin(file: Path) -> None:
    assert read_source(file, max_bytes=8) == WasmSource(DATA, DIGEST, str(file))
    assert read_source(str(file), max_bytes=8) == WasmSource(DATA, DIGEST, str(file))


def test_bytes_are_taken_as_they_are() -> None:
    assert read_source(DATA, max_bytes=8) == WasmSource(DATA, DIGEST, "<bytes>")


def test_a_file_uri_is_a_path_with_percent_signs_decoded(file: Path) -> None:
    uri = file.as_uri()
    assert "%20" in uri
    assert read_source(uri, max_bytes=8) == WasmSource(DATA, DIGEST, uri)
    assert read_source(uri.replace("file://", "FILE://localhost"), max_bytes=8).data == DATA


def test_a_file_uri_may_be_relative_as_in_fluxrig_scenarios(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent.parent)
    assert read_source(f"file://{file.parent.name}/{file.name}", max_bytes=8).data == DATA


def test_a_symbolic_link_is_followed(file: Path) -> None:
    link = file.with_name("link.wasm")
    link.symlink_to(file)
    assert read_source(link, max_bytes=8).data == DATA


@pytest.mark.parametrize("uri", ["snake://wasm_catalog/abc.wasm", "urn:wasm:filter:1.0.0", "URN:wasm:filter:1.0.0"])
def test_another_scheme_is_read_by_the_hook(uri: str) -> None:
    asked: list[str] = []

    def fetch(wanted: str) -> bytes | None:
        asked.append(wanted)
        return DATA

    assert read_source(uri, max_bytes=8, fetch=fetch) == WasmSource(DATA, DIGEST, uri)
    assert asked == [uri]


def no_reader(_: str) -> bytes | None:
    return None


def test_a_scheme_without_a_reader_is_named() -> None:
    for fetch in (None, no_reader):
        with pytest.raises(SourceNotFound, match="no reader for snake: sources") as caught:
            read_source("snake://bucket/key", max_bytes=8, fetch=fetch)
        assert caught.value.found == "snake"
        assert caught.value.hint is not None
        assert "snake:" in caught.value.hint


@pytest.mark.parametrize("source", [b"", "empty.wasm", "mem://empty"])
def test_nothing_at_all_is_an_invalid_binary(
    source: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.wasm").touch()
    with pytest.raises(InvalidBinary, match="is empty"):
        read_source(source, max_bytes=8, fetch=lambda _: b"")


def test_over_the_limit_is_too_large_from_every_source(file: Path) -> None:
    for source in (DATA, file, file.as_uri(), "mem://module"):
        with pytest.raises(TooLarge) as caught:
            read_source(source, max_bytes=7, fetch=lambda _: DATA)
        assert (caught.value.limit, caught.value.expected, caught.value.found) == ("module_bytes", 7, 8)


def test_a_huge_file_is_refused_by_its_size_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "sparse.wasm"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(TooLarge) as caught:
        read_source(path, max_bytes=1 << 20)
    assert caught.value.found == 1 << 40


@pytest.mark.parametrize(("grown_to", "fits"), [(100, True), (101, False), (10_000_000, False)])
def test_a_file_that_grows_while_it_is_read_is_held_to_the_limit(
    file: Path, monkeypatch: pytest.MonkeyPatch, grown_to: int, fits: bool
) -> None:
    stated = os.fstat

    def then_grow(descriptor: int) -> os.stat_result:
        status = stated(descriptor)
        file.write_bytes(bytes(grown_to))
        return status

    monkeypatch.setattr(os, "fstat", then_grow)
    if fits:
        assert len(read_source(file, max_bytes=100).data) == grown_to
        return
    with pytest.raises(TooLarge) as caught:
        read_source(file, max_bytes=100)
    assert caught.value.found == 101


def test_a_file_without_a_stated_size_is_read_to_its_end() -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("this system has no /proc")
    assert b"Pid:" in read_source(status, max_bytes=100_000).data


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="is a folder") as caught:
        read_source(tmp_path, max_bytes=8)
    assert caught.value.hint == "give the .wasm file inside"


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SourceUnreadable, match="pipe"):
        read_source(tmp_path / "fifo", max_bytes=8)


def test_a_file_swapped_for_a_pipe_after_it_was_looked_at_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = file.stat()
    file.unlink()
    os.mkfifo(file)

    def as_before(_: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        return looked_at

    monkeypatch.setattr(Path, "stat", as_before)
    with pytest.raises(SourceUnreadable, match="pipe"):
        read_source(file, max_bytes=8)


def test_a_socket_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's address must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(SourceUnreadable, match="is a socket"):
            read_source("s", max_bytes=8)


def test_an_endless_device_is_refused() -> None:
    with pytest.raises(SourceUnreadable, match="character device"):
        read_source("/dev/zero", max_bytes=8)


def test_a_missing_file_is_reported_with_the_part_of_the_path_that_is_wrong(file: Path) -> None:
    missing = file.parent / "modules" / "v1" / "filter.wasm"
    with pytest.raises(SourceNotFound) as caught:
        read_source(missing, max_bytes=8)
    assert caught.value.hint == f"there is no 'modules' in {file.parent}"
    with pytest.raises(SourceNotFound) as caught:
        read_source(file / "filter.wasm", max_bytes=8)
    assert caught.value.hint == f"{file} is not a folder"


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800.wasm"])
def test_what_can_not_be_a_file_name_is_not_found(path: str) -> None:
    with pytest.raises(SourceNotFound):
        read_source(path, max_bytes=8)


def test_a_loop_of_links_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(SourceUnreadable, match="loop of symbolic links"):
        read_source(tmp_path / "a", max_bytes=8)


def test_a_name_too_long_for_the_system_is_unreadable() -> None:
    with pytest.raises(SourceUnreadable, match="too long"):
        read_source("x" * 5000, max_bytes=8)


def test_a_file_without_the_right_to_read_it_is_unreadable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may read everything, so rights alone prove nothing
    file.chmod(stat.S_IWUSR)
    with pytest.raises(SourceUnreadable, match="Permission denied") as caught:
        read_source(file, max_bytes=8)
    assert caught.value.hint == "check the rights of the file and of its folders"


@given(st.text(max_size=30))
def test_any_text_is_a_source_or_a_module_error(text: str) -> None:
    try:
        source = read_source(text, max_bytes=1000)
    except ModuleError:
        return
    assert source.origin == text
