"""Which modules are actors, and what is said about those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.reflow.conftest import ACTORS, ROOT
from tests.reflow.machine import METADATA, scripted_actor

from plugbay import Host, Message, Permissions
from plugbay.contracts import Certainty
from plugbay.errors import ConfigInvalid, ForbiddenImport, MissingExport, UnknownAbi, WrongSignature
from plugbay.inspection import inspect_module
from plugbay.module.wat import compile_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.contracts import Claim

OLD_ACTOR = ROOT / "tests" / "extism" / "guests" / "process_only.wat"
TINYGO_ACTOR = ROOT / "tests" / "extism" / "guests" / "tinygo_actor.wat"
ALLOC = '(import "extism:host/env" "alloc" (func (param i64) (result i64)))'
GET_STATE = '(import "extism:host/user" "__get_state" (func (param i64) (result i64)))'
BOTH = '(func (export "get_metadata")) (func (export "process"))'

wasmtime_only = pytest.mark.parametrize("engine", ["wasmtime"])
"""Claims are made without any engine."""


def claim_of(host: Host, module: bytes, **options: Any) -> Claim | None:
    """Reflow's claim on a module."""
    claims = inspect_module(host, module, **options).detection.claims
    return next((claim for claim in claims if claim.abi == "reflow"), None)


@pytest.mark.parametrize("name", ["counter-rust", "counter-go", "async-output-rust", "async-output-go"])
def test_a_real_actor_is_recognised(host: Host, name: str) -> None:
    with host.load(ACTORS / f"{name}.wasm") as plugin:
        assert (plugin.claim.abi, plugin.claim.certainty, plugin.claim.profile) == ("reflow", Certainty.EXACT, "actor")
        assert plugin.claim.evidence[:2] == ("exports get_metadata() -> (i32)", "exports process() -> (i32)")
        assert ("imports extism:host/user.__send_output" in plugin.claim.evidence) == ("async" in name)
        assert plugin.default_function == "process"


def test_an_actor_in_tinygos_shape_is_recognised(host: Host) -> None:
    with host.load(compile_text(TINYGO_ACTOR.read_bytes(), "tinygo")) as plugin:
        assert plugin.claim.abi == "reflow"
        assert plugin.process(Message.new({"value": None}), "in").raise_for_error().messages


@wasmtime_only
def test_an_actor_is_no_plain_plugin_unless_that_is_asked_for(host: Host) -> None:
    plain = host.load(ACTORS / "counter-rust.wasm", abi="extism")
    assert (plain.claim.abi, plain.metadata) == ("extism", {})


def test_an_actor_older_than_get_metadata_is_a_plain_plugin(host: Host) -> None:
    plugin = host.load(compile_text(OLD_ACTOR.read_bytes(), "old"))
    assert plugin.claim.abi == "extism"
    assert plugin.call("process", b"{}") == b'{"outputs":{}}'


def test_as_an_actor_it_is_refused_with_the_missing_export(host: Host) -> None:
    with pytest.raises(MissingExport, match="does not export get_metadata") as caught:
        host.load(compile_text(OLD_ACTOR.read_bytes(), "old"), abi="reflow", name="old")
    error = caught.value
    assert (error.plugin, error.function) == ("old", "get_metadata")
    assert error.hint is not None
    assert "--abi extism" in error.hint


@wasmtime_only
@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ('(func (export "get_metadata"))', "process"),
        ('(func (export "get_metadata")) (func (export "process") (param i32))', "process"),
        ('(func (export "process")) (func (export "get_metadata") (result i32 i32) i32.const 0 i32.const 0)', "get_m"),
        ('(func (export "process")) (memory (export "get_metadata") 1)', "get_metadata"),
        (f"{GET_STATE}", "get_metadata"),
    ],
)
def test_a_part_of_an_actor_is_a_possible_one_that_says_what_is_missing(
    host: Host, wat: Callable[[str], bytes], fields: str, missing: str
) -> None:
    module = wat(f"(module {ALLOC} {fields})")
    claim = claim_of(host, module)
    assert claim is not None
    assert claim.certainty is Certainty.POSSIBLE
    with pytest.raises(MissingExport, match=missing):
        host.load(module, abi="reflow")


