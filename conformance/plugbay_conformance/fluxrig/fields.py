"""FLX-045 to FLX-053: the fields of a message, kept and set by the conformance guest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from plugbay.message import Hop, Message
from plugbay.message.identifier import NIL_ID, EntityId
from plugbay_conformance.fluxrig.guest import open_guest
from plugbay_conformance.fluxrig.making import guest
from plugbay_conformance.fluxrig.message_forms import incomplete, rewritten
from plugbay_conformance.fluxrig.samples import NANOSECONDS, REQUIREMENT, base_message, id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import Case, CaseContext

ARGUMENTS: Final[dict[str, Any]] = {
    "int": 41,
    "float": 1.25,
    "text": "a text",
    "bool": True,
    "bytes": b"\x00\x01\xfe\xff",
    "list": [1, "two", 2.5, None],
    "map": {"kept": [True]},
}
"""What the operation `fields` asks for."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field, the values that it is judged with, and what the operation `fields` makes of it."""

    name: str
    values: tuple[Any, ...]
    changed: Callable[[Message], Any]


def _changed_meta(message: Message) -> dict[str, str]:
    return {**{key: text for key, text in message.meta.items() if key != "remove.me"}, "conformance": "yes"}


def _changed_path(message: Message) -> tuple[Hop, ...]:
    return (*(message.path or ()), Hop(message.src_id, message.id, message.ts))


_IDS: Final = (NIL_ID, id_of(77), EntityId(b"\xff" * 16), EntityId(bytes(range(0, 256, 16))))
_METAS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"": "", "empty": ""},
    {"name": "Grüße, 世界 🚀", "Ключ": "значение", "line": "one\ntwo\x00three"},
    {f"key.{number}": f"value {number}" for number in range(60)},
    {"iso8583.mac": "hex:00ff10", "remove.me": "at once"},
)
_HOPS: Final = tuple(
    Hop(id_of(number), id_of(number + 1), time)
    for number, time in enumerate((0, 1, -1, 2**31, 2**32, -(2**63), 2**63 - 1, NANOSECONDS))
)
_FIELDS: Final = (
    _Field("id", _IDS, lambda message: message.id[::-1]),
    _Field("ref_id", _IDS, lambda message: message.id),
    _Field("src_id", _IDS, lambda message: message.src_id[::-1]),
    _Field("trace", ("", "0" * 32, "4bf92f35", "Träce ✓ 🚀", "t" * 300), lambda message: f"{message.trace}-ok"),
    _Field("meta", _METAS, _changed_meta),
    _Field("flags", (0, 1, 2, 0x8000_0000, 0x7FFF_FFFE, 0xFFFF_FFFF), lambda message: message.flags ^ 1),
    _Field(
        "raw",
        (None, b"", b"\x00", bytes(range(256)), b"\xff" * 5_000),
        lambda message: None if message.raw is None else message.raw[::-1],
    ),
    _Field("path", (None, (), _HOPS[:1], _HOPS, (_HOPS * 8)[:63]), _changed_path),
    _Field("ts", (0, 1, -1, NANOSECONDS, 2**53 + 1, 2**63 - 2, -(2**63)), lambda message: message.ts + 1),
)


def _kept(*names: str) -> Callable[[CaseContext], None]:
    """A case for copies: `echo`, and `text`, whose answer is a copy with other data."""

    def run(context: CaseContext) -> None:
        with open_guest(context) as asked:
            for name, message in _variants(context, names):
                for op in ("echo", "text"):
                    sent = replace(message, data={"op": op, "text": "a text"})
                    exchange = asked.send(sent, f"`{op}`, with a {name} of its own,")
                    exchange.require_field(sent, exchange.message(), name)

    return run


def _set(*names: str) -> Callable[[CaseContext], None]:
    """A case for the operation `fields`."""

    def run(context: CaseContext) -> None:
        changes = {field.name: field.changed for field in _FIELDS}
        with open_guest(context) as asked:
            for name, message in _variants(context, names):
                sent = replace(message, data={"op": "fields", **ARGUMENTS})
                exchange = asked.send(sent, "`fields`")
                exchange.require(changes[name](sent), getattr(exchange.message(), name), name)

    return run


def _variants(context: CaseContext, names: tuple[str, ...]) -> list[tuple[str, Message]]:
    message = base_message(context, {})
    variants: list[tuple[str, Message]] = []
    for field in _FIELDS:
        if field.name in names:
            values = (getattr(message, field.name), *field.values)
            variants += [(field.name, _with(message, field.name, value)) for value in values]
    return variants


def _with(message: Message, name: str, value: Any) -> Message:
    if name == "meta":
        value = {**value, REQUIREMENT: message.meta[REQUIREMENT]}
    return replace(message, **{name: value})


def _full_path(context: CaseContext) -> None:
    """64 hops, the most there may be: `fields` would add a 65th, so a copy is asked for alone."""
    message = replace(base_message(context, {"op": "echo"}), path=_HOPS * 8)
    with open_guest(context) as asked:
        exchange = asked.send(message, "`echo` of 64 hops")
        exchange.require(message.path, exchange.message().path, "path")


def _missing_fields(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for title, encoded, expected in incomplete(base_message(context, {"op": "echo"})):
            exchange = asked.send(encoded, f"`echo` of {title}")
            found = exchange.message()
            for name in expected.__slots__:
                exchange.require_field(expected, found, name)


def _nothing_in_it(context: CaseContext) -> None:
    """Without ``data`` there is no operation: a failure, and no trap."""
    with open_guest(context) as asked:
        for title, encoded in (("an empty map", b"\xa0"), ("data that is null", b"\xa1\x64data\xf6")):
            exchange = asked.send(encoded, title)
            if exchange.answer.result:
                exchange.refuse(
                    f"{title} was answered", expected="a failure: there is no op", found=exchange.answer.summary()
                )


def _every_form(context: CaseContext) -> None:
    data = {"op": "echo", "half": 1.5, "text": "Grüße", "bytes": b"\x00\x01\x02\xff", "list": [1, [2, "x"]]}
    message = base_message(context, {**data, "map": {"a": {"b": -500}}})
    with open_guest(context) as asked:
        for title, encoded in rewritten(message):
            exchange = asked.send(encoded, f"`echo` of a message {title}")
            found = exchange.message()
            for name in message.__slots__:
                exchange.require_field(message, found, name)


CASES: Final[tuple[Case, ...]] = (
    guest(45, "kept", _kept("id", "ref_id", "src_id")),
    guest(45, "set", _set("id", "ref_id", "src_id")),
    guest(46, "kept", _kept("trace")),
    guest(46, "set", _set("trace")),
    guest(47, "kept", _kept("meta")),
    guest(47, "set", _set("meta")),
    guest(48, "kept", _kept("flags")),
    guest(48, "set", _set("flags")),
    guest(49, "kept", _kept("raw")),
    guest(49, "set", _set("raw")),
    guest(50, "kept", _kept("path")),
    guest(50, "set", _set("path")),
    guest(50, "sixty_four_hops", _full_path),
    guest(51, "kept", _kept("ts")),
    guest(51, "set", _set("ts")),
    guest(52, "missing", _missing_fields),
    guest(52, "no_data", _nothing_in_it),
    guest(53, "forms", _every_form),
)
