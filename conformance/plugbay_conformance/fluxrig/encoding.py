"""FLX-035 to FLX-044: the answer on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from plugbay_conformance.case import fail
from plugbay_conformance.fluxrig.comparing import show
from plugbay_conformance.fluxrig.making import module
from plugbay_conformance.fluxrig.outputs import outputs_of
from plugbay_conformance.fluxrig.wire import Rule, flaws_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.fluxrig.outputs import Output

_MOST_HOPS: Final = 64
_MOST_BYTES: Final = 2 * 1024 * 1024
_IDS: Final = ("id", "ref_id", "src_id")
Fault = tuple[str, str, str]
"""Where, what must be there, what is there."""


def _keeps(rule: Rule) -> Callable[[CaseContext], None]:
    def run(context: CaseContext) -> None:
        for output in outputs_of(context):
            flaws = flaws_of(output.data)
            flaw = next((flaw for flaw in flaws if flaw.rule is rule), None)
            if flaw is not None:
                fail(
                    f"the answer to {output.title} breaks the rule: {flaw.sentence}, at byte {flaw.offset}",
                    expected=rule.value,
                    found=f"{flaw.sentence}: {output.data[flaw.offset : flaw.offset + 24].hex()}",
                    input=output.sent,
                    output=output.data,
                )

    return run


def _each_message(faults: Callable[[dict[str, Any]], Iterator[Fault]]) -> Callable[[CaseContext], None]:
    def run(context: CaseContext) -> None:
        for output in outputs_of(context):
            for message in output.messages():
                for where, expected, found in faults(message):
                    _refuse(output, f"{where} of the answer to {output.title} is wrong", expected, found)

    return run


def _refuse(output: Output, reason: str, expected: str, found: str) -> None:
    fail(reason, expected=expected, found=found, input=output.sent, output=output.data)


def _one_message(context: CaseContext) -> None:
    for output in outputs_of(context):
        if not isinstance(output.item(), dict):
            _refuse(output, f"the answer to {output.title} is not one message", "a map", show(output.item()))


def _messages(context: CaseContext) -> None:
    if not context.host.is_specification:
        return _one_message(context)
    for output in outputs_of(context):
        item = output.item()
        items = cast("list[object]", item) if isinstance(item, list) else [item]
        for each in items:
            if not isinstance(each, dict):
                _refuse(output, f"the answer to {output.title} holds what is no message", "maps", show(each))
    return None


def _wrong_ids(message: dict[str, Any]) -> Iterator[Fault]:
    for name in _IDS:
        yield from _wrong(name, message, _is_id, "16 bytes")
    for index, hop in enumerate(_hops(message)):
        for name in ("g", "p"):
            yield from _wrong(name, hop, _is_id, "16 bytes", f"path[{index}].")


def _wrong_types(message: dict[str, Any]) -> Iterator[Fault]:
    yield from _wrong("trace", message, lambda value: isinstance(value, str), "text")
    yield from _wrong("meta", message, _is_meta, "a map from text to text, or null")
    yield from _wrong("data", message, lambda value: value is None or isinstance(value, dict), "a map, or null")
    yield from _wrong("flags", message, lambda value: _is_int(value, 0, 2**32 - 1), "an integer from 0 to 2^32 - 1")
    yield from _wrong("raw", message, lambda value: value is None or isinstance(value, bytes), "bytes, or null")
    yield from _wrong("path", message, _is_path, "an array of maps, or null")
    yield from _wrong("ts", message, _is_time, "an integer of 64 bits with sign")
    for index, hop in enumerate(_hops(message)):
        yield from _wrong("t", hop, _is_time, "an integer of 64 bits with sign", f"path[{index}].")


def _over_limits(message: dict[str, Any]) -> Iterator[Fault]:
    hops = len(_hops(message))
    if hops > _MOST_HOPS:
        yield "path", f"at most {_MOST_HOPS} hops", f"{hops} hops"
    size = _size(message)
    if size > _MOST_BYTES:
        yield "the size", f"at most {_MOST_BYTES} bytes", f"{size} bytes"


def _limits(context: CaseContext) -> None:
    _keeps(Rule.DEPTH)(context)
    _each_message(_over_limits)(context)


def _wrong(
    name: str, fields: dict[str, Any], fits: Callable[[object], bool], expected: str, where: str = ""
) -> Iterator[Fault]:
    if name in fields and not fits(fields[name]):
        yield f"{where}{name}", expected, show(fields[name])


def _hops(message: dict[str, Any]) -> list[dict[str, Any]]:
    path: object = message.get("path")
    if not isinstance(path, list):
        return []
    return [cast("dict[str, Any]", hop) for hop in cast("list[object]", path) if isinstance(hop, dict)]


def _is_id(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 16


def _is_int(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_time(value: object) -> bool:
    return _is_int(value, -(2**63), 2**63 - 1)


def _is_meta(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    pairs = cast("dict[object, object]", value).items()
    return all(isinstance(key, str) and isinstance(text, str) for key, text in pairs)


def _is_path(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(hop, dict) for hop in cast("list[object]", value))
    )


def _size(message: dict[str, Any]) -> int:
    raw: object = message.get("raw")
    size = len(raw) if isinstance(raw, bytes) else 0
    for name in ("meta", "data"):
        fields: object = message.get(name)
        pairs = cast("dict[object, object]", fields).items() if isinstance(fields, dict) else ()
        size += sum(len(text.encode()) for pair in pairs for text in pair if isinstance(text, str))
    return size


CASES: Final[tuple[Case, ...]] = (
    module(35, "item", _keeps(Rule.ITEM)),
    module(36, "map", _one_message),
    module(37, "messages", _messages, on_hosts="a rack understands no array: it loses all of its messages"),
    module(38, "utf8", _keeps(Rule.UTF8)),
    module(39, "keys", _keeps(Rule.KEYS)),
    module(40, "plain", _keeps(Rule.PLAIN)),
    module(41, "ids", _each_message(_wrong_ids)),
    module(42, "types", _each_message(_wrong_types)),
    module(43, "limits", _limits),
    module(44, "preferred", _keeps(Rule.PREFERRED)),
)
