"""Which modules are claimed as byte functions, by what, and what keeps one from being hosted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.priostack.conftest import BUFFERS, MULTI_VALUE, SHAPES, Shape

from plugbay import Host
from plugbay.contracts import Certainty, Claim, Decline, LinkedModule, PluginOptions
from plugbay.errors import (
    ConfigInvalid,
    ForbiddenImport,
    MissingExport,
    TooLarge,
    UnknownAbi,
    WrongSignature,
)
from plugbay.limits import Limits
from plugbay.module.binary import read_module
from plugbay.module.verified import VerifiedModule
from plugbay_adapters.priostack.adapter import PriostackAdapter

Wat = Callable[[str], bytes]
PACKED = """(module {imports}
  (memory (export "memory") {pages})
  (func (export "{alloc}") (param i32) (result i32) (i32.const 1024))
  (func (export "{free}") {free_params})
  (func (export "{name}") (param i32 i32) (result i64) (i64.const 0)) {extra})"""


def packed(**changes: str) -> str:
    usual = {
        "imports": "",
        "pages": "1",
        "alloc": "alloc",
        "free": "free",
        "free_params": "(param i32 i32)",
        "name": "echo",
        "extra": "",
    }
    return PACKED.format(**(usual | changes))


def claim_of(data: bytes, **config: Any) -> Claim | Decline:
    return PriostackAdapter().claim(read_module(data, ""), PluginOptions("p", Limits(), config))


def exact(data: bytes, **config: Any) -> Claim:
    claim = claim_of(data, **config)
    assert isinstance(claim, Claim)
    assert claim.certainty is Certainty.EXACT
    return claim


def finding(claim: Claim) -> Exception:
    assert len(claim.findings) == 1, claim.findings
    return claim.findings[0]


# ---- conventions -----------------------------------------------------------------------------------------------------


def test_each_convention_is_found_by_its_marks(shape: Shape) -> None:
    claim = exact(shape.build())
    assert (claim.profile, claim.findings) == (shape.convention, ())
    assert any(line.startswith("exports echo(") for line in claim.evidence)


@pytest.mark.parametrize(
    "changes",
    [
        {"alloc": "malloc"},
        {"free": "dealloc"},
        {"free_params": "(param i32)"},
        {"free": "dealloc", "free_params": "(param i32)", "alloc": "malloc"},
        {"extra": '(func (export "malloc") (param i64) (result i64) (i64.const 0))'},
        {"alloc": "malloc", "extra": '(func (export "alloc") (param i64) (result i64) (i64.const 0))'},
        {"free_params": "(param i64)", "extra": '(func (export "dealloc") (param i32))'},
    ],
)
def test_packed_goes_by_the_types_of_allocators_under_either_name(wat: Wat, changes: dict[str, str]) -> None:
    assert exact(wat(packed(**changes))).findings == ()


@pytest.mark.parametrize("name", ["__wbindgen_export", "__wbindgen_export_0", "__wbindgen_export12"])
def test_newer_names_of_wasm_bindgen_are_told_apart_by_their_types(wat: Wat, host: Host, name: str) -> None:
    text = MULTI_VALUE.format(name="echo", alloc="(i32.const 1024)", free="")
    text = text.replace("__wbindgen_malloc", name).replace("__wbindgen_free", "__wbindgen_export99")
    frame = f"""(module (memory (export "memory") 1)
      (func (export "__wbindgen_export_1") (param i32 i32 i32 i32) (result i32) (i32.const 0))
      (table (export "__wbindgen_export_3") 1 funcref)
      (func $run (param $p i32) (param $n i32) (result i32 i32) (i32.const 2048) (local.get $n))
      (func $release (param i32)) {text})"""
    assert exact(wat(frame)).findings == ()
    assert host.load(wat(frame)).call("echo", b"abc") == bytes(3)


def test_a_module_with_the_marks_of_two_conventions_is_the_one_that_it_has_functions_of(wat: Wat) -> None:
    started = packed(extra='(func (export "__wbindgen_start"))')
    assert exact(wat(started)).profile == "packed"
    both = SHAPES[4].build(extra='(func (export "malloc") (param i32) (result i32) (i32.const 0))')
    assert exact(both).profile == "assemblyscript"


@pytest.mark.parametrize("forced", ["packed", "wasm-bindgen", "assemblyscript"])
def test_a_convention_that_is_forced_says_what_it_misses(wat: Wat, forced: str) -> None:
    nothing = exact(wat('(module (func (export "run") (param i64)))'), convention=forced)
    kinds = {type(error) for error in nothing.findings}
    assert kinds == {MissingExport, WrongSignature}
    reasons = " ".join(error.reason for error in nothing.findings)
    assert "run is (i64) -> ()" in reasons
    assert "does not export its memory" in reasons


def test_a_forced_convention_is_used(host: Host) -> None:
    module = SHAPES[0].build(extra='(func (export "__wbindgen_malloc") (param i32 i32) (result i32) (i32.const 0))')
    assert host.load(module, config={"convention": "packed"}).claim.profile == "packed"
    with pytest.raises(MissingExport, match="does not export __wbindgen_free"):
        host.load(module, abi="priostack", config={"convention": "wasm-bindgen"})


def test_a_part_of_another_type_is_named(wat: Wat) -> None:
    text = BUFFERS.replace("(result i32) {alloc})", "(result i64) (i64.const 0))", 1).format(name="echo", free="")
    frame = f"""(module (memory (export "memory") 1) (global $pins (mut i32) (i32.const 0))
      (global $live (mut i32) (i32.const 0)) (global $heap (mut i32) (i32.const 0))
      (global $collected (mut i32) (i32.const 0))
      (func $run (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 0)) {text})"""
    error = finding(exact(wat(frame)))
    assert isinstance(error, WrongSignature)
    assert error.function == "__new"


def test_runtime_exports_that_are_missing_name_the_option_of_the_compiler(wat: Wat) -> None:
    text = """(module (memory (export "memory") 1)
      (func (export "__new") (param i32 i32) (result i32) (i32.const 0))
      (func (export "__pin") (param i32) (result i32) (i32.const 0))
      (func (export "run") (param i32) (result i32) (i32.const 0)))"""
    claim = exact(wat(text))
    assert [error.function for error in claim.findings] == ["__unpin", "__collect"]
    assert all(error.hint == "build it with asc --exportRuntime" for error in claim.findings)


def test_exports_of_other_types_stand_in_the_evidence(wat: Wat) -> None:
    extra = "".join(f'(func (export "f{number}") (param i64))' for number in range(5))
    claim = exact(wat(packed(extra=extra)))
    assert "exports f0(i64) -> (), which is no packed function" in claim.evidence
    assert "exports 2 more functions of other types" in claim.evidence


# ---- other ABIs ------------------------------------------------------------------------------------------------------


def test_a_gear_stays_fluxrigs_unless_it_is_forced(host: Host, gear: Callable[..., bytes]) -> None:
    claim = claim_of(gear())
    assert isinstance(claim, Claim)
    assert claim.certainty is Certainty.POSSIBLE
    assert host.load(gear()).claim.abi == "fluxrig"
    forced = host.load(gear(), name="forced", abi="priostack")
    assert (forced.claim.abi, forced.call("process", b"x")) == ("priostack", b"x")


@pytest.mark.parametrize(
    ("name", "type_"), [("emit", "(param i32 i32)"), ("flux_kv_get", "(param i32 i32) (result i64)")]
)
def test_a_module_that_imports_what_only_fluxrig_offers_is_declined(wat: Wat, name: str, type_: str) -> None:
    answer = claim_of(wat(packed(imports=f'(import "env" "{name}" (func {type_}))')))
    assert isinstance(answer, Decline)
    assert answer.missing == (f"imports env.{name}, which only fluxrig gears do",)


def test_an_extism_plugin_is_declined(wat: Wat) -> None:
    imports = '(import "extism:host/env" "input_length" (func (result i64)))'
    assert isinstance(claim_of(wat(packed(imports=imports))), Decline)


def test_a_module_without_marks_is_declined_with_what_it_lacks(wat: Wat, host: Host) -> None:
    answer = claim_of(wat("(module)"))
    assert isinstance(answer, Decline)
    assert any(line.startswith("packed: no alloc(i32) -> (i32)") for line in answer.missing)
    assert any(line.endswith("no __collect() -> () (asc --exportRuntime exports them)") for line in answer.missing)
    with pytest.raises(UnknownAbi, match="wasm-bindgen: no __wbindgen_malloc"):
        host.load(wat("(module)"), abi="priostack")


def test_functions_with_other_signatures_are_named_where_none_fits(wat: Wat, host: Host) -> None:
    text = packed().replace('(func (export "echo") (param i32 i32) (result i64) (i64.const 0))', "")
    answer = claim_of(wat(text))
    assert isinstance(answer, Decline)
    assert answer.missing == ("no export of the type (i32, i32) -> (i64) (packed)",)
    other = packed(extra="").replace("(result i64) (i64.const 0)", "")
    with pytest.raises(UnknownAbi, match=r"echo is \(i32, i32\) -> \(\)"):
        host.load(wat(other), abi="priostack")


def test_a_plain_extism_plugin_stays_one(wat: Wat, host: Host) -> None:
    plain = wat('(module (memory (export "memory") 1) (func (export "run") (result i32) (i32.const 0)))')
    assert host.load(plain).claim.abi == "extism"


def test_what_is_no_whole_gear_is_a_byte_function_even_if_it_is_called_process(wat: Wat, host: Host) -> None:
    plugin = host.load(wat(packed(name="process", free_params="(param i32)")))
    assert (plugin.claim.abi, plugin.call("process", b"")) == ("priostack", b"")


# ---- what can't be hosted --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["__wbindgen_placeholder__", "__wbindgen_externref_xform__"])
def test_a_raw_cdylib_is_told_to_go_through_wasm_bindgen(wat: Wat, host: Host, module: str) -> None:
    text = packed(imports=f'(import "{module}" "__wbindgen_describe" (func (param i32)))')
    error = finding(exact(wat(text)))
    assert isinstance(error, ForbiddenImport)
    assert "wasm-bindgen has not been run on it" in str(error)
    assert "wasm-bindgen --target" in (error.hint or "")
    with pytest.raises(ForbiddenImport, match="has not been run"):
        host.load(wat(text))


@pytest.mark.parametrize(
    ("module", "name"), [("gojs", "runtime.wasmExit"), ("go", "runtime.wasmExit"), ("go", "syscall/js.valueGet")]
)
def test_a_go_module_for_javascript_is_told_how_to_be_built(wat: Wat, host: Host, module: str, name: str) -> None:
    text = f"""(module (import "{module}" "{name}" (func (param i32))) (memory (export "mem") 1)
      (func (export "run") (param i32 i32)) (func (export "resume"))
      (func (export "getsp") (result i32) (i32.const 0)))"""
    with pytest.raises(ForbiddenImport, match="GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared"):
        host.load(wat(text))


@pytest.mark.parametrize("pages", ["32768", "40000", "65536"])
def test_a_packed_module_of_two_gibibytes_is_refused(wat: Wat, pages: str) -> None:
    error = finding(exact(wat(packed(pages=pages))))
    assert isinstance(error, TooLarge)
    assert (error.expected, error.found) == (32_767, int(pages))


def test_a_packed_memory_never_grows_to_where_pointers_have_bit_31(wat: Wat, host: Host) -> None:
    grow = """(module (memory (export "memory") 1 65536)
      (func (export "alloc") (param i32) (result i32) (i32.const 64))
      (func (export "free") (param i32 i32))
      (func (export "echo") (param i32 i32) (result i64)
        (i32.store (i32.const 1024) (memory.grow (i32.const 32767)))
        (i64.const 0x40000000004)))"""
    plugin = host.load(wat(grow), limits=Limits(memory_pages=65_536))
    assert plugin.call("echo", b"") == b"\xff\xff\xff\xff", "memory.grow refused"


def test_the_memory_must_be_exported(wat: Wat) -> None:
    error = finding(exact(wat(packed().replace('(memory (export "memory") 1)', "(memory 1)"))))
    assert isinstance(error, MissingExport)
    mistyped = packed().replace(
        '(memory (export "memory") 1)', '(memory 1) (global (export "memory") i32 (i32.const 0))'
    )
    assert isinstance(finding(exact(wat(mistyped))), WrongSignature)


@pytest.mark.parametrize("name", ["_initialize", "__wasm_call_ctors", "__wbindgen_start"])
def test_a_start_function_of_another_type_is_refused(wat: Wat, name: str) -> None:
    error = finding(exact(wat(packed(extra=f'(func (export "{name}") (param i32))'))))
    assert isinstance(error, WrongSignature)
    assert error.function == name


@pytest.mark.parametrize(
    ("imports", "hint"),
    [
        ('(import "env" "open" (func (param i32)))', "there are env.log, env.now, env.random and WASI preview 1"),
        ('(import "wbg" "__wbg_fetch_0123456789abcdef" (func (param i32)))', "JavaScript, which is not here"),
        ('(import "./users_bg.js" "__wbg_log_1" (func (param i32)))', "JavaScript, which is not here"),
        ('(import "wasi_snapshot_preview1" "fd_dream" (func))', "no such function"),
        ('(import "env" "memory" (memory 1))', "there are env.log"),
    ],
)
def test_imports_that_nothing_serves_are_refused_by_name(wat: Wat, imports: str, hint: str) -> None:
    error = finding(exact(wat(_with_import(imports))))
    assert isinstance(error, ForbiddenImport)
    assert hint in (error.hint or "")


def _with_import(imports: str) -> str:
    if "(memory 1)" not in imports:
        return packed(imports=imports)
    return packed(imports=imports).replace('(memory (export "memory") 1)', '(export "memory" (memory 0))')


def test_an_import_of_another_type_is_refused(wat: Wat) -> None:
    error = finding(exact(wat(packed(imports='(import "env" "now" (func (result i32)))'))))
    assert isinstance(error, WrongSignature)
    assert (error.expected, error.found) == ("() -> (i64)", "() -> (i32)")


def test_a_throw_of_another_type_is_refused() -> None:
    module = SHAPES[2].build(imports='(import "./x_bg.js" "__wbindgen_throw" (func (param i64)))')
    assert isinstance(finding(exact(module)), WrongSignature)


def test_a_module_that_imports_throwing_a_thousand_times_is_refused() -> None:
    imports = "".join(
        f'(import "wbg" "__wbg___wbindgen_throw_{number:016x}" (func (param i32 i32)))' for number in range(1000)
    )
    claim = exact(SHAPES[2].build(imports=imports))
    assert len(claim.findings) == 1000 - 16


@pytest.mark.parametrize(("length", "refused"), [(200, []), (201, [ForbiddenImport]), (90_000, [ForbiddenImport])])
def test_only_modules_named_after_a_file_are_glue(length: int, refused: list[type]) -> None:
    throw = f'(import "./{"n" * length}_bg.js" "__wbindgen_throw" (func (param i32 i32)))'
    claim = exact(SHAPES[2].build(imports=throw))
    assert [type(error) for error in claim.findings] == refused
    assert all(isinstance(error, ForbiddenImport) for error in claim.findings)


def test_linked_modules_are_refused_and_unknown_config_too(wat: Wat) -> None:
    with pytest.raises(ConfigInvalid, match="no config speed"):
        claim_of(wat(packed()), speed=3)
    data = wat(packed())
    info = read_module(data, "")
    linked = (LinkedModule("other", VerifiedModule(data, "", ""), info),)
    with pytest.raises(ConfigInvalid, match="are in one module, 1 others are linked"):
        PriostackAdapter().claim(info, PluginOptions("p", Limits(), linked=linked))


def test_almost_a_hundred_thousand_exports_are_read_without_delay(wat: Wat) -> None:
    names = "".join(f'(export "__wbindgen_export_{number}" (func $f))' for number in range(49_000))
    others = "".join(f'(export "g{number}" (func $f))' for number in range(49_000))
    module = wat(f'(module (memory (export "memory") 1) (func $f (param i64)) {names} {others})')
    assert isinstance(claim_of(module), Decline)
    assert isinstance(claim_of(module, convention="wasm-bindgen"), Claim)
