"""What each function of the default-deny WASI answers."""

from __future__ import annotations

import struct

import pytest
import wasmtime
from tests.engines.wasmtime.wasi.conftest import PAGE, PREVIEW_1, Parts, Stopped, World, signature

from plugbay.engines.wasmtime.driver import trampoline_text
from plugbay.engines.wasmtime.mailbox import Cause, Record
from plugbay.engines.wasmtime.wasi import WASI, wasi_driver
from plugbay.wasi.errnos import Errno


def test_every_function_of_preview_1_is_provided_with_its_published_type() -> None:
    assert wasi_driver().provides == {f"{WASI}.{name}": signature(name) for name in PREVIEW_1}


def test_the_published_types_are_those_of_wasmtimes_own_wasi(parts: Parts) -> None:
    linker = wasmtime.Linker(parts.engine)
    linker.define_wasi()
    store = wasmtime.Store(parts.engine)
    store.set_wasi(wasmtime.WasiConfig())
    assert linker.instantiate(store, parts.guest).exports(store)["memory"] is not None


def test_a_trampoline_offers_only_what_the_guest_imports(parts: Parts) -> None:
    text = trampoline_text(wasi_driver(), [f"{WASI}.fd_write", f"{WASI}.proc_exit"])
    trampoline = wasmtime.Module(parts.engine, text)
    assert [export.name for export in trampoline.exports] == ["table", f"{WASI}.fd_write", f"{WASI}.proc_exit"]


def test_there_are_no_arguments_and_no_environment(world: World) -> None:
    for kind in ("args", "environ"):
        world.put(64, b"\xff" * 8)
        assert world.call(f"{kind}_sizes_get", 64, 68) == Errno.SUCCESS
        assert (world.u32(64), world.u32(68)) == (0, 0)
        assert world.call(f"{kind}_get", 0, 0) == Errno.SUCCESS


STREAM, OTHER = 1, 3
REFUSALS: list[tuple[str, tuple[int, ...], Errno]] = [
    ("clock_res_get", (2, 64), Errno.INVAL),
    ("clock_time_get", (2, 0, 64), Errno.INVAL),
    ("clock_time_get", (3, 0, 64), Errno.INVAL),
    ("clock_time_get", (0xFFFFFFFF, 0, 64), Errno.INVAL),
    ("fd_advise", (STREAM, 0, 0, 0), Errno.SPIPE),
    ("fd_allocate", (STREAM, 0, 10), Errno.SPIPE),
    ("fd_pread", (STREAM, 0, 0, 0, 64), Errno.SPIPE),
    ("fd_pwrite", (STREAM, 0, 0, 0, 64), Errno.SPIPE),
    ("fd_seek", (STREAM, 0, 0, 64), Errno.SPIPE),
    ("fd_tell", (STREAM, 64), Errno.SPIPE),
    ("fd_fdstat_set_flags", (STREAM, 4), Errno.NOTCAPABLE),
    ("fd_fdstat_set_rights", (STREAM, 0, 0), Errno.NOTCAPABLE),
    ("fd_filestat_set_size", (STREAM, 0), Errno.NOTCAPABLE),
    ("fd_filestat_set_times", (STREAM, 0, 0, 0), Errno.NOTCAPABLE),
    ("fd_renumber", (STREAM, 2), Errno.NOTCAPABLE),
    ("fd_renumber", (STREAM, OTHER), Errno.BADF),
    ("fd_prestat_get", (STREAM, 64), Errno.BADF),
    ("fd_prestat_dir_name", (STREAM, 64, 10), Errno.BADF),
    ("fd_readdir", (STREAM, 64, 10, 0, 128), Errno.NOTDIR),
    ("path_create_directory", (STREAM, 64, 1), Errno.NOTDIR),
    ("path_filestat_get", (STREAM, 0, 64, 1, 128), Errno.NOTDIR),
    ("path_filestat_set_times", (STREAM, 0, 64, 1, 0, 0, 0), Errno.NOTDIR),
    ("path_link", (STREAM, 0, 64, 1, STREAM, 64, 1), Errno.NOTDIR),
    ("path_open", (STREAM, 0, 64, 1, 0, 0, 0, 0, 128), Errno.NOTDIR),
    ("path_readlink", (STREAM, 64, 1, 128, 10, 256), Errno.NOTDIR),
    ("path_remove_directory", (STREAM, 64, 1), Errno.NOTDIR),
    ("path_rename", (STREAM, 64, 1, STREAM, 64, 1), Errno.NOTDIR),
    ("path_symlink", (64, 1, STREAM, 64, 1), Errno.NOTDIR),
    ("path_symlink", (1, 1, OTHER, 64, 1), Errno.BADF),
    ("path_unlink_file", (STREAM, 64, 1), Errno.NOTDIR),
    ("proc_raise", (6,), Errno.NOSYS),
    ("sock_accept", (STREAM, 0, 64), Errno.NOTSOCK),
    ("sock_recv", (STREAM, 0, 0, 0, 64, 128), Errno.NOTSOCK),
    ("sock_send", (STREAM, 0, 0, 0, 64), Errno.NOTSOCK),
    ("sock_shutdown", (STREAM, 0), Errno.NOTSOCK),
    ("fd_read", (1, 0, 0, 64), Errno.BADF),
    ("fd_write", (0, 0, 0, 64), Errno.BADF),
    ("poll_oneoff", (64, 128, 0, 32), Errno.INVAL),
    ("sched_yield", (), Errno.SUCCESS),
    ("fd_sync", (STREAM,), Errno.SUCCESS),
    ("fd_datasync", (STREAM,), Errno.SUCCESS),
]


