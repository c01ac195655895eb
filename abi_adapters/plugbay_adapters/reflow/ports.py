"""Messages as values on ports, and back.

A message on a port that is named like an inport feeds that inport with its ``data``: ``{"value": v}`` feeds the plain
value ``v``, and an Object is the whole ``data``. Any other ``data`` is an object, for the types that can be one.

A message on port ``in`` feeds several inports: each key of its ``data`` that names an inport feeds that one, and other
keys are left alone. Where the actor itself has an inport called ``in``, a message whose keys all name inports is read
like this, and any other feeds the inport ``in``, so that no part of it gets lost.

A value's type is the one that ``meta`` names under ``reflow.type.<port>``; else that of the inport if the plain value
fits it; on inports of type Any the type of the value's kind. On a named port the type under another port's name counts
too, if it is the only one: that is what a message from another actor's outport carries. A message that leaves an actor
names its type in ``meta`` only where its kind would not say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from plugbay.errors import ConfigInvalid, InvalidMessage
from plugbay.message import Message
from plugbay_adapters.reflow.jsontext import Misfit, shorten
from plugbay_adapters.reflow.values import MessageType, Value, fit, kind_of_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay_adapters.reflow.metadata import ActorMetadata

PORT_IN = "in"
TYPE_KEY = "reflow.type."
"""Start of the keys of ``meta`` that name types."""

_VALUE = "value"
_TOLD_BY_KIND = frozenset(
    {
        *(MessageType.BOOLEAN, MessageType.INTEGER, MessageType.FLOAT),
        *(MessageType.STRING, MessageType.ARRAY, MessageType.STREAM),
    }
)
"""Types that a plain value has by itself."""


class InputReader:
    """Reads messages into the payloads of one actor."""

    def __init__(self, metadata: ActorMetadata, *, plugin: str | None = None) -> None:
        self._plugin = plugin
        self._inports = {port.name: port.port_type for port in metadata.inports}
        self._required = frozenset(port.name for port in metadata.inports if port.required)

    def read(self, message: Message, port: str) -> dict[str, Value]:
        """The values that a message on ``port`` feeds to the inports.

        Raises :class:`~plugbay.errors.ConfigInvalid` for a port that the actor has not, and
        :class:`~plugbay.errors.InvalidMessage` for a value that does not fit its port, for required inports that get
        nothing, and for a message on ``in`` that feeds no inport. What lies inside containers is judged by
        :class:`~plugbay_adapters.reflow.context.ContextWriter`.
        """
        declared = self._inports.get(port)
        data = message.data
        if port == PORT_IN and (declared is None or (data and self._inports.keys() >= data.keys())):
            payload = self._split(data, message.meta)
        elif declared is None:
            self._refuse_port(port)
        else:
            payload = {port: self._whole(port, declared, data, message.meta)}
        if not self._required <= payload.keys():
            missing = shorten(", ".join(sorted(self._required - payload.keys())))
            self._refuse(missing, f"required inports without a value: {missing}", "a value", "nothing")
        return payload

    def _split(self, data: Mapping[str, Any], meta: Mapping[str, str]) -> dict[str, Value]:
        inports = self._inports
        payload = {
            key: self._value(key, inports[key], plain, self._tagged(meta, key))
            for key, plain in data.items()
            if key in inports
        }
        if data and inports and not payload:
            names = shorten(", ".join(inports))
            self._refuse("data", f"no key of data names an inport ({names})", names, ", ".join(map(str, data))[:200])
        return payload

    def _whole(self, port: str, declared: MessageType, data: Mapping[str, Any], meta: Mapping[str, str]) -> Value:
        """The value that all of a message's data is."""
        named = self._tagged(meta, port) or self._only_tagged(meta) if meta else None
        kind = named or declared
        if kind == MessageType.OBJECT:
            plain: object = data
        elif len(data) == 1 and _VALUE in data:
            plain = data[_VALUE]
        elif not data and kind == MessageType.FLOW:
            plain = None
        else:
            plain = data
        return self._value(port, declared, plain, named)

    def _value(self, port: str, declared: MessageType, plain: object, named: MessageType | None) -> Value:
        kind = named
        try:
            if kind is None:
                kind = kind_of_plain(plain) if declared == MessageType.ANY else declared
            return Value(kind, fit(kind, plain))
        except Misfit as misfit:
            self._refuse(port, f"port {port}: {misfit}", misfit.expected, misfit.found)

    def _tagged(self, meta: Mapping[str, str], port: str) -> MessageType | None:
        """The type that ``meta`` names for a port."""
        name = meta.get(TYPE_KEY + port) if meta else None
        if name is None:
            return None
        try:
            return MessageType(name)
        except ValueError:
            key, known = f"meta.{TYPE_KEY}{port}", ", ".join(MessageType)
            found = repr(name)[:40]
            self._refuse(port, f"{key}: expected one of {known}, found {found}", known, found)

    def _only_tagged(self, meta: Mapping[str, str]) -> MessageType | None:
        """The one type that ``meta`` names, for whatever port."""
        keys = [key for key in meta if key.startswith(TYPE_KEY)]
        return self._tagged(meta, keys[0].removeprefix(TYPE_KEY)) if len(keys) == 1 else None

    def _refuse_port(self, port: str) -> NoReturn:
        ports = shorten(", ".join(dict.fromkeys((PORT_IN, *self._inports))))
        raise ConfigInvalid(
            f"the actor has no input port {port}",
            plugin=self._plugin,
            function=port,
            expected=ports,
            found=port,
            hint=f"its ports are {ports}",
        )

    def _refuse(self, where: str, reason: str, expected: str, found: str) -> NoReturn:
        raise InvalidMessage(reason, plugin=self._plugin, function=where, expected=expected, found=found)


def to_message(port: str, value: Value, cause: Message) -> Message:
    """The message that carries a value out of an outport.

    It refers to ``cause``, the message that led to it, and keeps that one's trace, source and meta.
    """
    kind, data = value.type, value.data
    meta = cause.meta
    if meta and any(key.startswith(TYPE_KEY) for key in meta):
        meta = {key: text for key, text in meta.items() if not key.startswith(TYPE_KEY)}
    if kind == MessageType.OBJECT:
        named = len(data) == 1 and _VALUE in data
    else:
        named = kind not in _TOLD_BY_KIND and (kind != MessageType.OPTIONAL or data is not None)
        data = {_VALUE: data}
    if named:
        meta = {**meta, TYPE_KEY + port: kind.value}
    return Message.new(data, meta, ref_id=cause.id, src_id=cause.src_id, trace=cause.trace)
