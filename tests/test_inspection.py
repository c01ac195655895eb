"""What can be known about a module without running it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from plugbay import Certainty, Claim, Decline, Host, Limits, PlugbayPlugins, PluginOptions, Trust
from plugbay.detection import choose
from plugbay.errors import AmbiguousAbi, ConfigInvalid, InvalidBinary, MissingExport, ModuleError, TooLarge, UnknownAbi
from plugbay.hookspecs import hookimpl
from plugbay.inspection import Inspection, describe_type, inspect_module, kind_of
from plugbay.module.info import ExternType, FuncType, GlobalType, MemoryType, ModuleInfo, TableType, TagType

ALLOCATING = '(func (export "alloc") (param i32) (result i32) (i32.const 8)) (func (export "free") (param i32 i32))'
ENTRYPOINT = '(func (export "process") (param i32 i32) (result i64) {})'
ENDLESS = "(loop $on (br $on))"


class Fixed:
    """An adapter whose answer is fixed; it compiles nothing."""

    engines = ("wasmtime",)

    def __init__(self, answer: Claim | Decline) -> None:
        self.name = answer.abi
        self._answer = answer

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        return self._answer

    def compile(self, *arguments: object) -> Any:
        raise MissingExport("no compiling here")


class Adapters:
    """A plugin of plugbay with such adapters."""

    def __init__(self, *answers: Claim | Decline) -> None:
        self._adapters = [Fixed(answer) for answer in answers]

    @hookimpl
    def plugbay_adapters(self) -> list[Fixed]:
        return self._adapters


def claim(abi: str, certainty: Certainty, *findings: ModuleError) -> Claim:
    return Claim(abi, certainty, ("found",), findings)


def inspected(plugins: Adapters, data: bytes, abi: str = "auto") -> Inspection:
    with Host(plugins=PlugbayPlugins([plugins])) as host:
        return inspect_module(host, data, abi=abi)


def test_a_gear_that_can_be_hosted_has_no_problems(host: Host, echo_gear: bytes) -> None:
    found = inspect_module(host, echo_gear)
    assert found.hostable
    assert found.winner is not None
    assert found.winner.abi == "fluxrig"
    assert (found.functions, found.default_function) == (frozenset({"process"}), "process")


def test_nothing_of_the_module_runs(host: Host, wat: Callable[[str], bytes]) -> None:
    hostile = wat(
        f'(module (memory (export "memory") 1) {ALLOCATING} {ENTRYPOINT.format("(i64.const 0)")}'
        f' (func $start {ENDLESS}) (start $start) (func (export "_initialize") {ENDLESS}))'
    )
    found = inspect_module(host, hostile)
    assert found.hostable
    assert found.info.start is not None


def test_everything_fits_into_json(host: Host, echo_gear: bytes, wat: Callable[[str], bytes]) -> None:
    everything = wat(
        '(module (import "env" "t" (table 1 2 funcref)) (import "env" "g" (global (mut i32)))'
        ' (memory (export "m") 1 3) (func (export "f") (param v128) (result i32 i64) unreachable))'
    )
    for data in (echo_gear, everything):
        facts = inspect_module(host, data).to_dict()
        assert orjson.loads(orjson.dumps(facts)) == facts


def test_all_findings_of_the_winner_are_problems(host: Host, wat: Callable[[str], bytes]) -> None:
    found = inspect_module(host, wat(f"(module {ENTRYPOINT.format('(i64.const 0)')})"))
    assert found.winner is not None
    assert found.problems == found.winner.findings
    assert {problem.function for problem in found.problems} == {"alloc", "free", "memory"}


def test_a_module_of_no_abi_has_that_as_its_problem(host: Host, wat: Callable[[str], bytes]) -> None:
    found = inspect_module(host, wat("(module)"))
    assert found.winner is None
    assert [type(problem) for problem in found.problems] == [UnknownAbi]
    assert {decline.abi for decline in found.detection.declines} == {"extism", "fluxrig", "priostack", "reflow"}


def test_limits_are_judged(host: Host, gear: Callable[..., bytes]) -> None:
    found = inspect_module(host, gear(pages="20"), limits=Limits(memory_pages=16))
    assert [problem.limit for problem in found.problems] == ["memory_pages"]
    with pytest.raises(TooLarge):
        inspect_module(host, gear(), limits=Limits(module_bytes=8))


def test_the_trust_policy_is_judged(echo_gear: bytes) -> None:
    with Host(trust=Trust(digests=frozenset({"00"}))) as host:
        found = inspect_module(host, echo_gear)
    assert [problem.code for problem in found.problems] == ["untrusted-signature"]


def test_features_beyond_the_abi_are_judged(host: Host, gear: Callable[..., bytes]) -> None:
    tail = gear(extra="(func $a (return_call $a))")
    assert [problem.code for problem in inspect_module(host, tail).problems] == ["unsupported-feature"]
    assert inspect_module(host, tail, features=("tail-call",)).hostable


def test_what_is_no_module_raises(host: Host) -> None:
    with pytest.raises(InvalidBinary):
        inspect_module(host, b"\0asm\r\0\1\0")


@pytest.mark.parametrize("options", [{"abi": "martian"}, {"engine": "steam"}, {"features": ("magic",)}])
def test_options_that_make_no_sense_raise(host: Host, echo_gear: bytes, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigInvalid):
        inspect_module(host, echo_gear, **options)


@pytest.mark.parametrize(
    ("first", "second", "abi", "winner"),
    [
        (Certainty.EXACT, Certainty.POSSIBLE, "auto", "a"),
        (Certainty.POSSIBLE, Certainty.EXACT, "auto", "b"),
        (Certainty.EXACT, Certainty.EXACT, "auto", None),
        (Certainty.POSSIBLE, Certainty.POSSIBLE, "auto", None),
        (Certainty.EXACT, Certainty.POSSIBLE, "b", "b"),
        (Certainty.EXACT, None, "auto", "a"),
        (None, None, "auto", None),
    ],
)
def test_the_winner_is_the_one_that_loading_chooses(
    wat: Callable[[str], bytes], first: Certainty | None, second: Certainty | None, abi: str, winner: str | None
) -> None:
    answers = [
        claim(name, certainty) if certainty is not None else Decline(name, ("nothing",))
        for name, certainty in (("a", first), ("b", second))
    ]
    plugins = Adapters(*answers)
    found = inspected(plugins, wat("(module)"), abi)
    assert (found.winner.abi if found.winner else None) == winner
    with Host(plugins=PlugbayPlugins([plugins])) as host:
        if winner is None:
            with pytest.raises((AmbiguousAbi, UnknownAbi)):
                choose(host.plugins.adapters, found.info, PluginOptions("x", Limits()), abi)
        else:
            assert choose(host.plugins.adapters, found.info, PluginOptions("x", Limits()), abi)[0].name == winner


@pytest.mark.parametrize(
    ("extern", "kind", "text"),
    [
        (FuncType(("i32",), ("i64",)), "func", "(i32) -> (i64)"),
        (MemoryType(1), "memory", "1 or more pages"),
        (MemoryType(1, 16), "memory", "1 to 16 pages"),
        (MemoryType(2, 2, shared=True), "memory", "2 pages, shared"),
        (TableType("funcref", 4), "table", "funcref, 4 or more"),
        (TableType("externref", 1, 1, table64=True), "table", "externref, 1, 64-bit"),
        (GlobalType("i32", mutable=True), "global", "mut i32"),
        (GlobalType("f64"), "global", "f64"),
        (TagType(("i32",)), "tag", "(i32)"),
    ],
)
def test_types_read_well(extern: ExternType, kind: str, text: str) -> None:
    assert (kind_of(extern), describe_type(extern)) == (kind, text)
