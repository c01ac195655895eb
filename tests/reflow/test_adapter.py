"""What an actor says about itself, and its config, as loading it sees them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.reflow.conftest import ACTORS
from tests.reflow.machine import METADATA, op, scripted_actor
from tests.reflow.scripts import returns, run, sends, told

from plugbay import Host, Limits, Message, Permissions
from plugbay.errors import ConfigInvalid, DeadlineExceeded, GuestError, GuestTrap, InitFailed, InvalidMetadata

if TYPE_CHECKING:
    from tests.reflow.conftest import Load

    from plugbay import Plugin
    from plugbay.errors import PlugbayError

ANSWER_TRUE = (
    '(data (i32.const 2048) "true") (func (export "validate_config") (call $answer (i32.const 2048) (i32.const 4)))'
)
"""An actor that takes every config."""
SEND_CONTEXT = op("input", 0) + op("send", 0) + returns({"outputs": {}})
URL = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}, "retries": {"default": 3}}}


def refused(host: Host, module: bytes, **options: Any) -> PlugbayError:
    """The error of a module that can't be loaded as an actor."""
    with pytest.raises(InvalidMetadata) as caught:
        host.load(module, abi="reflow", name="actor", **options)
    assert caught.value.plugin == "actor"
    return caught.value


def given_config(actor: Plugin) -> dict[str, Any]:
    """The config that the actor sees."""
    config: dict[str, Any] = dict(told(run(actor, SEND_CONTEXT)))["config"]["config"]
    return config


def validating(body: str) -> bytes:
    """An actor whose ``validate_config`` has that body."""
    return scripted_actor(extra=f'(func (export "validate_config") (result i32) {body})')


@pytest.mark.parametrize("name", ["counter-rust", "counter-go"])
def test_a_real_actor_tells_of_itself(host: Host, name: str) -> None:
    metadata = host.load(ACTORS / f"{name}.wasm").metadata
    said = json.loads((ACTORS / "go" / "counter" / "metadata.json").read_text())
    assert metadata == {**said, "version": "1.0.0"}


@pytest.mark.parametrize("name", ["async-output-rust", "async-output-go"])
def test_a_version_is_told_only_by_actors_that_have_one(host: Host, name: str) -> None:
    assert host.load(ACTORS / f"{name}.wasm").metadata["version"] is None


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        (b"", "metadata"),
        (b"not json", "metadata"),
        (b"[]", "metadata"),
        (b'"{}"', "metadata"),
        (b"\xff\xfe", "metadata"),
        ({}, "component"),
        ({"component": ""}, "component"),
        ({"component": "A", "inports": [{"name": "a", "port_type": "Number"}]}, "inports[0].port_type"),
        ({"component": "A", "outports": [{"name": "a"}]}, "outports[0].port_type"),
        ({"component": "A", "inports": [{"name": "a", "port_type": "Any"}] * 2}, "inports[1].name"),
        ({"component": "A", "config_schema": {"type": "objekt"}}, "config_schema.type"),
        ({"component": "A", "config_schema": "text"}, "config_schema"),
        ({"component": "A", "config_schema": {"$ref": "https://example.com/schema"}}, "config_schema"),
        (
            {"component": "A", "config_schema": {"properties": {"n": {"type": "integer", "default": "x"}}}},
            "config.n",
        ),
    ],
)
def test_metadata_that_is_wrong_is_named_by_its_field(host: Host, metadata: Any, field: str) -> None:
    error = refused(host, scripted_actor(metadata))
    assert error.function is not None
    assert error.function.startswith(field)
    assert field in error.reason


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("(unreachable)", GuestTrap),
        ("(call $recurse) (i32.const 0)", GuestTrap),
        ("(loop $on (br $on)) (i32.const 0)", DeadlineExceeded),
        ("(i32.const 7)", GuestError),
        ("(call $error_set (call $block (i32.const 4096) (i32.const 9))) (i32.const 0)", GuestError),
    ],
)
def test_metadata_that_never_comes_is_an_error_with_its_cause(host: Host, body: str, cause: type) -> None:
    error = refused(host, scripted_actor(get_metadata=body), limits=Limits(deadline=0.3))
    assert error.function == "get_metadata"
    assert isinstance(error.__cause__, cause)
    assert error.hint is not None
    assert ("Limits.deadline" if cause is DeadlineExceeded else "--abi extism") in error.hint


def test_metadata_without_end_is_not_read(host: Host) -> None:
    body = "(call $output_set (call $filled (i32.const 1048577) (i32.const 32)) (i64.const 1048577)) (i32.const 0)"
    error = refused(host, scripted_actor(get_metadata=body))
    assert (error.function, error.found) == ("metadata", "1048577 bytes")


@pytest.mark.parametrize(
    "call",
    [
        "(drop (call $get_state (call $block (i32.const 4096) (i32.const 1))))",
        "(call $set_state (call $block (i32.const 4096) (i32.const 1)) (call $block (i32.const 4096) (i32.const 1)))",
        "(call $send_output (call $block (i32.const 4096) (i32.const 9)))",
    ],
)
def test_metadata_reaches_no_host_function(host: Host, call: str) -> None:
    error = refused(host, scripted_actor(get_metadata=f"{call} (i32.const 0)"))
    assert error.function == "get_metadata"
    assert host.state.namespaces() == []


