"""A guest's files: what it may open, how much of it, and what it may change."""

from __future__ import annotations

import errno
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.wasi.conftest import CREATE, DIRECTORY, EXCLUSIVE, FOLDER, READ, READDIR, TRUNCATE, WRITE, open_descriptors

from plugbay.errors import ConfigInvalid
from plugbay.services.paths import PathGrant
from plugbay.wasi import OPEN_FILES, GuestFiles

FIXED = 4


def open_(
    files: GuestFiles, path: str, rights: int = READ, oflags: int = 0, *, fd: int = FOLDER, follow: bool = True
) -> int:
    return files.open(fd, path.encode(), follow=follow, oflags=oflags, rights=rights, fdflags=0)


def read(files: GuestFiles, fd: int) -> bytes:
    return os.pread(files.file(fd), 1000, 0)


def number(action: Callable[[], object]) -> int | None:
    with pytest.raises(OSError) as caught:  # noqa: PT011 # the errno is what matters
        action()
    return caught.value.errno


def test_granted_folders_have_the_numbers_from_3_on(files: GuestFiles) -> None:
    assert [files.preopen(fd) for fd in (3, 4)] == [b"/data", b"/fixed"]
    assert number(lambda: files.preopen(5)) == errno.EBADF
    assert number(lambda: files.preopen(open_(files, "sub", READDIR))) == errno.EBADF


def test_a_file_is_read_and_its_number_used_again(files: GuestFiles) -> None:
    first = open_(files, "a.txt")
    assert read(files, first) == b"hello"
    files.close_fd(first)
    assert open_(files, "sub/b.txt") == first


def test_a_folder_that_was_opened_is_a_border_of_its_own(files: GuestFiles) -> None:
    sub = open_(files, "sub", READDIR, DIRECTORY)
    assert read(files, open_(files, "b.txt", fd=sub)) == b"below"
    assert number(lambda: open_(files, "../a.txt", fd=sub)) == errno.EPERM
    assert number(lambda: open_(files, "up", fd=sub)) == errno.EPERM


@pytest.mark.parametrize("path", ["outside", "absolute", "../secret.txt", "/etc/passwd", "parent/secret.txt"])
def test_no_path_leads_out(files: GuestFiles, path: str) -> None:
    assert number(lambda: open_(files, path)) == errno.EPERM


def test_a_new_file_is_made_in_the_writable_grant(files: GuestFiles, granted: Path) -> None:
    new = open_(files, "sub/new", READ | WRITE, CREATE | EXCLUSIVE)
    os.write(files.file(new), b"data")
    assert (granted / "sub/new").read_bytes() == b"data"
    assert number(lambda: open_(files, "sub/new", WRITE, CREATE | EXCLUSIVE)) == errno.EEXIST
    open_(files, "sub/new", WRITE, TRUNCATE)
    assert (granted / "sub/new").read_bytes() == b""


def test_a_link_to_a_missing_file_makes_it_where_the_link_leads(files: GuestFiles, granted: Path) -> None:
    open_(files, "dangling", WRITE, CREATE)
    assert (granted / "new.txt").is_file()
    assert (granted / "dangling").is_symlink()


