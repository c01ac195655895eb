"""An Extism plugin with granted folders, on wasmtime."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from plugbay import Host, Limits, Permissions, Plugin
from plugbay.errors import ConfigInvalid, DeadlineExceeded, GuestError, GuestTrap, InitFailed
from plugbay.services.paths import PathGrant
from plugbay.wasi.errnos import Errno

ENV, WASI = "extism:host/env", "wasi_snapshot_preview1"
GUEST = f"""
(module
  (import "{ENV}" "input_length" (func $input_length (result i64)))
  (import "{ENV}" "input_load_u8" (func $input_load (param i64) (result i32)))
  (import "{ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (import "{ENV}" "store_u8" (func $store (param i64 i32)))
  (import "{ENV}" "output_set" (func $output (param i64 i64)))
  (import "{WASI}" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "{WASI}" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 32) "\\00\\04\\00\\00\\e8\\03\\00\\00")  ;; 1000 bytes at 1024
  (func $path (local $at i32)
    (loop $more
      (i32.store8 offset=4096 (local.get $at) (call $input_load (i64.extend_i32_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i64.lt_u (i64.extend_i32_u (local.get $at)) (call $input_length)))))
  (func $opened (param $oflags i32) (param $rights i64) (result i32)
    (call $path)
    (call $open (i32.const 3) (i32.const 1) (i32.const 4096) (i32.wrap_i64 (call $input_length)) (local.get $oflags)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))
  (func (export "cat") (result i32) (local $errno i32) (local $out i64) (local $at i64)
    (local.set $errno (call $opened (i32.const 0) (i64.const 2)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (local.set $errno (call $read (i32.load (i32.const 16)) (i32.const 32) (i32.const 1) (i32.const 20)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (drop (call $close (i32.load (i32.const 16))))
    (local.set $out (call $alloc (i64.const 1000)))
    (loop $more
      (call $store (i64.add (local.get $out) (local.get $at)) (i32.load8_u offset=1024 (i32.wrap_i64 (local.get $at))))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br_if $more (i64.lt_u (local.get $at) (i64.load32_u (i32.const 20)))))
    (call $output (local.get $out) (i64.load32_u (i32.const 20)))
    (i32.const 0))
  (func (export "create") (result i32)
    (call $opened (i32.const 1) (i64.const 64)))
  (func (export "leak") (result i32)
    (loop $more (br_if $more (i32.eqz (call $opened (i32.const 0) (i64.const 2)))))
    (unreachable))
  (func (export "print") (result i32)
    (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 20)))
  (func (export "read_on") (result i32)
    (drop (call $opened (i32.const 0) (i64.const 2)))
    (loop $more (drop (call $read (i32.load (i32.const 16)) (i32.const 32) (i32.const 1) (i32.const 20))) (br $more))
    (i32.const 0)))
"""

Load = Callable[..., Plugin]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    granted = tmp_path / "granted"
    granted.mkdir()
    (granted / "a.txt").write_text("hello")
    (tmp_path / "secret.txt").write_text("secret")
    os.mkfifo(granted / "pipe")
    return granted


@pytest.fixture
def load(host: Host, wat: Callable[[str], bytes]) -> Load:
    def load(*grants: PathGrant, limits: Limits | None = None, instances: int = 1) -> Plugin:
        return host.load(
            wat(GUEST), permissions=Permissions(paths=grants), limits=limits, instances=instances, engine="wasmtime"
        )

    return load


def code(plugin: Plugin, function: str, path: str) -> object:
    with pytest.raises(GuestError) as caught:
        plugin.call(function, path.encode())
    return caught.value.found


def test_a_plugin_reads_a_file_of_its_folder(load: Load, folder: Path) -> None:
    plugin = load(PathGrant(str(folder), "/data"))
    assert plugin.call("cat", b"a.txt") == b"hello"
    assert plugin.call_many("cat", [b"a.txt"] * 100) == [b"hello"] * 100


def test_nothing_else_can_be_opened(load: Load, folder: Path) -> None:
    plugin = load(PathGrant(str(folder), "/data"))
    assert code(plugin, "cat", "../secret.txt") == Errno.PERM
    assert code(plugin, "cat", "pipe") == Errno.ACCES
    assert code(plugin, "create", "new") == Errno.ROFS
    assert code(load(), "cat", "a.txt") == Errno.BADF


def test_a_writable_folder_can_be_written(load: Load, folder: Path) -> None:
    load(PathGrant(str(folder), "/data", writable=True)).call("create", b"new")
    assert (folder / "new").read_bytes() == b""


def test_a_missing_folder_is_named_at_load(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="missing"):
        load(PathGrant(str(tmp_path / "missing"), "/data"))


def test_output_is_still_a_log(load: Load, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        load(PathGrant(str(folder), "/data")).call("print", b"")
    assert len(caplog.records) == 1


def open_in(folder: Path) -> int:
    """How many descriptors this process has of a folder and its file."""
    places = {(place.stat().st_dev, place.stat().st_ino) for place in (folder, folder / "a.txt")}
    found: list[tuple[int, int]] = []
    for number in Path("/dev/fd").iterdir():
        with suppress(OSError):  # the one that lists them is gone again
            status = os.fstat(int(number.name))
            found.append((status.st_dev, status.st_ino))
    return sum(place in places for place in found)


def test_what_a_guest_left_open_is_closed_with_it(load: Load, folder: Path) -> None:
    plugin = load(PathGrant(str(folder), "/data"))
    for _ in range(5):
        with pytest.raises(GuestTrap):
            plugin.call("leak", b"a.txt")
        assert plugin.call("cat", b"a.txt") == b"hello"
        assert open_in(folder) == 1
    plugin.close()
    assert open_in(folder) == 0


def test_a_guest_that_can_t_be_built_leaves_nothing_open(host: Host, wat: Callable[[str], bytes], folder: Path) -> None:
    permissions = Permissions(paths=(PathGrant(str(folder), "/data"),))
    with pytest.raises(InitFailed):
        host.load(wat(GUEST.rstrip()[:-1] + "(start $fail) (func $fail unreachable))"), permissions=permissions)
    assert open_in(folder) == 0


def test_a_guest_that_reads_for_ever_is_stopped_at_its_deadline(load: Load, folder: Path) -> None:
    plugin = load(PathGrant(str(folder), "/data"), limits=Limits(deadline=0.05))
    with pytest.raises(DeadlineExceeded):
        plugin.call("read_on", b"a.txt")


def test_instances_have_files_of_their_own(load: Load, folder: Path) -> None:
    plugin = load(PathGrant(str(folder), "/data"), instances=4)
    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(plugin.call("cat", b"a.txt") for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"hello"] * 200


def test_a_forked_child_reads_files(load: Load, folder: Path) -> None:
    plugin = load(PathGrant(str(folder), "/data"))
    assert plugin.call("cat", b"a.txt") == b"hello"
    child = os.fork()
    if child == 0:
        os._exit(0 if plugin.call("cat", b"a.txt") == b"hello" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
