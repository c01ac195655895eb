"""Plugins of several modules, as a manifest links them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.extism.conftest import HELPERS, KERNEL, MEMORY, Load, plugin_text

from plugbay import Limits
from plugbay.errors import ForbiddenImport, GuestTrap, InitFailed, TamperedModule, WrongSignature

Link = Callable[..., Any]
ADDER = '(module (func (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1))))'
USES_ADDER = plugin_text(
    '(func (export "f") (call $answer_u64 (call $add (i64.const 40) (i64.const 2))))',
    imports='(import "lib" "add" (func $add (param i64 i64) (result i64)))',
)


def u64(value: int) -> bytes:
    return value.to_bytes(8, "little")


@pytest.fixture
def link(load_module: Load, wat: Callable[[str], bytes]) -> Link:
    """Loads a plugin of texts by name, the last one the plugin."""

    def load(plugin: str, /, modules: dict[str, str] | None = None, **options: Any) -> Any:
        wasm: list[dict[str, Any]] = [{"name": name, "data": wat(text)} for name, text in (modules or {}).items()]
        return load_module({"wasm": [*wasm, {"data": wat(plugin)}]}, **options)

    return load


def test_a_plugin_calls_the_functions_of_a_linked_module(link: Link) -> None:
    assert link(USES_ADDER, {"lib": ADDER}).call("f", b"") == u64(42)


@pytest.mark.parametrize(
    "name", ["driver", "host", "functions", "guest", "slots", "wasi", "wasi_files", "main.x", "env", "ü", "a b", ""]
)
def test_a_linked_module_may_have_any_name(link: Link, name: str) -> None:
    served = """(func (export "service") (param i32 i32 i32) (result i64) (i64.const -1))
      (func (export "fetch") (param i32)) (func (export "stop") (param i32 i32)) (memory (export "mailbox") 1)
      (func (export "invoke") (param i32 i32) (result i64) (unreachable))"""
    library = ADDER.replace("(module ", f"(module {served} ")
    plugin = plugin_text(
        """(func (export "f") (call $answer_u64 (call $add (i64.const 40) (i64.extend_i32_u (call $two)))))
           (func $two (result i32) (drop (call $random_get (i32.const 0) (i32.const 8))) (i32.const 2))""",
        imports=f"""(import "{name}" "add" (func $add (param i64 i64) (result i64)))
          (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))""",
    )
    assert link(plugin, {name: library}).call("f", b"") == u64(42)


def test_modules_are_linked_in_their_order(link: Link) -> None:
    twice = """(module (import "lib" "add" (func $add (param i64 i64) (result i64)))
      (func (export "twice") (param i64) (result i64) (call $add (local.get 0) (local.get 0))))"""
    plugin = plugin_text(
        '(func (export "f") (call $answer_u64 (call $add (call $twice (i64.const 20)) (i64.const 2))))',
        imports="""(import "lib" "add" (func $add (param i64 i64) (result i64)))
          (import "second" "twice" (func $twice (param i64) (result i64)))""",
    )
    assert link(plugin, {"lib": ADDER, "second": twice}).call("f", b"") == u64(42)


@pytest.mark.only("wasmtime", why="libextism links them in any order")
def test_a_module_imports_from_those_before_it(link: Link) -> None:
    early = '(module (import "lib" "add" (func $add (param i64 i64) (result i64))))'
    with pytest.raises(ForbiddenImport, match=r"lib\.add"):
        link(USES_ADDER, {"early": early, "lib": ADDER})


def test_a_linked_module_has_the_kernel_too(link: Link) -> None:
    library = f"""(module {KERNEL} {MEMORY} {HELPERS}
      (func (export "reply") (call $answer (call $input)) (call $log_info (call $input))))"""
    plugin = plugin_text('(func (export "f") (call $reply))', imports='(import "lib" "reply" (func $reply))')
    assert link(plugin, {"lib": library}).call("f", b"hello") == b"hello"


@pytest.mark.only("wasmtime", why="libextism's limit is one more page, which an importing module must allow")
def test_memory_tables_and_globals_are_shared(link: Link) -> None:
    library = """(module (memory (export "shared") 1 10) (table (export "table") 1 funcref)
      (global (export "count") (mut i64) (i64.const 30))
      (func $twelve (result i64) (i64.load (i32.const 8))) (elem (i32.const 0) $twelve))"""
    plugin = plugin_text(
        """(func (export "f")
             (i64.store (i32.const 8) (i64.const 12))
             (global.set $count (i64.add (global.get $count) (call_indirect $table (result i64) (i32.const 0))))
             (call $answer_u64 (global.get $count)))""",
        imports="""(import "lib" "shared" (memory 1 10)) (import "lib" "table" (table $table 1 funcref))
          (import "lib" "count" (global $count (mut i64)))""",
        memory='(export "memory" (memory 0))',
    )
    guest = link(plugin, {"lib": library})
    assert [guest.call("f", b"") for _ in range(2)] == [u64(42), u64(54)]


def test_a_shared_memory_must_fit_what_is_imported(link: Link) -> None:
    plugin = plugin_text(
        '(func (export "f"))', imports='(import "lib" "shared" (memory 1 2))', memory='(export "memory" (memory 0))'
    )
    with pytest.raises(InitFailed):
        link(plugin, {"lib": '(module (memory (export "shared") 1 10))'})


@pytest.mark.only("wasmtime", why="start-up that libextism runs without a deadline is refused")
def test_start_sections_run_in_order_and_once(link: Link) -> None:
    library = """(module (global $log (mut i64) (i64.const 1))
      (func $note (export "note") (param i64)
        (global.set $log (i64.add (i64.mul (global.get $log) (i64.const 10)) (local.get 0))))
      (func (export "log") (result i64) (global.get $log))
      (func $start (call $note (i64.const 2))) (start $start))"""
    plugin = plugin_text(
        """(func $start (call $note (i64.const 3))) (start $start)
           (func (export "_initialize") (call $note (i64.const 4)))
           (func (export "f") (call $answer_u64 (call $log)))""",
        imports='(import "lib" "note" (func $note (param i64))) (import "lib" "log" (func $log (result i64)))',
    )
    guest = link(plugin, {"lib": library})
    assert [guest.call("f", b"") for _ in range(3)] == [u64(1234)] * 3


@pytest.mark.only("wasmtime", why="start-up that libextism runs without a deadline is refused")
def test_a_start_section_that_fails_is_told_at_load(link: Link) -> None:
    library = ADDER.replace("(module", "(module (func $start unreachable) (start $start)")
    with pytest.raises(InitFailed):
        link(USES_ADDER, {"lib": library})


def test_each_module_has_wasi_on_its_own_memory(link: Link) -> None:
    clock = """(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))"""
    library = f"""(module {clock} {MEMORY} (func (export "random") (result i64)
      (drop (call $random_get (i32.const 0) (i32.const 8))) (i64.load (i32.const 0))))"""
    plugin = plugin_text(
        """(func (export "f") (local $theirs i64)
             (local.set $theirs (call $random))
             (if (i64.ne (i64.load (i32.const 0)) (i64.const 0)) (then (unreachable)))
             (drop (call $random_get (i32.const 16) (i32.const 8)))
             (call $answer_u64 (i64.extend_i32_u (i32.and
               (i64.ne (local.get $theirs) (i64.const 0)) (i64.ne (i64.load (i32.const 16)) (local.get $theirs))))))""",
        imports=f'{clock} (import "lib" "random" (func $random (result i64)))',
    )
    assert link(plugin, {"lib": library}).call("f", b"") == u64(1)


def test_a_trap_in_a_linked_module_fails_its_call_alone(link: Link) -> None:
    library = '(module (func (export "fail") (unreachable)))'
    plugin = plugin_text(
        '(func (export "f") (if (i64.eqz (call $input_length)) (then (call $fail))) (call $answer (call $input)))',
        imports='(import "lib" "fail" (func $fail))',
    )
    guest = link(plugin, {"lib": library})
    with pytest.raises(GuestTrap):
        guest.call("f", b"")
    assert guest.call("f", b"on") == b"on"


def test_every_module_is_compared_with_its_hash(load_module: Load, wat: Callable[[str], bytes]) -> None:
    library, plugin = wat(ADDER), wat(USES_ADDER)
    digests = [hashlib.sha256(data).hexdigest() for data in (library, plugin)]

    def manifest(first: str, second: str) -> dict[str, Any]:
        return {"wasm": [{"name": "lib", "data": library, "hash": first}, {"data": plugin, "hash": second}]}

    assert load_module(manifest(*digests)).call("f", b"") == u64(42)
    for wrong in (manifest(digests[1], digests[1]), manifest(digests[0], digests[0])):
        with pytest.raises(TamperedModule):
            load_module(wrong)


@pytest.mark.parametrize(
    ("import_text", "error"),
    [
        ('(import "lib" "missing" (func (param i64 i64) (result i64)))', ForbiddenImport),
        ('(import "other" "add" (func (param i64 i64) (result i64)))', ForbiddenImport),
        ('(import "lib" "add" (func (param i64) (result i64)))', WrongSignature),
        ('(import "lib" "add" (global i64))', WrongSignature),
        ('(import "main" "f" (func))', ForbiddenImport),
    ],
)
def test_what_no_module_exports_is_named(link: Link, import_text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        link(plugin_text('(func (export "f"))', imports=import_text), {"lib": ADDER})


def test_a_linked_module_imports_nothing_that_is_not_there(link: Link) -> None:
    with pytest.raises(ForbiddenImport, match=r"nowhere\.x"):
        link(USES_ADDER, {"lib": ADDER.replace("(module", '(module (import "nowhere" "x" (func))')})
    with pytest.raises(ForbiddenImport, match=r"lib\.add"):
        link(USES_ADDER, {"lib": ADDER.replace("(module", '(module (import "lib" "add" (func (param i64)))')})


@pytest.mark.only("wasmtime", why="libextism's limit is that of all modules together")
def test_memory_limits_hold_for_each_module(link: Link) -> None:
    library = '(module (memory 1) (func (export "grow") (result i32) (memory.grow (i32.const 10))))'
    plugin = plugin_text(
        '(func (export "f") (call $answer_u64 (i64.extend_i32_s (call $grow))))',
        imports='(import "lib" "grow" (func $grow (result i32)))',
    )
    assert link(plugin, {"lib": library}, limits=Limits(memory_pages=11)).call("f", b"") == u64(1)
    assert link(plugin, {"lib": library}, limits=Limits(memory_pages=10)).call("f", b"") == b"\xff" * 8
