"""No path leads out of its folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.wasi.conftest import open_descriptors

from plugbay.wasi.beneath import DEPTH, PATH_BYTES, beneath


@contextmanager
def opened(folder: Path) -> Generator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def content(folder: Path, path: str, *, follow: bool = True) -> bytes:
    with opened(folder) as root, beneath(root, path.encode(), follow=follow) as place:
        descriptor = os.open(place.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=place.parent)
        with open(descriptor, "rb") as file:  # noqa: PTH123 # a descriptor has no path
            return file.read()


def refusal(folder: Path, path: bytes, *, follow: bool = True) -> int | None:
    with opened(folder) as root, pytest.raises(OSError) as caught, beneath(root, path, follow=follow):  # noqa: PT011 # the errno is what matters
        pass
    return caught.value.errno


@pytest.mark.parametrize("path", ["a.txt", "./a.txt", "sub/../a.txt", "sub/./..//a.txt", "inside", "sub/up", "round"])
def test_paths_and_links_inside_the_folder_are_followed(granted: Path, path: str) -> None:
    assert content(granted, path) == b"hello"


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../secret.txt",
        "sub/../../secret.txt",
        "outside",
        "absolute",
        "absolute_inside",
        "parent",
        "parent/x",
        "/",
    ],
)
def test_what_leads_outside_is_refused(granted: Path, path: str) -> None:
    assert refusal(granted, path.encode()) == errno.EPERM


@pytest.mark.parametrize(
    ("path", "number"),
    [
        (b"", errno.ENOENT),
        (b"loop", errno.ELOOP),
        (b"loop/x", errno.ELOOP),
        (b"missing/x", errno.ENOENT),
        (b"a.txt/x", errno.ENOTDIR),
        (b"pipe/x", errno.ENOTDIR),
        (b"a" * (PATH_BYTES + 1), errno.ENAMETOOLONG),
        (b"a" * 300 + b"/x", errno.ENAMETOOLONG),
    ],
)
def test_what_leads_nowhere_is_refused(granted: Path, path: bytes, number: int) -> None:
    assert refusal(granted, path) == number


def test_a_link_at_the_end_stays_when_it_is_not_followed(granted: Path) -> None:
    with opened(granted) as root, beneath(root, b"sub/up", follow=False) as place:
        assert os.readlink(place.name, dir_fd=place.parent) == b"../a.txt"


def test_a_slash_at_the_end_follows_the_link_to_the_folder(granted: Path) -> None:
    with opened(granted) as root, beneath(root, b"folder/", follow=False) as place:
        assert (place.name, place.folder) == (b"sub", True)


def test_only_so_many_folders_are_open_at_once(granted: Path) -> None:
    deep = granted
    for _ in range(DEPTH + 1):
        deep = deep / "d"
        deep.mkdir()
    assert refusal(granted, b"d/" * (DEPTH + 1) + b"x") == errno.ENAMETOOLONG
    with opened(granted) as root, beneath(root, b"d/../" * 700 + b"a.txt", follow=False) as place:
        assert place.name == b"a.txt"


def test_nothing_stays_open(granted: Path) -> None:
    before = open_descriptors()
    for path in ("sub/up", "sub/../../x", "loop/a", "sub/missing/x"):
        with opened(granted) as root:
            try:
                with beneath(root, path.encode(), follow=True):
                    pass
            except OSError:
                continue
    assert open_descriptors() == before


PARTS = st.sampled_from(
    [
        "a.txt",
        "sub",
        "..",
        ".",
        "inside",
        "outside",
        "absolute",
        "parent",
        "round",
        "loop",
        "folder",
        "up",
        "pipe",
        "new",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(parts=st.lists(PARTS, max_size=8), slash=st.booleans(), follow=st.booleans())
def test_no_path_whatever_leads_to_the_secret(granted: Path, parts: list[str], slash: bool, follow: bool) -> None:
    inside = {entry.stat(follow_symlinks=False).st_ino for entry in (granted, *granted.rglob("*"))}
    with opened(granted) as root:
        try:
            with beneath(root, ("/".join(parts) + "/" * slash).encode(), follow=follow) as place:
                assert os.fstat(place.parent).st_ino in inside
                assert b"/" not in place.name
                assert place.name != b".."
        except OSError as error:
            assert error.errno is not None  # noqa: PT017 # either is fine, but never another exception
