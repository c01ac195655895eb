"""A Reflow actor as cases use it: messages in, results out, by the habits of the host that is imitated."""

from __future__ import annotations

import base64
import binascii
import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import CaseSkipped, fail
from plugbay_conformance.engines.contract import Setting
from plugbay_conformance.extism.json_values import NotJson, difference, read_json, shown
from plugbay_conformance.extism.message_types import SAMPLES, tagged
from plugbay_conformance.extism.plugin import Plugin, as_array, as_object, open_plugin

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from plugbay_conformance.case import CaseContext
    from plugbay_conformance.engines.contract import CallOutcome

PORT_LISTS: Final = ("inports", "outports")
NODE_ID: Final = "node-7 ✓"
COMPONENT: Final = "Conformance"


@dataclass(frozen=True, slots=True)
class Result:
    """What ``process`` returned. ``state`` is None when it was absent or null."""

    outputs: dict[str, object]
    state: object
    input: bytes
    output: bytes


class Actor:
    """An actor in one instance, or in a fresh one for each message where the host is such a one."""

    def __init__(self, context: CaseContext, setting: Setting, stack: ExitStack) -> None:
        self._context = context
        self._setting = setting
        self._stack = stack
        self._used = False
        self.plugin: Plugin = stack.enter_context(open_plugin(context, setting))

    def outcome(self, payload: bytes) -> CallOutcome:
        """How ``process`` ends for an input, whatever that is."""
        if self._used and self._context.host.fresh_instance_per_message:
            self._renew()
        self._used = True
        return self.plugin.call("process", payload)

    def send(
        self,
        values: Mapping[str, object],
        *,
        config: Mapping[str, object] | None = None,
        state: Mapping[str, object] | None = None,
    ) -> Result:
        """The result of a message that has to succeed."""
        payload = context_json(values, config=config, state=state)
        outcome = self.outcome(payload)
        if outcome.status != "ok":
            self.plugin.refuse("process", payload, outcome, "the message succeeds")
        return read_result(payload, outcome.output)

    def operate(
        self,
        op: str,
        arguments: Mapping[str, object] | None = None,
        *,
        config: Mapping[str, object] | None = None,
        state: Mapping[str, object] | None = None,
    ) -> Result:
        """The result of an operation of the conformance guest."""
        return self.send({"op": operation(op, arguments)}, config=config, state=state)

    def require_answer(self, result: Result, expected: Mapping[str, object], reason: str) -> None:
        """The result has to be one Object on ``result``, and nothing else on any port."""
        whole = {"result": tagged("Object", dict(expected))}
        different = difference(whole, result.outputs)
        if different is not None:
            fail(
                f"{reason}: {different}",
                expected=shown(whole),
                found=shown(result.outputs),
                input=result.input,
                output=result.output,
                logs=self.plugin.log_lines(),
            )

    def _renew(self) -> None:
        """Go on in a fresh instance, with the state that the host has kept."""
        kept = {key: json.dumps(value).encode() for key, value in self.plugin.session.state().items()}
        self.plugin = self._stack.enter_context(open_plugin(self._context, replace(self._setting, state=kept)))


def operation(op: str, arguments: Mapping[str, object] | None = None) -> dict[str, object]:
    """A value for the inport ``op`` of the conformance guest."""
    return tagged("Object", {"op": op, **(arguments or {})})


@contextmanager
def open_actor(context: CaseContext, setting: Setting | None = None) -> Generator[Actor, None, None]:
    """An actor for the length of a ``with``. Raises :class:`CaseSkipped` when it can't be instantiated."""
    with ExitStack() as stack:
        yield Actor(context, setting or Setting(), stack)


def context_json(
    values: Mapping[str, object],
    *,
    config: Mapping[str, object] | None = None,
    state: Mapping[str, object] | None = None,
    more: Mapping[str, object] | None = None,
) -> bytes:
    """The input of ``process``: an ActorContext with these values on its inports."""
    node: dict[str, object] = {
        "node_id": NODE_ID,
        "component": COMPONENT,
        "resolved_env": {},
        "config": dict(config or {}),
        "namespace": None,
    }
    document = {"payload": dict(values), "config": node, "state": dict(state or {}), **(more or {})}
    return json.dumps(document, ensure_ascii=False).encode()


def read_object(output: bytes) -> dict[str, object] | None:
    """The JSON object in an output, also when it stands in base64 in a JSON text; None when there is none."""
    try:
        value = read_json(output)
        if isinstance(value, str):
            value = read_json(base64.b64decode(value, validate=True))
    except (NotJson, binascii.Error):
        return None
    return as_object(value)


def result_of(payload: bytes, output: bytes) -> Result | None:
    """The result in an output of ``process``, None when it is none."""
    fields = read_object(output) or {}
    outputs = as_object(fields.get("outputs"))
    return None if outputs is None else Result(outputs, fields.get("state"), payload, output)


def read_result(payload: bytes, output: bytes) -> Result:
    """The same. Raises :class:`CaseFailed` when it is none."""
    result = result_of(payload, output)
    if result is None:
        fail(
            "process did not answer a JSON object with outputs",
            expected='{"outputs": {port: {"type": T, "data": D}}, "state": object or null}',
            found=output[:300],
            input=payload,
            output=output,
        )
    return result


def metadata_of(plugin: Plugin) -> dict[str, object]:
    """An actor's metadata. Raises :class:`CaseSkipped` when it can't be read: EXT-101 says so once."""
    outcome = plugin.call("get_metadata")
    metadata = read_object(outcome.output) if outcome.status == "ok" else None
    if metadata is None:
        raise CaseSkipped("its metadata can't be read: see EXT-101")
    return metadata


def ports_of(metadata: Mapping[str, object], direction: str) -> dict[str, str]:
    """Names and types of the ports that are well described, in their order."""
    found: dict[str, str] = {}
    for port in as_array(metadata.get(direction)) or []:
        fields = as_object(port) or {}
        name, kind = fields.get("name"), fields.get("port_type")
        if isinstance(name, str) and isinstance(kind, str) and kind in SAMPLES:
            found[name] = kind
    return found


def port_names(metadata: Mapping[str, object], direction: str) -> tuple[str, ...]:
    """Names of the ports, whatever else is wrong with them."""
    names = ((as_object(port) or {}).get("name") for port in as_array(metadata.get(direction)) or [])
    return tuple(name for name in names if isinstance(name, str))


def contexts_of(metadata: Mapping[str, object]) -> list[bytes]:
    """Messages that an actor of this metadata should know what to do with: each inport alone, all of them, none."""
    values = {name: tagged(kind, SAMPLES[kind]) for name, kind in ports_of(metadata, "inports").items()}
    config = _defaults(metadata)
    nothing: dict[str, object] = {}
    sets: list[Mapping[str, object]] = [{name: value} for name, value in list(values.items())[:20]]
    return [context_json(chosen, config=config) for chosen in (*sets, values, nothing)]


def _defaults(metadata: Mapping[str, object]) -> dict[str, object]:
    """What the schema gives for the config's fields where the user gives nothing."""
    schema = as_object(metadata.get("config_schema")) or {}
    properties = as_object(schema.get("properties")) or {}
    fields = ((name, as_object(field) or {}) for name, field in properties.items())
    return {name: field["default"] for name, field in fields if "default" in field}
