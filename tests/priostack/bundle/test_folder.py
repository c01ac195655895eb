from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from plugbay import Host
from plugbay_adapters.priostack.bundle.check import check_bundle
from plugbay_adapters.priostack.bundle.files import FileRefused
from plugbay_adapters.priostack.bundle.source import open_files
from plugbay_adapters.priostack.errors import BundleUnusable

if TYPE_CHECKING:
    from pathlib import Path

    from tests.priostack.bundle.workshop import BundleFolder


def test_files_are_read_whole_and_missing_ones_are_none(shop: BundleFolder) -> None:
    with open_files(shop.path) as files:
        assert files.read("bundle.yaml", 10_000) == (shop.path / "bundle.yaml").read_bytes()
        assert files.read("services/none.yaml", 10) is None
        assert files.read("bundle.yaml/x", 10) is None
        assert files.names("services") == ("orders.yaml", "users.yaml")
        assert files.names("") == ("bundle.yaml",)
        assert files.names("nothing") == ()


def test_a_file_that_is_longer_than_it_may_be_is_refused(shop: BundleFolder) -> None:
    shop.put("a", b"12345")
    with open_files(shop.path) as files:
        assert files.read("a", 5) == b"12345"
        with pytest.raises(FileRefused, match="has over 4 bytes"):
            files.read("a", 4)


@pytest.mark.parametrize("target", ["../outside", "/etc/passwd"])
def test_a_link_that_leads_out_is_refused(shop: BundleFolder, target: str) -> None:
    (shop.path.parent / "outside").write_text("secret")
    (shop.path / "services" / "link.yaml").symlink_to(f"../{target}" if target.startswith("..") else target)
    with open_files(shop.path) as files, pytest.raises(FileRefused, match="leads out of the bundle"):
        files.read("services/link.yaml", 100)


def test_a_folder_that_is_a_link_out_is_refused(shop: BundleFolder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.yaml").write_text("secret")
    (shop.path / "linked").symlink_to("../elsewhere")
    with open_files(shop.path) as files:
        with pytest.raises(FileRefused, match="leads out of the bundle"):
            files.read("linked/a.yaml", 100)
        assert files.names("linked") == ()


def test_a_link_that_stays_inside_is_followed(shop: BundleFolder) -> None:
    (shop.path / "services" / "link.yaml").symlink_to("users.yaml")
    with open_files(shop.path) as files:
        assert files.read("services/link.yaml", 10_000) == files.read("services/users.yaml", 10_000)


def test_a_loop_of_links_is_refused(shop: BundleFolder) -> None:
    (shop.path / "loop").symlink_to("loop")
    with open_files(shop.path) as files, pytest.raises(FileRefused, match="loop of links"):
        files.read("loop", 10)


def test_special_files_are_refused_without_waiting(shop: BundleFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(shop.path / "pipe")
    monkeypatch.chdir(shop.path)  # a socket's path may have no more than 107 bytes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    with open_files(shop.path) as files:
        for name, reason in (("pipe", "no regular file"), ("socket", "no regular file"), ("wasm", "a folder")):
            with pytest.raises(FileRefused, match=reason):
                files.read(name, 10)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it_is_refused(shop: BundleFolder) -> None:
    (shop.path / "bundle.yaml").chmod(0)
    with open_files(shop.path) as files, pytest.raises(FileRefused, match="can't be read"):
        files.read("bundle.yaml", 10)


def test_a_link_out_in_place_of_a_service_is_a_mistake_with_the_line_that_names_it(shop: BundleFolder) -> None:
    (shop.path / "services" / "users.yaml").unlink()
    (shop.path / "services" / "users.yaml").symlink_to("/etc/hostname")
    with Host() as host:
        problems = check_bundle(shop.path, host).problems
    assert str(problems[0]) == (
        "bundle.yaml:5: services/users.yaml is reached by a link that leads out of the bundle "
        "(put the file itself there)"
    )


@pytest.mark.parametrize("path", ["", "no/such/bundle", "a\x00b", "x" * 5000])
def test_a_path_that_leads_nowhere_is_told(tmp_path: Path, path: str) -> None:
    with pytest.raises(BundleUnusable) as caught, open_files(path):
        pass
    assert caught.value.hint is not None


def test_a_folder_without_a_bundle_is_told_with_the_way_out(tmp_path: Path) -> None:
    with Host() as host:
        with pytest.raises(BundleUnusable, match=r"has no bundle\.yaml"):
            check_bundle(tmp_path, host)
        (tmp_path / "bundle.yml").write_text("name: x\n")
        with pytest.raises(BundleUnusable, match=r"rename bundle\.yml to bundle\.yaml"):
            check_bundle(tmp_path, host)
