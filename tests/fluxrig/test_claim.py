from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from plugbay import Certainty, Claim, Decline, Limits, PluginOptions
from plugbay.errors import ForbiddenImport, MissingExport, WrongSignature
from plugbay.module.binary import read_module
from plugbay_adapters.fluxrig.adapter import FluxrigAdapter

MEMORY = '(memory (export "memory") 1)'
FUNCTIONS = {
    "alloc": '(func (export "alloc") (param i32) (result i32) (unreachable))',
    "free": '(func (export "free") (param i32 i32))',
    "process": '(func (export "process") (param i32 i32) (result i64) (unreachable))',
}
COMPLETE = MEMORY + "".join(FUNCTIONS.values())


@pytest.fixture
def claim(wat: Callable[[str], bytes]) -> Callable[..., Claim | Decline]:
    def ask(text: str, **config: str) -> Claim | Decline:
        wasm = wat(f"(module {text})")
        return FluxrigAdapter().claim(read_module(wasm, ""), PluginOptions("gear", Limits(), config))

    return ask


Ask = Callable[..., Claim | Decline]


def claimed(answer: Claim | Decline) -> Claim:
    assert isinstance(answer, Claim)
    return answer


def test_a_complete_gear_is_claimed_exactly_with_its_evidence(claim: Ask) -> None:
    answer = claimed(claim(COMPLETE))
    assert answer.certainty is Certainty.EXACT
    assert answer.findings == ()
    assert answer.profile == "core"
    assert answer.evidence == (
        "exports alloc(i32) -> (i32)",
        "exports free(i32, i32) -> ()",
        "exports process(i32, i32) -> (i64)",
    )


@pytest.mark.parametrize("names", [pair for size in (1, 2) for pair in combinations(FUNCTIONS, size)])
def test_a_part_of_a_gear_is_a_possible_one_or_none(claim: Ask, names: tuple[str, ...]) -> None:
    answer = claim(MEMORY + "".join(FUNCTIONS[name] for name in names))
    if "process" in names or len(names) == 2:
        found = claimed(answer)
        assert found.certainty is Certainty.POSSIBLE
        assert [finding.function for finding in found.findings] == [name for name in FUNCTIONS if name not in names]
        assert all(isinstance(finding, MissingExport) for finding in found.findings)
    else:
        assert isinstance(answer, Decline)
        assert len(answer.missing) == 2


def test_a_module_without_any_of_it_is_declined_with_all_that_is_missing(claim: Ask) -> None:
    answer = claim("")
    assert answer == Decline(
        "fluxrig",
        (
            "no export alloc(i32) -> (i32)",
            "no export free(i32, i32) -> ()",
            "no export process(i32, i32) -> (i64)",
        ),
    )


def test_an_export_that_merely_has_the_name_is_no_claim(claim: Ask) -> None:
    answer = claim('(func (export "process") (param f64))')
    assert isinstance(answer, Decline)
    assert "process is (f64) -> (), not (i32, i32) -> (i64)" in answer.missing


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("alloc", '(func (export "alloc") (param i64) (result i32) (unreachable))'),
        ("free", '(func (export "free") (param i32))'),
        ("free", '(global (export "free") i32 (i32.const 1))'),
        ("process", '(func (export "process") (param i32 i32) (result i32) (unreachable))'),
    ],
)
def test_a_mistyped_export_is_a_finding(claim: Ask, name: str, instead: str) -> None:
    answer = claimed(claim(COMPLETE.replace(FUNCTIONS[name], instead)))
    assert answer.certainty is Certainty.POSSIBLE
    (finding,) = answer.findings
    assert isinstance(finding, WrongSignature)
    assert finding.function == name


@pytest.mark.parametrize("memory", ["", "(memory 1)", '(global (export "memory") i32 (i32.const 1))'])
def test_the_memory_must_be_exported_as_one(claim: Ask, memory: str) -> None:
    (finding,) = claimed(claim(COMPLETE.replace(MEMORY, memory))).findings
    assert isinstance(finding, (MissingExport, WrongSignature))
    assert finding.function == "memory"


def test_malloc_stands_in_for_alloc_and_alloc_goes_first(claim: Ask) -> None:
    malloc = FUNCTIONS["alloc"].replace("alloc", "malloc")
    assert claimed(claim(COMPLETE.replace(FUNCTIONS["alloc"], malloc))).certainty is Certainty.EXACT
    both = claimed(claim(COMPLETE + '(func (export "malloc") (param f32))'))
    assert both.certainty is Certainty.EXACT


def test_another_entrypoint_is_looked_for_when_configured(claim: Ask) -> None:
    other = COMPLETE.replace('"process"', '"on_message"')
    assert claimed(claim(other)).certainty is Certainty.POSSIBLE
    assert claimed(claim(other, entrypoint="on_message")).certainty is Certainty.EXACT


@pytest.mark.parametrize(
    ("imports", "profile"),
    [
        ('(import "env" "log" (func (param i32 i32 i32)))', "core"),
        ('(import "env" "emit" (func (param i32 i32)))', "extended"),
        ('(import "env" "flux_kv_get" (func (param i32 i32) (result i64)))', "extended"),
        (
            '(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))'
            '(import "env" "log" (func (param i32 i32 i32)))',
            "extended",
        ),
    ],
)
def test_imports_decide_the_profile_and_are_evidence(claim: Ask, imports: str, profile: str) -> None:
    answer = claimed(claim(imports + COMPLETE))
    assert (answer.certainty, answer.profile, answer.findings) == (Certainty.EXACT, profile, ())
    assert any(sentence.startswith("imports ") for sentence in answer.evidence)


def test_an_initializer_makes_a_gear_an_extended_one(claim: Ask) -> None:
    assert claimed(claim(COMPLETE + '(func (export "_initialize"))')).profile == "extended"
    (finding,) = claimed(claim(COMPLETE + '(func (export "_initialize") (param i32))')).findings
    assert isinstance(finding, WrongSignature)


@pytest.mark.parametrize("name", ["env.exec", "wasi_unstable.fd_write", "env.LOG", ".log"])
def test_what_fluxrig_does_not_provide_is_forbidden(claim: Ask, name: str) -> None:
    module, _, field = name.partition(".")
    (finding,) = claimed(claim(f'(import "{module}" "{field}" (func)){COMPLETE}')).findings
    assert isinstance(finding, ForbiddenImport)
    assert finding.function == name
    assert "env.log" in (finding.hint or "")


def test_an_import_of_another_type_is_a_finding(claim: Ask) -> None:
    (finding,) = claimed(claim('(import "env" "log" (func (param i32)))' + COMPLETE)).findings
    assert isinstance(finding, WrongSignature)
    assert (finding.expected, finding.found) == ("(i32, i32, i32) -> ()", "(i32) -> ()")