@wasmtime_only
def test_what_has_no_part_of_an_actor_is_declined(host: Host, wat: Callable[[str], bytes]) -> None:
    found = inspect_module(host, wat(f'(module {ALLOC} (func (export "f")))')).detection
    (said,) = (decline.missing for decline in found.declines if decline.abi == "reflow")
    assert said == ("no export get_metadata that can be called", "no export process that can be called")
    with pytest.raises(UnknownAbi, match="get_metadata"):
        host.load(wat("(module)"), abi="reflow")


@wasmtime_only
@pytest.mark.parametrize(("exports", "abi"), [(BOTH, "reflow"), ('(func (export "process"))', "extism")])
def test_without_any_import_of_extism_only_both_exports_make_an_actor(
    host: Host, wat: Callable[[str], bytes], exports: str, abi: str
) -> None:
    winner = inspect_module(host, wat(f"(module {exports})")).detection.winner()
    assert winner is not None
    assert (winner.abi, winner.certainty) == (abi, Certainty.POSSIBLE)


@wasmtime_only
def test_a_host_function_of_another_type_is_found(host: Host, wat: Callable[[str], bytes]) -> None:
    module = wat(f'(module {ALLOC} (import "extism:host/user" "__get_state" (func (param i32))) {BOTH})')
    with pytest.raises(WrongSignature, match="__get_state"):
        host.load(module)


@wasmtime_only
def test_a_host_function_that_nobody_offers_is_found(host: Host, wat: Callable[[str], bytes]) -> None:
    with pytest.raises(ForbiddenImport, match="__get_weather"):
        host.load(wat(f'(module {ALLOC} (import "extism:host/user" "__get_weather" (func)) {BOTH})'))


@wasmtime_only
def test_reflows_functions_are_for_actors_only(host: Host, wat: Callable[[str], bytes]) -> None:
    with pytest.raises(ForbiddenImport, match="__get_state"):
        host.load(wat(f'(module {ALLOC} {GET_STATE} (func (export "process")))'), abi="extism")


def test_the_config_names_another_entry_point(host: Host) -> None:
    module = scripted_actor(entry="handle")
    with host.load(module, config={"entry_point": "handle"}) as plugin:
        assert (plugin.claim.abi, plugin.default_function) == ("reflow", "handle")
        ((port, message),) = plugin.process(Message.new({"value": 3}), "integer").raise_for_error().messages
        assert (port, message.data) == ("integer", {"value": 3})


@wasmtime_only
def test_an_entry_point_that_is_missing_is_named(host: Host) -> None:
    with pytest.raises(MissingExport, match="does not export handle") as caught:
        host.load(scripted_actor(), abi="reflow", config={"entry_point": "handle"})
    assert caught.value.hint is not None
    assert "entry_point" in caught.value.hint


@wasmtime_only
@pytest.mark.parametrize("name", ["", 7, None, ["process"]])
def test_an_entry_point_that_is_no_name_is_refused(host: Host, name: object) -> None:
    with pytest.raises(ConfigInvalid, match="entry_point") as caught:
        host.load(scripted_actor(), abi="reflow", config={"entry_point": name})
    assert caught.value.found == name


@wasmtime_only
def test_a_required_config_is_not_needed_to_inspect(host: Host) -> None:
    schema = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}
    found = inspect_module(host, scripted_actor({**METADATA, "config_schema": schema}))
    assert found.hostable
    assert found.metadata["config_schema"] == schema


@wasmtime_only
def test_inspecting_reaches_nothing_and_says_what_the_metadata_lacks(host: Host) -> None:
    asking = scripted_actor(get_metadata="(drop (call $get_state (call $alloc (i64.const 1)))) (i32.const 0)")
    (problem,) = inspect_module(host, asking).problems
    assert problem.code == "invalid-metadata"
    assert host.permissions == Permissions(state=True)
