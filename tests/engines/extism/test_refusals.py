"""What libextism can't enforce is refused, and what it says while creating a plugin becomes a typed error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.engines.extism.conftest import EXIT, Load, Make

from plugbay import Limits, PathGrant, Permissions
from plugbay.engines.extism.creation import creation_error
from plugbay.engines.extism.engine import ExtismEngine
from plugbay.errors import (
    ConfigInvalid,
    ForbiddenImport,
    InitFailed,
    InvalidBinary,
    OutOfMemory,
    PlugbayError,
    PluginClosed,
    WrongSignature,
)

PLAIN = '(func (export "f"))'


@pytest.mark.parametrize("limit", [{"fuel": 1000}, {"stack_bytes": 65536}, {"log_bytes": 1}])
def test_a_limit_that_it_can_not_enforce_is_named(load: Load, limit: dict[str, Any]) -> None:
    name = next(iter(limit))
    with pytest.raises(ConfigInvalid, match=name) as caught:
        load(PLAIN, limits=Limits(**limit))
    assert (caught.value.limit, caught.value.hint, caught.value.plugin) == (name, "use the wasmtime engine", "guest")


def test_http_can_not_be_granted(load: Load) -> None:
    with pytest.raises(ConfigInvalid, match="HTTP"):
        load(PLAIN, permissions=Permissions(http=("example.com",)))


@pytest.mark.parametrize("permission", ["clock", "randomness"])
def test_what_wasi_always_has_can_not_be_denied(load: Load, permission: str) -> None:
    denied = Permissions(**{permission: False})  # type: ignore[arg-type] # a bool field by name
    with pytest.raises(ConfigInvalid, match=permission):
        load(PLAIN, imports=EXIT, permissions=denied)
    load(PLAIN, permissions=denied).guest().close()


@pytest.mark.parametrize(
    ("imports", "error"),
    [
        ('(import "env" "gone" (func))', ForbiddenImport),
        ('(import "extism:host/env" "gone" (func))', ForbiddenImport),
        ('(import "extism:host/env" "memory" (memory 1))', ForbiddenImport),
        ('(import "extism:host/env" "alloc" (func (param i32)))', WrongSignature),
        ('(import "wasi_snapshot_preview1" "gone" (func))', ForbiddenImport),
    ],
)
def test_an_import_that_is_not_there_is_named(load: Load, imports: str, error: type[PlugbayError]) -> None:
    with pytest.raises(error) as caught:
        load(PLAIN, imports=imports).guest()
    assert caught.value.plugin == "guest"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Unable to compile Extism plugin: unexpected end-of-file (at offset 0xa)", InvalidBinary),
        ("Unable to compile Extism plugin: Duplicate module name found in Extism manifest: x", ConfigInvalid),
        ("Unable to create Extism plugin: unknown import: `a::b` has not been defined", ForbiddenImport),
        (
            "Unable to create Extism plugin: types incompatible: expected type `a`, found type `b`",
            WrongSignature,
        ),
        ("Unable to create Extism plugin: No such file or directory (os error 2)", ConfigInvalid),
        ("Unable to create Extism plugin: oom", OutOfMemory),
        ("Unable to create Extism plugin: something new", InitFailed),
        ("anything else", InitFailed),
    ],
)
def test_no_reason_is_left_untranslated(text: str, error: type[PlugbayError]) -> None:
    assert type(creation_error(text)) is error


def test_a_manifest_that_is_none_is_refused(engine: ExtismEngine) -> None:
    with pytest.raises(ConfigInvalid):
        engine.compile(b'{"wasm": 1}')


def test_a_closed_engine_compiles_nothing(load: Load, engine: ExtismEngine) -> None:
    engine.close()
    with pytest.raises(PluginClosed):
        load(PLAIN)


def test_the_engine_has_its_name_and_version(engine: ExtismEngine) -> None:
    assert engine.name == "extism"
    assert engine.version.split(".")[0] == "1"


def test_linked_modules_are_imported_from(make: Make) -> None:
    maths = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'
    guest = make(
        '(func (export "f") (call $answer (call $byte (call $add (i32.const 60) (i32.const 5)))))',
        imports='(import "maths" "add" (func $add (param i32 i32) (result i32)))',
        linked={"maths": maths},
    )
    assert guest.invoke("f", b"") == b"A"


@pytest.mark.parametrize("text", ["(module (func $s) (start $s))", '(module (func (export "_initialize")))'])
def test_a_linked_module_that_starts_up_is_refused(load: Load, text: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(PLAIN, linked={"other": text})
    assert caught.value.limit == "deadline"


@pytest.mark.parametrize("name", ["main", "extism:host/env"])
def test_a_linked_module_can_not_take_a_name_of_the_hosts(load: Load, name: str) -> None:
    with pytest.raises(ConfigInvalid):
        load(PLAIN, linked={name: "(module)"}).guest()


def test_config_is_text_and_other_values_are_json(make: Make) -> None:
    body = '(func (export "f") (call $answer (call $config (call $copy))))'
    guest = make(body, config={"a": "plain", "b": {"x": [1, None]}, "c": "ä"})
    assert guest.invoke("f", b"a") == b"plain"
    assert guest.invoke("f", b"b") == b'{"x": [1, null]}'
    assert guest.invoke("f", b"c") == "ä".encode()
    assert guest.invoke("f", b"d") == b""


OPEN = """
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "old.txt") (data (i32.const 8) "new.txt") (data (i32.const 16) "sub")
"""
FILES = """
  (func $path (param $fd i32) (param $at i32) (param $len i32) (param $flags i32) (param $rights i64) (result i32)
    (call $open (local.get $fd) (i32.const 0) (local.get $at) (local.get $len) (local.get $flags) (local.get $rights)
                (i64.const 0x1fffffff) (i32.const 0) (i32.const 100)))
  (func (export "read") (result i32) (call $path (i32.const 3) (i32.const 0) (i32.const 7) (i32.const 0) (i64.const 2)))
  (func (export "write") (result i32)
    (call $path (i32.const 3) (i32.const 0) (i32.const 7) (i32.const 0) (i64.const 0x42)))
  (func (export "create") (result i32)
    (call $path (i32.const 3) (i32.const 8) (i32.const 7) (i32.const 1) (i64.const 0x42)))
  (func (export "below") (result i32)
    (drop (call $path (i32.const 3) (i32.const 16) (i32.const 3) (i32.const 2) (i64.const 0x2002)))
    (call $path (i32.load (i32.const 100)) (i32.const 8) (i32.const 7) (i32.const 1) (i64.const 0x42)))
