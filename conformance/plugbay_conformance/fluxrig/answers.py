"""FLX-063, FLX-064, FLX-073 and FLX-074: lookups, replies, counts and big answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugbay.message.identifier import NIL_ID
from plugbay_conformance.fluxrig.guest import open_guest
from plugbay_conformance.fluxrig.making import guest
from plugbay_conformance.fluxrig.samples import base_message

if TYPE_CHECKING:
    from plugbay.message import Message
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.fluxrig.guest import Exchange

_DATA: Final[dict[str, Any]] = {
    "card": {"pan": "4111", "expiry": {"year": 2031, "month": None}, "blocked": False},
    "amount": 1299,
    "tags": ["a", "b"],
    "nothing": None,
    "a": {"b": {"c": {"d": {"e": {"f": b"\x01"}}}}},
    "Größe": {"ключ": 1},
}
_PATHS: Final = (
    *("card.pan", "card.expiry.year", "card.blocked", "card.expiry", "card", "amount", "tags", "a.b.c.d.e.f"),
    *("nothing", "card.expiry.month", "Größe.ключ", "op"),
)
_NOWHERE: Final = (
    "missing",
    "card.missing",
    "card.pan.more",
    "amount.x",
    "nothing.x",
    "tags.0",
    "a.b.x.d",
    "a.b.c.d.e.f.g",
)
_SIZES: Final = (0, 1, 250, 251, 252, 65_535, 65_536, 1 << 20, 10, 1 << 20)
_SIZES_ON_HOSTS: Final = (0, 251, 10_000, 32_768)


def _lookup(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for path in _PATHS:
            value: Any = {**_DATA, "op": "lookup"}
            for key in path.split("."):
                value = value[key]
            asked.require("lookup", {"found": True, "value": value}, **_DATA, path=path)
        for path in _NOWHERE:
            asked.require("lookup", {"found": False, "value": None}, **_DATA, path=path)


def _reply(context: CaseContext) -> None:
    sent = base_message(context, {"op": "reply", "more": 1})
    with open_guest(context) as asked:
        exchange = asked.send(sent, "`reply`")
        found = exchange.message()
        exchange.require_data("reply", {}, found)
        for name, expected in (("ref_id", sent.id), ("trace", sent.trace), ("meta", sent.meta), ("src_id", NIL_ID)):
            exchange.require(expected, getattr(found, name), name)
        exchange.require(0, found.flags, "flags")
        if found.id == sent.id:
            exchange.refuse(
                "`reply` kept the id of its message", expected="zero, or an id of its own", found=found.id.hex()
            )
        _require_empty(found, exchange)


def _require_empty(found: Message, exchange: Exchange) -> None:
    for name, value in (("raw", found.raw), ("path", found.path)):
        if value:
            exchange.refuse(f"`reply` has a {name}", expected="null, or nothing", found=value)


def _count(context: CaseContext) -> None:
    for _ in range(2):
        with open_guest(context) as asked:
            for count in (1, 2, 3):
                asked.require("count", {"count": count})
                asked.call("echo", between="two counts")


def _big(context: CaseContext) -> None:
    sizes = _SIZES if context.host.is_specification else _SIZES_ON_HOSTS
    pattern = bytes(range(251))
    with open_guest(context) as asked:
        for size in sizes:
            blob = (pattern * (size // 251 + 1))[:size]
            asked.require("big", {"blob": blob}, size=size)


CASES: Final[tuple[Case, ...]] = (
    guest(63, "lookup", _lookup),
    guest(64, "reply", _reply),
    guest(73, "count", _count),
    guest(74, "big", _big, on_hosts="a rack, which gives it 16 pages, loses answers of this size"),
)
