"""Which modules are Extism plugins, and what keeps one from being hosted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.extism.conftest import Load

from plugbay.contracts import Certainty, Claim, Decline
from plugbay.errors import (
    ForbiddenImport,
    GuestTrap,
    InitFailed,
    InvalidBinary,
    MissingExport,
    ModuleError,
    TooLarge,
    WrongSignature,
)
from plugbay.limits import Limits
from plugbay.module.binary import read_module
from plugbay.module.info import Export, FuncType, Import, ModuleInfo
from plugbay_adapters.extism.claim import callable_functions, claim_module, start_functions
from plugbay_adapters.extism.driven import provided_imports

Judge = Callable[..., Claim | Decline]
F = '(func (export "f"))'


@pytest.fixture
def judge(wat: Callable[[str], bytes]) -> Judge:
    """The claim on a module of these fields, linked with others by name."""

    def judge(fields: str, **linked: str) -> Claim | Decline:
        def info(text: str) -> Any:
            return read_module(wat(f"(module {text})"), "")

        return claim_module(info(fields), provided_imports({}), [(name, info(text)) for name, text in linked.items()])

    return judge


def kernel(name: str, signature: str) -> str:
    return f'(import "extism:host/env" "{name}" (func {signature}))'


def finding_of(claim: Claim | Decline) -> ModuleError:
    assert isinstance(claim, Claim)
    (finding,) = claim.findings
    return finding


# ---- evidence --------------------------------------------------------------------------------------------------------
def test_an_import_of_the_kernel_is_exact(judge: Judge) -> None:
    claim = judge(f"{kernel('input_length', '(result i64)')} {F}")
    assert isinstance(claim, Claim)
    assert (claim.abi, claim.certainty, claim.findings) == ("extism", Certainty.EXACT, ())
    assert claim.evidence[0] == "imports extism:host/env.input_length"
    assert claim.evidence[1].startswith("exports f")


@pytest.mark.parametrize("result", ["", "(result i32)", "(result i64)", "(result f32)", "(result f64)"])
def test_a_function_that_can_be_called_is_possible(judge: Judge, result: str) -> None:
    claim = judge(f'(func (export "f") {result} unreachable)')
    assert isinstance(claim, Claim)
    assert (claim.certainty, claim.findings) == (Certainty.POSSIBLE, ())


@pytest.mark.parametrize(
    "fields",
    [
        "",
        '(memory (export "memory") 1)',
        '(func (export "f") (param i32))',
        '(func (export "f") (result i32 i32) unreachable)',
        '(func (export "f") (result funcref) unreachable)',
        '(func (export "_initialize"))',
        '(func (export "__wasm_call_ctors"))',
    ],
)
def test_anything_else_is_none(judge: Judge, fields: str) -> None:
    assert isinstance(judge(fields), Decline)


def test_long_evidence_is_counted(judge: Judge) -> None:
    imports = "".join(
        kernel(name, "(param i64)") for name in ("free", "error_set", "log_info", "log_warn", "log_error")
    )
    functions = "".join(f'(func (export "f{number}"))' for number in range(10))
    claim = judge(f"{imports} {functions}")
    assert isinstance(claim, Claim)
    assert "imports 2 more functions of extism:host/env" in claim.evidence
    assert "exports 7 more functions that can be called" in claim.evidence


def test_start_functions_are_not_called_and_start_comes_last(wat: Callable[[str], bytes]) -> None:
    names = ["_start", "b", "_initialize", "a", "__wasm_call_ctors", "hs_init"]
    fields = "".join(f'(func (export "{name}"))' for name in names)
    info = read_module(wat(f"(module {fields})"), "")
    assert callable_functions(info) == ("b", "a", "_start")
    assert start_functions(info) == ("_initialize", "hs_init")


# ---- findings --------------------------------------------------------------------------------------------------------
def test_a_plugin_without_a_function_says_so(judge: Judge) -> None:
    assert isinstance(finding_of(judge(kernel("free", "(param i64)"))), MissingExport)


@pytest.mark.parametrize("name", ["alloc", "http_request", "get_log_level", "output_set"])
def test_a_kernel_function_of_another_type_is_named(judge: Judge, name: str) -> None:
    for signature in ("", "(param i32)", "(param i64) (result i32)", "(param i64 i64 i64)"):
        finding = finding_of(judge(f"{kernel(name, signature)} {F}"))
        assert isinstance(finding, WrongSignature)
        assert finding.function == f"extism:host/env.{name}"


@pytest.mark.parametrize("kind", ["(global i64)", "(memory 1)", "(table 1 funcref)"])
def test_a_kernel_function_is_a_function(judge: Judge, kind: str) -> None:
    assert isinstance(finding_of(judge(f'(import "extism:host/env" "alloc" {kind}) {F}')), WrongSignature)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("extism:host/env", "alloc2"),
        ("extism:host/env", ""),
        ("extism:host/env", "setup"),
        ("extism:host/env", "extism:host/env.alloc"),
        ("extism:host/user", "missing"),
        ("wasi_snapshot_preview1", "fd_dance"),
        ("wasi_unstable", "fd_write"),
        ("env", "alloc"),
        ("host", "service"),
        ("driver", "stop"),
        ("", ""),
    ],
)
def test_an_import_that_nothing_provides_is_named(judge: Judge, module: str, name: str) -> None:
    finding = finding_of(judge(f'(import "{module}" "{name}" (func)) (memory (export "memory") 1) {F}'))
    assert isinstance(finding, ForbiddenImport)
    assert finding.function == f"{module}.{name}"
    assert finding.hint


def test_every_finding_is_told_at_once(judge: Judge) -> None:
    claim = judge(f'{kernel("alloc", "")} {kernel("nothing", "")} (func (export "hs_init"))')
    assert isinstance(claim, Claim)
    assert [type(finding) for finding in claim.findings] == [
        WrongSignature,
        ForbiddenImport,
        MissingExport,
        WrongSignature,
    ]


def test_wasi_needs_the_memory(judge: Judge) -> None:
    wasi = '(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))'
    for memory in ("", "(memory 1)", '(func (export "memory") (param i32))'):
        assert isinstance(finding_of(judge(f"{wasi} {memory} {F}")), MissingExport)
    claim = judge(f'{wasi} (memory (export "memory") 1) {F}')
    assert isinstance(claim, Claim)
    assert claim.findings == ()


def test_linked_modules_are_judged_too(judge: Judge) -> None:
    uses = '(import "lib" "g" (func))'
    good = judge(f"{uses} {F}", lib='(func (export "g"))')
    assert isinstance(good, Claim)
    assert good.findings == ()
    assert isinstance(finding_of(judge(f"{uses} {F}", lib='(func (export "h"))')), ForbiddenImport)
    assert isinstance(finding_of(judge(f"{uses} {F}", lib='(func (export "g") (param i32))')), WrongSignature)
    assert isinstance(finding_of(judge(F, lib=kernel("nothing", ""))), ForbiddenImport)


def test_the_exports_of_a_linked_module_are_gone_through_once_for_all_imports() -> None:
    rounds: list[int] = []

    class Counted(tuple[Export, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Export]:
            rounds.append(1)
            return super().__iter__()

    names = [f"f{number}" for number in range(50)]
    linked = ModuleInfo("", 0, exports=Counted(Export(name, FuncType()) for name in names))
    main = ModuleInfo("", 0, imports=tuple(Import("lib", name, FuncType()) for name in names))
    claim = claim_module(replace(main, exports=linked.exports[:1]), {}, [("lib", linked)])
    assert isinstance(claim, Claim)
    assert not claim.findings
    assert len(rounds) == 1


# ---- loading ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fields", [F, '(memory (export "memory") 1) (func (export "f"))'])
def test_a_plugin_that_imports_nothing_is_hosted_when_asked_for(load_module: Load, wat: Any, fields: str) -> None:
    assert load_module(wat(f"(module {fields})"), abi="extism").call("f", b"x") == b""


@pytest.mark.parametrize("export", ['(func (export "memory"))', '(global (export "memory") i32 (i32.const 0))'])
def test_an_export_called_memory_may_be_anything(load_module: Load, wat: Any, export: str) -> None:
    functions = '(func (export "f")) (func (export "t") unreachable)'
    text = f"(module {kernel('input_length', '(result i64)')} {export} {functions})"
    plugin = load_module(wat(text))
    with pytest.raises(GuestTrap):
        plugin.call("t", b"")
    assert plugin.call("f", b"") == b""


@pytest.mark.parametrize("data", [b"", b"\0asm", b"\0asm\x01\0\0\0\xff", b"not wasm", b"\0asm\x0d\0\x01\0"])
def test_what_is_no_module_is_refused(load_module: Load, data: bytes) -> None:
    with pytest.raises(InvalidBinary):
        load_module(data, abi="extism")
    with pytest.raises(InvalidBinary):
        load_module({"wasm": [{"data": data}]})


def test_a_module_that_starts_too_large_is_refused(load_module: Load, wat: Any) -> None:
    with pytest.raises(TooLarge):
        load_module(wat(f"(module (memory 100) {F})"), abi="extism", limits=Limits(memory_pages=99))
    with pytest.raises(TooLarge):
        load_module(wat(f"(module (table 100 funcref) {F})"), abi="extism", limits=Limits(table_elements=99))


def test_data_beyond_memory_fails_the_start(load_module: Load, wat: Any) -> None:
    with pytest.raises(InitFailed):
        load_module(wat(f'(module (memory 1) (data (i32.const 65536) "x") {F})'), abi="extism")