"""


@pytest.mark.parametrize("writable", [True, False])
def test_folders_are_granted_to_read_or_to_write(make: Make, tmp_path: Path, writable: bool) -> None:
    (tmp_path / "old.txt").write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    grant = PathGrant(str(tmp_path), "/data", writable=writable)
    guest = make(FILES, imports=OPEN, permissions=Permissions(paths=(grant,)))
    assert guest.invoke("read", b"") == b""
    for function in ("write", "create", "below"):
        result = guest.invoke_many(function, [b""])[0]
        assert isinstance(result, bytes) == writable
    assert (tmp_path / "new.txt").exists() == writable
    assert (tmp_path / "sub/new.txt").exists() == writable


def test_a_folder_that_is_not_there_is_refused(load: Load, tmp_path: Path) -> None:
    gone = Permissions(paths=(PathGrant(str(tmp_path / "gone"), "/data"),))
    with pytest.raises(ConfigInvalid, match="folder"):
        load(FILES, imports=OPEN, permissions=gone).guest()


def test_a_folder_is_granted_once(load: Load, tmp_path: Path) -> None:
    twice = Permissions(paths=(PathGrant(str(tmp_path), "/a"), PathGrant(str(tmp_path), "/b")))
    with pytest.raises(ConfigInvalid, match="once"):
        load(FILES, imports=OPEN, permissions=twice)


def test_a_guest_that_sleeps_wakes_at_once(make: Make) -> None:
    sleep = """(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)"""
    body = """(func (export "f") (result i32) (i64.store (i32.const 24) (i64.const 9000000000000))
      (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))"""
    assert make(body, imports=sleep).invoke("f", b"") == b""
