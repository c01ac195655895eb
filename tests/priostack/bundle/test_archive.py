from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugbay import Host
from plugbay_adapters.priostack.bundle import archive
from plugbay_adapters.priostack.bundle.check import check_bundle
from plugbay_adapters.priostack.bundle.files import FileRefused, path_mistake
from plugbay_adapters.priostack.bundle.source import open_files
from plugbay_adapters.priostack.errors import BundleUnusable

if TYPE_CHECKING:
    from pathlib import Path

    from tests.priostack.bundle.workshop import BundleFolder


def entry(name: str, *, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def zip_of(path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    """A zip at ``path`` of a bundle's file and these entries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of the duplicates that are wanted here
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("bundle.yaml", "name: x\n")
            for info, data in entries:
                file.writestr(info, data)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(BundleUnusable) as caught, open_files(path):
        pass
    assert len(str(caught.value).splitlines()) <= 3
    return caught.value.reason


def test_a_zip_of_a_bundle_is_as_good_as_its_folder(shop: BundleFolder) -> None:
    with Host() as host:
        folder, packed = check_bundle(shop.path, host), check_bundle(shop.zip(), host)
        topped = check_bundle(shop.zip(top="shop-1.2/"), host)
    assert folder.good
    assert folder.routes == packed.routes == topped.routes
    assert folder.digest == packed.digest == topped.digest


def test_what_the_finder_adds_to_a_zip_is_no_part_of_the_bundle(shop: BundleFolder) -> None:
    archive_path = shop.zip(top="shop/")
    with zipfile.ZipFile(archive_path, "a") as file:
        file.writestr("__MACOSX/shop/._bundle.yaml", b"attributes")
    with Host() as host:
        assert check_bundle(archive_path, host).good


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", "leads out of the bundle"),
        ("services/../../evil", "leads out of the bundle"),
        ("/etc/passwd", "is absolute"),
        ("C:/evil", "is absolute"),
        ("..\\evil", "has a backslash; parts are joined by /"),
        ("a//b", "has an empty part, or one that is a dot"),
        ("./a", "has an empty part, or one that is a dot"),
        ("a\nb", "has a character that can't be printed"),
        ("a\x1b[31mb", "has a character that can't be printed"),
        ("a" * 1025, "is longer than 1,024 characters"),
    ],
)
def test_an_entry_whose_name_is_no_path_inside_the_bundle_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    told = refusal(zip_of(tmp_path / "a.zip", (name, b"")))
    assert told.endswith(f"the entry {name!r} {reason}")


def test_a_name_with_a_nul_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", ("bundleXyaml", b""))
    path.write_bytes(path.read_bytes().replace(b"bundleXyaml", b"bundle\x00yaml"))
    assert "'bundle\\x00yaml' has a character that can't be printed" in refusal(path)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (stat.S_IFLNK | 0o777, "is a symbolic link"),
        (stat.S_IFIFO | 0o644, "is no regular file"),
        (stat.S_IFCHR | 0o644, "is no regular file"),
        (stat.S_IFSOCK | 0o644, "is no regular file"),
    ],
)
def test_links_and_special_files_are_refused(tmp_path: Path, mode: int, reason: str) -> None:
    told = refusal(zip_of(tmp_path / "a.zip", (entry("services/users.yaml", mode=mode), b"../../etc/passwd")))
    assert told.endswith(f"the entry 'services/users.yaml' {reason}")


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    assert "the entry 'a' is in it twice" in refusal(zip_of(tmp_path / "a.zip", ("a", b"1"), ("a", b"2")))


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    assert "is encrypted" in refusal(path)


def test_other_methods_than_deflate_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("bundle.yaml", "name: x")
    assert "is packed with another method than deflate" in refusal(path)


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    told = refusal(zip_of(tmp_path / "a.zip", ("wasm/a.wasm", bytes(4 * 1024 * 1024))))
    assert told.endswith("the entry 'wasm/a.wasm' would grow to more than 200 times its size")


def test_a_small_file_of_few_different_lines_is_no_bomb(tmp_path: Path) -> None:
    with open_files(zip_of(tmp_path / "a.zip", ("a", bytes(1024 * 1024)))) as files:
        assert files.read("a", 2 * 1024 * 1024) == bytes(1024 * 1024)


def test_more_bytes_in_all_than_a_bundle_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_TOTAL_BYTES", 1024 * 1024)
    assert "unpacked it has over 1 MiB" in refusal(
        zip_of(tmp_path / "a.zip", *((f"f{i}", bytes(300_000)) for i in range(4)))
    )


def test_more_entries_than_a_bundle_has_are_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", *((f"f{i}", b"") for i in range(10_000)))
    assert "it has over 10,000 entries" in refusal(path)


def test_a_directory_that_is_too_long_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    directory = bytes(archive.MOST_DIRECTORY_BYTES + 1)
    path.write_bytes(directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 0, 0))
    assert "its directory has over 4,096 KiB" in refusal(path)


def test_a_size_that_lies_does_not_get_more_read(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", ("big", bytes(range(256)) * 4000))
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 10)  # the directory says 10 bytes
    path.write_bytes(data)
    with open_files(path) as files, pytest.raises(FileRefused, match="can't be unpacked"):
        files.read("big", 1000)


def test_a_file_that_is_longer_than_it_may_be_is_refused(tmp_path: Path) -> None:
    with open_files(zip_of(tmp_path / "a.zip", ("a", b"12345"))) as files:
        assert files.read("a", 5) == b"12345"
        with pytest.raises(FileRefused, match="has over 4 bytes"):
            files.read("a", 4)
        assert files.read("b", 4) is None


def test_damaged_bytes_are_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", ("a", bytes(range(256))))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04", 4) + 40] ^= 0xFF
    path.write_bytes(data)
    with open_files(path) as files, pytest.raises(FileRefused, match="can't be unpacked"):
        files.read("a", 1000)


def test_names_that_are_utf8_without_saying_so_are_read_as_that(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", ("caf__.txt", b"x"))
    path.write_bytes(path.read_bytes().replace(b"caf__.txt", "café.txt".encode()))
    with open_files(path) as files:
        assert "café.txt" in files.names("")


def test_names_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", ("caf_.txt", b"x"))
    path.write_bytes(path.read_bytes().replace(b"caf_.txt", b"caf\xe9.txt"))
    assert "has a name that is not UTF-8" in refusal(path)


def test_names_that_are_marked_as_utf8_but_are_not_are_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", ("café.txt", b"x"))
    path.write_bytes(path.read_bytes().replace("café.txt".encode(), b"caf\xff\xff.txt"))
    assert "is not UTF-8" in refusal(path)


def test_a_wrong_file_is_told_as_no_zip(tmp_path: Path) -> None:
    path = tmp_path / "bundle.yaml"
    path.write_text("name: x\n")
    assert "is neither a folder nor a zip" in refusal(path)
    path.write_bytes(b"")
    assert "is neither a folder nor a zip" in refusal(path)


def test_a_large_file_that_is_no_zip_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert "is neither a folder nor a zip" in refusal(path)


def test_a_device_is_not_opened() -> None:
    from pathlib import Path

    assert "it is a device, a pipe or a socket" in refusal(Path("/dev/zero"))


@given(st.binary(max_size=400))
def test_no_bytes_after_a_directory_raise_anything_but_typed_errors(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("bundle.yaml", "name: x")
    data = bytearray(buffer.getvalue())
    for at, byte in enumerate(noise):
        data[(at * 7 + byte) % len(data)] ^= byte
    path = tmp_path_factory.mktemp("noise") / "a.zip"
    path.write_bytes(data)
    try:
        with open_files(path) as files:
            files.read("bundle.yaml", 100)
    except (BundleUnusable, FileRefused):
        pass


@given(st.lists(st.sampled_from(["a", "b", "..", ".", "", "C:", "\\", "\x00"]), min_size=1, max_size=6))
def test_a_path_that_is_taken_stays_inside(parts: list[str]) -> None:
    from pathlib import PurePosixPath

    path = "/".join(parts)
    if path_mistake(path) is None:
        assert not PurePosixPath(path).is_absolute()
        assert str(PurePosixPath(path)) == path
        assert ".." not in PurePosixPath(path).parts
        assert "\\" not in path
        assert "\x00" not in path