CHANGES: dict[str, Callable[[GuestFiles], object]] = {
    "open to write": lambda files: open_(files, "a.txt", WRITE, fd=FIXED),
    "create": lambda files: open_(files, "new", READ, CREATE, fd=FIXED),
    "truncate": lambda files: open_(files, "a.txt", READ, TRUNCATE, fd=FIXED),
    "write below": lambda files: open_(files, "b.txt", WRITE, fd=open_(files, "sub", READDIR, DIRECTORY, fd=FIXED)),
    "set times": lambda files: files.set_times(FIXED, b"a.txt", 1, 1, 5, follow=True),
    "make folder": lambda files: files.make_folder(FIXED, b"new"),
    "remove folder": lambda files: files.remove_folder(FIXED, b"sub"),
    "unlink": lambda files: files.unlink(FIXED, b"a.txt"),
    "move away": lambda files: files.rename(FIXED, b"a.txt", FOLDER, b"b"),
    "move in": lambda files: files.rename(FOLDER, b"a.txt", FIXED, b"b"),
    "handle": lambda files: files.handle(open_(files, "a.txt", fd=FIXED), writable=True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_read_only_grant_changes_nothing(files: GuestFiles, granted: Path, change: str) -> None:
    before = sorted((str(path), path.lstat().st_mtime_ns) for path in granted.rglob("*"))
    assert number(lambda: CHANGES[change](files)) == errno.EROFS
    assert sorted((str(path), path.lstat().st_mtime_ns) for path in granted.rglob("*")) == before


def test_rights_that_are_asked_for_beside_reading_are_no_wish_to_write(files: GuestFiles) -> None:
    everything_but_write = (1 << 30) - 1 & ~WRITE
    assert read(files, open_(files, "a.txt", everything_but_write, fd=FIXED)) == b"hello"


def test_a_file_opened_to_read_can_t_be_written(files: GuestFiles) -> None:
    fd = open_(files, "a.txt", READ, fd=FIXED)
    assert number(lambda: os.write(files.file(fd), b"x")) == errno.EBADF
    assert number(lambda: os.ftruncate(files.file(fd), 0)) == errno.EINVAL


@pytest.mark.parametrize("rights", [READ, WRITE, READ | WRITE])
def test_a_pipe_is_refused_at_once_and_its_writer_is_left_alone(files: GuestFiles, granted: Path, rights: int) -> None:
    waiting = threading.Event()

    def wait_for_a_reader() -> None:
        waiting.set()
        os.close(os.open(granted / "pipe", os.O_WRONLY))

    writer = threading.Thread(target=wait_for_a_reader, daemon=True)
    writer.start()
    waiting.wait()
    assert number(lambda: open_(files, "pipe", rights)) == errno.EACCES
    assert writer.is_alive()
    os.close(os.open(granted / "pipe", os.O_RDONLY))
    writer.join()


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
def test_a_device_in_a_granted_folder_is_refused() -> None:
    files = GuestFiles([PathGrant("/dev", "/dev", writable=True)])
    assert number(lambda: open_(files, "null", READ | WRITE)) == errno.EACCES
    files.close()


def test_a_guest_has_only_so_many_files_open(files: GuestFiles) -> None:
    opened = [open_(files, "a.txt") for _ in range(OPEN_FILES)]
    assert number(lambda: open_(files, "a.txt")) == errno.EMFILE
    files.close_fd(opened[7])
    assert open_(files, "a.txt") == opened[7]


def test_a_renumbered_file_takes_the_place_of_another(files: GuestFiles) -> None:
    a, b = open_(files, "a.txt"), open_(files, "sub/b.txt")
    files.renumber(a, b)
    assert read(files, b) == b"hello"
    assert number(lambda: files.file(a)) == errno.EBADF
    files.renumber(b, b)
    assert read(files, b) == b"hello"
    assert number(lambda: files.renumber(b, 60)) == errno.EBADF
    files.renumber(b, FIXED)
    assert number(lambda: files.preopen(FIXED)) == errno.EBADF


def test_folders_and_files_are_made_moved_and_removed(files: GuestFiles, granted: Path) -> None:
    files.make_folder(FOLDER, b"x/")
    files.rename(FOLDER, b"a.txt", FOLDER, b"x/a")
    assert (granted / "x/a").read_text() == "hello"
    assert number(lambda: files.remove_folder(FOLDER, b"x")) == errno.ENOTEMPTY
    assert number(lambda: files.unlink(FOLDER, b"x/a/")) == errno.ENOTDIR
    files.unlink(FOLDER, b"x/a")
    files.remove_folder(FOLDER, b"x")
    assert not (granted / "x").exists()
    assert number(lambda: files.rename(FOLDER, b"sub", FOLDER, b"../sub")) == errno.EPERM


def test_a_link_that_is_removed_or_moved_is_the_link_itself(files: GuestFiles, granted: Path) -> None:
    files.unlink(FOLDER, b"outside")
    files.rename(FOLDER, b"absolute", FOLDER, b"moved")
    assert (granted.parent / "secret.txt").read_text() == "secret"
    assert (granted / "moved").is_symlink()


def test_a_link_is_read_unless_it_tells_the_host_s_paths(files: GuestFiles) -> None:
    assert files.read_link(FOLDER, b"sub/up") == b"../a.txt"
    assert number(lambda: files.read_link(FOLDER, b"absolute")) == errno.EPERM


def test_times_of_the_link_or_of_what_it_leads_to(files: GuestFiles, granted: Path) -> None:
    files.set_times(FOLDER, b"inside", 1_000, 2_000, 5, follow=True)
    assert (granted / "a.txt").stat().st_mtime_ns == 2_000
    files.set_times(FOLDER, b"outside", 1_000, 2_000, 5, follow=False)
    assert (granted.parent / "secret.txt").stat().st_mtime_ns != 2_000
    assert number(lambda: files.set_times(FOLDER, b"a.txt", 0, 0, 3, follow=True)) == errno.EINVAL


def names(files: GuestFiles, fd: int, size: int) -> list[bytes]:
    """All names of a folder, read in buffers of one size as a C library does."""
    found: list[bytes] = []
    cookie = 0
    while True:
        data = files.list(fd, cookie, size)
        at = 0
        while at + 24 <= len(data):
            after, _, length, _ = struct.unpack_from("<QQIB", data, at)
            if at + 24 + length > len(data):
                break
            found.append(data[at + 24 : at + 24 + length])
            cookie, at = after, at + 24 + length
        if len(data) < size:
            return found


@pytest.mark.parametrize("size", [300, 333, 1000, 100_000])
def test_a_folder_is_listed_in_buffers_of_any_size(files: GuestFiles, granted: Path, size: int) -> None:
    for index in range(200):
        (granted / f"sub/{index}-{'n' * (index % 50)}").touch()
    (granted / os.fsdecode(b"sub/\xff")).touch()
    expected = {b".", b"..", *(os.fsencode(path.name) for path in (granted / "sub").iterdir())} - {b"\xff"}
    found = names(files, open_(files, "sub", READDIR, DIRECTORY), size)
    assert sorted(found) == sorted(expected)


def test_a_listing_starts_again_from_any_cookie(files: GuestFiles) -> None:
    whole = files.list(FOLDER, 0, 10_000)
    after_first = struct.unpack_from("<QQIB", whole)
    assert after_first[0] == 1
    rest = files.list(FOLDER, 1, 10_000)
    assert whole.endswith(rest)
    assert files.list(FOLDER, 2**63, 100) == b""
    assert files.list(FOLDER, 0, 10_000) == whole


def test_a_folder_that_can_t_be_opened_is_named(tmp_path: Path) -> None:
    before = open_descriptors()
    missing = tmp_path / "missing"
    with pytest.raises(ConfigInvalid, match=r"missing' can't be granted as '/b': No such file"):
        GuestFiles([PathGrant(str(tmp_path), "/a"), PathGrant(str(missing), "/b")])
    missing.touch()
    with pytest.raises(ConfigInvalid, match="Not a directory"):
        GuestFiles([PathGrant(str(missing), "/b")])
    with pytest.raises(ConfigInvalid, match="UTF-8"):
        GuestFiles([PathGrant(str(tmp_path), "\ud800")])
    assert open_descriptors() == before


def test_closing_twice_is_fine_and_nothing_stays_open(granted: Path) -> None:
    before = open_descriptors()
    files = GuestFiles([PathGrant(str(granted), "/data")])
    files.list(FOLDER, 0, 100)
    open_(files, "a.txt")
    files.close()
    files.close()
    assert open_descriptors() == before
