"""The ActorResult: what an actor returns, and what it sends while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

from plugbay.errors import InvalidOutput
from plugbay_adapters.reflow.jsontext import Misfit, loads, loads_from_guest, name_of, shorten
from plugbay_adapters.reflow.metadata import MAX_NAME_BYTES
from plugbay_adapters.reflow.state import encode_state
from plugbay_adapters.reflow.values import decode, type_of_plain

if TYPE_CHECKING:
    from plugbay_adapters.reflow.metadata import ActorMetadata
    from plugbay_adapters.reflow.values import Value


@dataclass(frozen=True, slots=True)
class ActorResult:
    """The values for the outports, in the actor's order, and its whole new state in JSON; None = unchanged."""

    outputs: dict[str, Value]
    state: dict[str, bytes] | None = None


class ResultReader:
    """Reads the results of one actor. Every method raises :class:`~plugbay.errors.InvalidOutput` naming the port."""

    def __init__(self, metadata: ActorMetadata, *, plugin: str | None = None) -> None:
        self._plugin = plugin
        self._outports = {port.name: f"outputs.{port.name}" for port in metadata.outports}

    def read_result(self, data: bytes) -> ActorResult:
        """The output of ``process``, as JSON or as JSON in a base64 JSON text; fields that nobody knows are ignored."""
        fields = self._object(data, "result", loads_from_guest)
        if "outputs" not in fields:
            self._refuse("outputs", "object", "nothing")
        tagged = fields["outputs"]
        if type(tagged) is not dict:
            self._refuse("outputs", "object", name_of(tagged))
        outputs: dict[str, Value] = {}
        for port, value in cast("dict[str, object]", tagged).items():
            where = self._outports.get(port)
            if where is None:
                self._refuse_port(port)
            try:
                outputs[port] = decode(value)
            except Misfit as misfit:
                self._refuse(f"{where}{misfit.where}", misfit.expected, misfit.found)
        state = fields.get("state")
        if state is None:
            return ActorResult(outputs)
        if type(state) is not dict:
            self._refuse("state", "object or null", name_of(state))
        return ActorResult(outputs, encode_state(cast("dict[str, object]", state), plugin=self._plugin))

    def read_sent(self, data: bytes) -> dict[str, Value]:
        """What was given to ``__send_output``: plain values by port, typed by their kind.

        Unlike the ports of a result these need not be declared: published actors send progress on ports that their
        metadata leaves out.
        """
        sent: dict[str, Value] = {}
        for port, plain in self._object(data, "__send_output", loads).items():
            if not port or len(port.encode()) > MAX_NAME_BYTES or not port.isprintable():
                expected = f"port names of 1 to {MAX_NAME_BYTES} printable bytes"
                self._refuse("__send_output", expected, ascii(port[:MAX_NAME_BYTES]))
            try:
                sent[port] = type_of_plain(plain)
            except Misfit as misfit:
                self._refuse(f"__send_output.{port}{misfit.where}", misfit.expected, misfit.found)
        return sent

    def _object(self, data: bytes, what: str, read: Any) -> dict[str, Any]:
        try:
            value = read(data)
        except Misfit as misfit:
            self._refuse(what, misfit.expected, misfit.found)
        if type(value) is not dict:
            self._refuse(what, "object", name_of(value))
        return cast("dict[str, Any]", value)

    def _refuse_port(self, port: str) -> NoReturn:
        declared = shorten(", ".join(self._outports)) or "none at all"
        self._refuse(f"outputs.{port[:MAX_NAME_BYTES]}", f"a declared outport ({declared})", "an unknown one")

    def _refuse(self, where: str, expected: str, found: str) -> NoReturn:
        raise InvalidOutput(
            f"{where}: expected {expected}, found {found}",
            plugin=self._plugin,
            function=where,
            expected=expected,
            found=found,
        )