@pytest.mark.parametrize(("name", "arguments", "errno"), REFUSALS)
def test_what_is_not_there_is_an_errno(world: World, name: str, arguments: tuple[int, ...], errno: Errno) -> None:
    before = world.get(0, PAGE)
    assert world.call(name, *arguments) == errno
    assert world.get(0, PAGE) == before
    assert (world.notes, world.requests) == ([], [])


ON_DESCRIPTORS = [name for name in PREVIEW_1 if name.startswith(("fd_", "path_", "sock_"))]


@pytest.mark.parametrize("number", [OTHER, 32, 33, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("name", ON_DESCRIPTORS)
def test_a_number_that_is_no_stream_is_badf_to_every_function(world: World, name: str, number: int) -> None:
    assert world.call(name, *[number for _ in PREVIEW_1[name]]) == Errno.BADF


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_closed_stream_is_badf_and_the_others_stay_open(world: World, number: int) -> None:
    assert world.call("fd_close", number) == Errno.SUCCESS
    assert world.call("fd_close", number) == Errno.BADF
    answers = [world.call("fd_fdstat_get", stream, 64) for stream in range(3)]
    assert answers == [Errno.BADF if stream == number else Errno.SUCCESS for stream in range(3)]


@pytest.mark.parametrize(("number", "rights"), [(0, 1 << 27 | 1 << 21 | 1 << 1), (1, 1 << 27 | 1 << 21 | 1 << 6)])
def test_a_stream_is_a_character_device_that_can_not_seek(world: World, number: int, rights: int) -> None:
    world.put(64, b"\xff" * 64)
    assert world.call("fd_fdstat_get", number, 64) == Errno.SUCCESS
    assert struct.unpack("<BxHxxxxQQ", world.get(64, 24)) == (2, 0, rights, 0)
    assert world.get(88, 8) == b"\xff" * 8
    assert world.call("fd_filestat_get", number, 64) == Errno.SUCCESS
    assert struct.unpack("<QQB7xQQQQQ", world.get(64, 64)) == (0, 0, 2, 1, 0, 0, 0, 0)


def test_standard_input_is_at_its_end(world: World) -> None:
    world.put(64, _iovecs((128, 10)), b"\xff" * 4)
    assert world.call("fd_read", 0, 64, 1, 72) == Errno.SUCCESS
    assert world.u32(72) == 0


@pytest.mark.parametrize(("number", "kind"), [(1, Record.STDOUT), (2, Record.STDERR)])
def test_what_is_written_becomes_records(world: World, number: int, kind: Record) -> None:
    world.put(256, b"hello, world\n")
    world.put(64, _iovecs((256, 7), (0, 0), (263, 6)))
    assert world.call("fd_write", number, 64, 3, 32) == Errno.SUCCESS
    assert world.notes == [(kind, b"hello, "), (kind, b"world\n")]
    assert world.u32(32) == 13


def test_writing_nothing_is_fine(world: World) -> None:
    assert world.call("fd_write", 1, 0, 0, 32) == Errno.SUCCESS
    assert (world.notes, world.u32(32)) == ([], 0)


def test_the_last_byte_of_memory_can_be_written(world: World) -> None:
    world.put(PAGE - 1, b"z")
    world.put(64, _iovecs((PAGE - 1, 1), (PAGE, 0)))
    assert world.call("fd_write", 1, 64, 2, PAGE - 4) == Errno.SUCCESS
    assert world.notes == [(Record.STDOUT, b"z")]


def test_an_exit_stops_the_guest_with_its_code(world: World) -> None:
    for code in (0, 3, 0xFFFFFFFF):
        with pytest.raises(Stopped) as stopped:
            world.call("proc_exit", code)
        assert (stopped.value.cause, stopped.value.detail) == (Cause.EXIT, code)


def _iovecs(*pieces: tuple[int, int]) -> bytes:
    return b"".join(struct.pack("<II", *piece) for piece in pieces)