def test_a_start_up_reaches_no_host_function(host: Host) -> None:
    start = '(func (export "_initialize") (call $send_output (call $block (i32.const 4096) (i32.const 9))))'
    with pytest.raises(InitFailed, match="start-up failed"):
        host.load(scripted_actor(extra=start), abi="reflow")


@pytest.mark.parametrize("text", ["", "1.0", "7", '""', '"a\\nb"'])
def test_a_version_that_is_no_text_is_refused(host: Host, text: str) -> None:
    escaped = text.replace("\\", "\\5c").replace('"', "\\22")
    answer = f"(call $answer (i32.const 2048) (i32.const {len(text)})) (i32.const 0)"
    extra = f'(data (i32.const 2048) "{escaped}") (func (export "get_version") (result i32) {answer})'
    error = refused(host, scripted_actor(extra=extra))
    assert error.function == "version"


def test_defaults_fill_what_the_config_leaves_out(load: Load) -> None:
    actor = load({**METADATA, "config_schema": URL}, config={"url": "x", "more": [1, 2.5, None]})
    assert given_config(actor) == {"url": "x", "more": [1, 2.5, None], "retries": 3}


@pytest.mark.parametrize("engine", ["wasmtime", "extism"])
@pytest.mark.parametrize(
    ("config", "path"),
    [({}, "config.url"), ({"url": 7}, "config.url"), ({"url": "x", "n": {"deep": [2**64]}}, "config.n.deep[0]")],
)
def test_a_config_that_breaks_the_schema_is_named_by_its_path(load: Load, config: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load({**METADATA, "config_schema": URL}, config=config)
    assert (caught.value.plugin, caught.value.function) == ("actor", path)


def test_a_config_is_any_object_without_a_schema(load: Load) -> None:
    config = {"a": {"b": [1, -0.0, "ü", None, True]}}
    assert given_config(load(config=config)) == config


@pytest.mark.parametrize(
    ("schema", "seen"), [(None, {"n": 1}), ({"properties": {"entry_point": {}}}, {"n": 1, "entry_point": "process"})]
)
def test_the_entry_point_is_the_actors_business_only_if_its_schema_has_it(
    load: Load, schema: object, seen: dict[str, Any]
) -> None:
    actor = load({**METADATA, "config_schema": schema}, config={"n": 1, "entry_point": "process"})
    assert given_config(actor) == seen


def test_a_context_names_the_plugin_and_the_component(load: Load) -> None:
    about = dict(told(run(load(name="node-7"), SEND_CONTEXT)))["config"]
    assert (about["node_id"], about["component"]) == ("node-7", "Scripted")
    assert (about["resolved_env"], about["namespace"]) == ({}, None)


@pytest.mark.parametrize("name", ["counter-rust", "counter-go"])
def test_a_real_actor_gets_its_config(host: Host, name: str) -> None:
    counter = host.load(ACTORS / f"{name}.wasm", config={"initial_value": 10, "step": 5})
    assert told(counter.process(Message.new(), "increment")) == [("count", 15)]
    with pytest.raises(ConfigInvalid, match=r"config\.step"):
        host.load(ACTORS / f"{name}.wasm", config={"step": 0})


def test_an_actor_is_asked_whether_it_takes_its_config(host: Host) -> None:
    assert given_config(host.load(scripted_actor(extra=ANSWER_TRUE), config={"n": 1})) == {"n": 1}


def test_a_config_that_the_actor_refuses_is_refused_before_any_message(host: Host) -> None:
    module = validating('(call $answer (i32.const 2048) (i32.const 5)) (i32.const 0)) (data (i32.const 2048) "false"')
    with pytest.raises(ConfigInvalid, match="validate_config refuses") as caught:
        host.load(module, name="actor", config={"n": 1})
    assert (caught.value.plugin, caught.value.found) == ("actor", '{"n":1}')


@pytest.mark.parametrize(
    "body",
    [
        "(i32.const 0)",
        "(call $answer (i32.const 4096) (i32.const 2)) (i32.const 0)",
        "(unreachable)",
        "(i32.const 1)",
        "(loop $on (br $on)) (i32.const 0)",
    ],
)
def test_an_actor_that_gives_no_verdict_is_refused(host: Host, body: str) -> None:
    error = refused(host, validating(body), limits=Limits(deadline=0.3))
    assert error.function == "validate_config"


def test_what_validating_a_config_writes_and_sends_is_no_messages(host: Host) -> None:
    key_and_value = "(call $block (i32.const 2048) (i32.const 4)) (call $block (i32.const 2048) (i32.const 4))"
    extra = f"""(data (i32.const 2048) "true") (data (i32.const 2056) "{{\\"any\\":1}}")
      (func (export "validate_config")
        (call $set_state {key_and_value})
        (call $send_output (call $block (i32.const 2056) (i32.const 9)))
        (call $answer (i32.const 2048) (i32.const 4)))"""
    actor = host.load(scripted_actor(extra=extra), name="actor")
    outcome = run(actor, sends({"x": 1}), returns({"outputs": {}}))
    assert told(outcome) == [("x", 1)]
    assert outcome.state_change is None
    assert host.state.namespaces() == []


@pytest.mark.parametrize("engine", ["wasmtime", "extism"])
def test_a_module_that_is_refused_leaves_the_host_as_it_was(host: Host) -> None:
    for _ in range(3):
        refused(host, scripted_actor({}))
    with host.load(scripted_actor(), permissions=Permissions()) as actor:
        assert told(actor.process(Message.new({"value": True}), "boolean")) == [("boolean", True)]
