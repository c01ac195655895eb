"""Files as a WASI guest sees them: both drivers over real folders."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engines.wasmtime.wasi.conftest import PAGE, PREVIEW_1
from tests.engines.wasmtime.wasi.files_world import ALL, BUFFER, FIXED, IOVEC, OUT, PATH, READ, ROOT, WRITE, World

from plugbay.engines.wasmtime.wasi_files import file_asking
from plugbay.wasi import OPEN_FILES
from plugbay.wasi.errnos import Errno
from plugbay.wasi.requests import PIECE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    granted = tmp_path / "granted"
    granted.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (granted / "a.txt").write_text("hello")
    (granted / "sub").mkdir()
    (granted / "outside").symlink_to("../secret.txt")
    os.mkfifo(granted / "pipe")
    return granted


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    world = World(folder)
    yield world
    world.files.close()
    assert world.errors == []


def test_a_library_finds_the_granted_folders_from_3_on(world: World) -> None:
    assert world.call("fd_prestat_get", 3, OUT) == 0
    assert struct.unpack("<BxxxI", world.get(OUT, 8)) == (0, 5)
    assert world.call("fd_prestat_dir_name", 3, BUFFER, 5) == 0
    assert world.get(BUFFER, 6) == b"/data\0"
    assert world.call("fd_prestat_dir_name", 4, BUFFER, 5) == Errno.NAMETOOLONG
    assert world.call("fd_prestat_get", 5, OUT) == Errno.BADF
    assert world.call("fd_prestat_get", 1, OUT) == Errno.BADF


def test_a_file_is_read_into_the_guest_s_buffers(world: World) -> None:
    fd = world.opened("a.txt")
    assert world.read(fd, 2, 0, 1, 100) == (0, b"hello")
    assert world.read(fd, 10) == (0, b"")
    assert world.call("fd_seek", fd, 1, 0, OUT) == 0
    assert world.read(fd, 3) == (0, b"ell")
    assert world.call("fd_tell", fd, OUT) == 0
    assert world.u32(OUT) == 4
    assert world.call("fd_seek", fd, -1, 2, OUT) == 0
    assert world.read(fd, 3) == (0, b"o")


def test_a_file_larger_than_a_piece_goes_through_in_one_call(world: World, folder: Path) -> None:
    data = os.urandom(5 * PIECE + 17)
    fd = world.opened("big", READ | WRITE, 1)
    assert world.write(fd, data[: 3 * PIECE], b"", data[3 * PIECE :]) == (0, len(data))
    assert (folder / "big").read_bytes() == data
    world.call("fd_seek", fd, 0, 0, OUT)
    assert world.read(fd, PIECE + 1, len(data)) == (0, data)


def test_reading_and_writing_at_a_place_leaves_the_position(world: World, folder: Path) -> None:
    fd = world.opened("a.txt", READ | WRITE)
    world.put(IOVEC, struct.pack("<II", BUFFER, 2))
    world.put(BUFFER, b"XY")
    assert world.call("fd_pwrite", fd, IOVEC, 1, 1, OUT) == 0
    assert (folder / "a.txt").read_text() == "hXYlo"
    assert world.call("fd_pread", fd, IOVEC, 1, 3, OUT) == 0
    assert world.get(BUFFER, 2) == b"lo"
    assert world.read(fd, 1) == (0, b"h")
    assert world.call("fd_pread", fd, IOVEC, 1, 2**63, OUT) == Errno.INVAL


def test_appending_is_a_flag(world: World, folder: Path) -> None:
    fd = world.opened("a.txt", WRITE, fdflags=1)
    assert world.write(fd, b"!") == (0, 1)
    assert world.call("fd_fdstat_get", fd, OUT) == 0
    assert struct.unpack("<BxH", world.get(OUT, 4)) == (4, 1)
    assert world.call("fd_fdstat_set_flags", fd, 0) == 0
    assert world.write(fd, b"J") == (0, 1)
    world.call("fd_seek", fd, 0, 0, OUT)
    assert world.write(fd, b"J") == (0, 1)
    assert (folder / "a.txt").read_text() == "Jello!J"
    assert world.call("fd_fdstat_set_flags", fd, 2) == Errno.NOTSUP


def test_streams_stay_with_the_first_driver(world: World) -> None:
    assert world.write(1, b"a line") == (0, 6)
    assert world.notes() == 1
    assert world.read(0, 10) == (0, b"")
    assert world.call("fd_filestat_get", 2, OUT) == 0
    assert world.get(OUT + 16, 1) == b"\2"


def test_the_two_kinds_of_numbers_can_t_be_mixed(world: World) -> None:
    fd = world.opened("a.txt")
    assert world.call("fd_renumber", fd, 1) != 0
    assert world.call("fd_renumber", 1, fd) != 0
    assert world.call("fd_close", 1) == 0
    assert world.write(1, b"gone") == (Errno.BADF, 0)
    assert world.call("fd_renumber", fd, 1) == Errno.BADF
    assert world.opened("a.txt") == fd + 1
    assert world.read(fd, 9) == (0, b"hello")
    assert world.call("fd_close", fd) == 0
    assert world.call("fd_close", fd) == Errno.BADF


def test_a_file_may_be_polled_for_but_has_no_events(world: World) -> None:
    fd = world.opened("a.txt")
    world.put(BUFFER, struct.pack("<QB7xI28x", 7, 1, fd))
    assert world.call("poll_oneoff", BUFFER, BUFFER + 64, 1, OUT) == 0
    assert struct.unpack("<QH", world.get(BUFFER + 64, 10)) == (7, Errno.BADF)


@pytest.mark.parametrize(
    ("path", "errno"),
    [
        ("../secret.txt", Errno.PERM),
        ("sub/../../secret.txt", Errno.PERM),
        ("/etc/passwd", Errno.PERM),
        ("outside", Errno.PERM),
        ("pipe", Errno.ACCES),
        ("missing", Errno.NOENT),
        ("a.txt/", Errno.NOTDIR),
        ("a\0b", Errno.INVAL),
        ("", Errno.NOENT),
        ("x" * 5000, Errno.NAMETOOLONG),
    ],
)
@pytest.mark.parametrize("fdflags", [0, 4])
def test_what_can_t_be_opened_is_an_errno_at_once(world: World, path: str, errno: int, fdflags: int) -> None:
    assert world.open(path, READ | WRITE, fdflags=fdflags)[0] == errno


def test_a_path_that_is_not_utf_8_is_an_errno(world: World) -> None:
    world.put(PATH, b"\xff")
    assert world.call("path_open", ROOT, 0, PATH, 1, 0, READ, 0, 0, OUT) == Errno.ILSEQ


def test_what_is_granted_read_only_can_t_be_changed(world: World, folder: Path) -> None:
    a = world.path("a.txt")
    assert world.open("a.txt", ALL, fd=FIXED)[0] == Errno.ROFS
    assert world.call("path_unlink_file", FIXED, *a) == Errno.ROFS
    assert world.call("path_filestat_set_times", FIXED, 0, *a, 1, 1, 5) == Errno.ROFS
    assert world.call("path_rename", FIXED, *a, ROOT, *a) == Errno.ROFS
    errno, fd = world.open("a.txt", fd=FIXED)
    assert errno == 0
    assert world.write(fd, b"x") == (Errno.BADF, 0)
    assert world.call("fd_filestat_set_size", fd, 0) == Errno.INVAL
    assert world.call("fd_filestat_set_times", fd, 1, 1, 5) == Errno.ROFS
    assert (folder / "a.txt").read_text() == "hello"


def test_links_are_never_made(world: World, folder: Path) -> None:
    assert world.call("path_symlink", *world.path("a.txt"), ROOT, PATH, 1) == Errno.NOTSUP
    assert world.call("path_link", ROOT, 0, *world.path("a.txt"), ROOT, PATH, 1) == Errno.NOTSUP
    assert not (folder / "a").exists()


def test_folders_are_made_listed_moved_and_removed(world: World, folder: Path) -> None:
    assert world.call("path_create_directory", ROOT, *world.path("new")) == 0
    fd = world.opened("sub", 1 << 14, 2)
    assert world.call("fd_readdir", fd, BUFFER, 1000, 0, OUT) == 0
    assert world.get(BUFFER, world.u32(OUT))[24:25] == b"."
    assert world.call("fd_readdir", fd, BUFFER, 2**20 + 1, 0, OUT) == Errno.INVAL
    world.put(PATH + 100, b"sub/in")
    assert world.call("path_rename", ROOT, *world.path("new"), ROOT, PATH + 100, 6) == 0
    assert (folder / "sub/in").is_dir()
    assert world.call("path_remove_directory", ROOT, *world.path("sub")) == Errno.NOTEMPTY
    assert world.call("path_remove_directory", ROOT, *world.path("sub/in")) == 0


def test_what_a_file_is_and_when_it_changed(world: World) -> None:
    assert world.call("path_filestat_set_times", ROOT, 0, *world.path("a.txt"), 1_000, 2_000, 5) == 0
    assert world.call("path_filestat_get", ROOT, 0, *world.path("a.txt"), OUT) == 0
    assert struct.unpack("<B7xQQQQ", world.get(OUT + 16, 40)) == (4, 1, 5, 1_000, 2_000)
    fd = world.opened("a.txt", READ | WRITE)
    assert world.call("fd_filestat_set_size", fd, 3) == 0
    assert world.call("fd_filestat_get", fd, OUT) == 0
    assert struct.unpack("<Q", world.get(OUT + 32, 8)) == (3,)
    assert world.call("fd_filestat_set_size", fd, 2**64 - 1) == Errno.INVAL
    assert world.call("fd_filestat_set_times", fd, 0, 0, 3) == Errno.INVAL
    assert [world.call(name, fd) for name in ("fd_sync", "fd_datasync")] == [0, 0]
    assert world.call("fd_allocate", fd, 0, 10) == Errno.NOTSUP
    assert world.call("fd_advise", fd, 0, 0, 0) == 0


def test_a_link_is_read(world: World) -> None:
    assert world.call("path_readlink", ROOT, *world.path("outside"), BUFFER, 4, OUT) == 0
    assert world.get(BUFFER, world.u32(OUT)) == b"../s"


def test_a_hundred_thousand_opens_leave_the_host_its_descriptors(world: World) -> None:
    errnos = [world.open("a.txt")[0] for _ in range(2000)]
    assert errnos == [0] * OPEN_FILES + [Errno.MFILE] * (2000 - OPEN_FILES)


def test_a_full_disk_is_an_errno(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    world = World(tmp_path)
    fd = world.opened("a", WRITE, 1)
    descriptor = os.open("/dev/full", os.O_WRONLY)
    os.dup2(descriptor, world.files.file(fd))
    os.close(descriptor)
    assert world.write(fd, b"data") == (Errno.NOSPC, 0)
    world.files.close()


def test_files_work_in_a_forked_child(world: World) -> None:
    fd = world.opened("a.txt")
    child = os.fork()
    if child == 0:
        os._exit(0 if world.read(fd, 9) == (0, b"hello") and world.open("a.txt")[0] == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_all_of_the_driver_s_functions_may_ask_the_host() -> None:
    assert "wasi_snapshot_preview1.path_open" in file_asking()


EDGES = [0, 1, 3, 4, 5, 64, PATH, BUFFER, 32 * PAGE - 4, 32 * PAGE, 2**31, 2**32 - 1, 2**63, 2**64 - 1]
ARGUMENT = st.one_of(st.sampled_from(EDGES), st.integers(0, 8), st.integers(0, 2**64 - 1))
NAMES = [name for name in sorted(PREVIEW_1) if name.startswith(("fd_", "path_"))]
CALL = st.sampled_from(NAMES).flatmap(
    lambda name: st.tuples(st.just(name), st.tuples(*[ARGUMENT for _ in PREVIEW_1[name]]))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(calls=st.lists(CALL, min_size=1, max_size=8), garbage=st.binary(max_size=64))
def test_any_calls_at_all_answer_an_errno(
    world: World, folder: Path, calls: list[tuple[str, tuple[int, ...]]], garbage: bytes
) -> None:
    world.put(PATH, b"sub/../../secret.txt")
    world.put(BUFFER, garbage)
    for name, arguments in calls:
        assert 0 <= world.call(name, *arguments) <= 76
    assert (folder.parent / "secret.txt").read_text() == "secret"


def test_a_rename_takes_two_names_that_are_text_each_by_itself(world: World, folder: Path) -> None:
    (folder / os.fsdecode(b"half\xc3")).write_text("x")
    world.put(PATH, b"half\xc3")
    world.put(PATH + 100, b"\xa9")
    assert world.call("path_rename", ROOT, PATH, 5, ROOT, PATH + 100, 1) == Errno.ILSEQ
    assert (folder / os.fsdecode(b"half\xc3")).read_text() == "x"
