"""FLX-075 to FLX-084: what gears of the extended profile ask the host for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import cbor2

from plugbay_conformance.engines.contract import CannedResponse
from plugbay_conformance.engines.random_stream import RandomStream
from plugbay_conformance.fluxrig.gear import DEFAULT
from plugbay_conformance.fluxrig.guest import Exchange, open_guest
from plugbay_conformance.fluxrig.making import guest
from plugbay_conformance.fluxrig.outcomes import REASONS, require_drop, require_failure
from plugbay_conformance.fluxrig.samples import base_message
from plugbay_conformance.fluxrig.steadiness import require_steady

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext

_KEYS: Final = ("key", "a key with spaces", "Schlüssel/世界", "k" * 300)
_VALUES: Final = (b"\x00\xff binary", b"text", bytes(range(256)) * 256)
_CLOCKS: Final = (DEFAULT.clock, 1_000_000_001, 2**62 + 12_345_678_000)
_MICROSECOND: Final = 1_000
_SIZES: Final = (0, 1, 16, 33, 1_000)
_STREAM: Final = 65_536
"""Bytes of the host's stream that a runtime may take for itself before it is asked."""
_READS: Final = 1_000
_URL: Final = "https://cards.example/rates?card=4111"
_RESPONSES: Final = (
    CannedResponse(_URL, 200, {"content-type": "text/plain", "x-rate": "3"}, b"\x00\x01 body \xff"),
    CannedResponse("https://cards.example/missing", 404, {"content-type": "text/plain"}, b"no such card"),
    CannedResponse("https://cards.example/empty", 204, {}, b""),
)


def _items(exchange: Exchange, encoded: bytes) -> list[bytes]:
    """The messages in a result or in something sent, each encoded: one, or those of an array."""
    try:
        value: object = cbor2.loads(encoded)
    except (cbor2.CBORDecodeError, ValueError) as error:
        exchange.refuse(f"{exchange.what} gave what is no CBOR", expected="messages", found=error)
    if not isinstance(value, list):
        return [encoded]
    return [cbor2.dumps(each) for each in cast("list[object]", value)]


def _require_indexed(exchange: Exchange, op: str, encoded: list[bytes], count: int, *, start: int = 0) -> None:
    """Fail the case unless these are the messages with ``index`` from ``start``, as many as ``count``."""
    if len(encoded) != count:
        exchange.refuse(f"{exchange.what} gave a wrong number of messages", expected=count, found=len(encoded))
    for index, each in enumerate(encoded, start):
        exchange.require_data(op, {"index": index}, exchange.read(each))


def _fan_out(context: CaseContext) -> None:
    with open_guest(context) as asked:
        require_drop(asked.call("fan_out", count=0))
        for count in (1, 2, 100):
            exchange = asked.call("fan_out", count=count)
            if not exchange.answer.result:
                exchange.refuse(
                    "`fan_out` was not answered", expected=f"{count} messages", found=exchange.answer.summary()
                )
            _require_indexed(exchange, "fan_out", _items(exchange, exchange.answer.result), count)


def _emit(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for count, answers in ((0, True), (0, False), (1, True), (3, False), (50, True)):
            exchange = asked.call("emit", count=count, answer=answers)
            sent = [item for each in exchange.answer.sent for item in _items(exchange, each)]
            _require_indexed(exchange, "emit", sent, count)
            result = [exchange.answer.result] if exchange.answer.result else []
            _require_indexed(exchange, "emit", result, int(answers), start=count)


def _emit_fail(context: CaseContext) -> None:
    with open_guest(context) as asked:
        for reason in REASONS[:3]:
            exchange = asked.call("emit_fail", reason=reason)
            require_failure(context, exchange, reason, exactly=True)
            sent = exchange.answer.sent
            if len(sent) != 1:
                exchange.refuse(
                    "`emit_fail` did not send one message", expected="1 message", found=f"{len(sent)} messages"
                )


def _state(context: CaseContext) -> None:
    stored = {f"there {index}": value for index, value in enumerate(_VALUES)}
    with open_guest(context, replace(DEFAULT, state=stored)) as asked:
        for key, value in stored.items():
            asked.require("state_get", {"value": value}, key=key)
        asked.require("state_get", {"value": None}, key="absent")
        expected = dict(stored)
        for key in _KEYS:
            for value in _VALUES:
                exchange = asked.require("state_put", {"stored": True}, key=key, value=value)
                expected[key] = value
                exchange.require(expected, asked.gear.session.state(), "the host's state")
            asked.require("state_get", {"value": _VALUES[-1]}, key=key)


def _state_count(context: CaseContext) -> None:
    state: dict[str, bytes] = {"large": b"4294967295"}
    for first in (1, 4):
        with open_guest(context, replace(DEFAULT, state=state)) as asked:
            for count in range(first, first + 3):
                exchange = asked.require("state_count", {"count": count}, key="n")
                state = asked.gear.session.state()
                exchange.require(str(count).encode(), state.get("n"), "the host's state under 'n'")
            asked.require("state_count", {"count": 2**32 + (first > 1)}, key="large")
            state = asked.gear.session.state()


def _refusals(context: CaseContext) -> None:
    with open_guest(context, replace(DEFAULT, state={"key": b"value"}, grants_state=False)) as asked:
        asked.require("state_get", {"value": None}, key="key")
        asked.require("state_put", {"stored": False}, key="key", value=b"other")
        asked.require("http", {"refused": True}, url=_URL, body=b"")
        asked.require("echo", {"amount": 2500}, amount=2500)


def _http(context: CaseContext) -> None:
    with open_guest(context, replace(DEFAULT, responses=_RESPONSES)) as asked:
        for response in _RESPONSES:
            for body in (b"", b"\x00\xff request"):
                exchange = asked.require("http", _told(response), url=response.url, body=body)
                asked_for = [event.data for event in exchange.answer.events if event.name == "flux_req_http"]
                exchange.require([(response.url.encode(), body)], asked_for, "the requests that reached the host")


def _told(response: CannedResponse) -> dict[str, Any]:
    headers = dict(response.headers)
    return {"refused": False, "status": response.status, "headers": headers, "body": response.body}


def _time(context: CaseContext) -> None:
    for clock in _CLOCKS:
        with open_guest(context, replace(DEFAULT, clock=clock)) as asked:
            exchange = asked.call("time")
            told = exchange.message().data.get("time")
            if type(told) is not int or abs(told - clock) >= _MICROSECOND:
                exchange.refuse("`time` is not the host's time in nanoseconds", expected=clock, found=told)
            exchange.require_data("time", {"time": told})


def _random(context: CaseContext) -> None:
    for seed in (1, 2):
        with open_guest(context, replace(DEFAULT, random_seed=seed)) as asked:
            stream = RandomStream(seed).take(_STREAM)
            seen: set[bytes] = set()
            for size in (*_SIZES, 16):
                exchange = asked.call("random", size=size)
                found = exchange.message().data.get("bytes")
                if not isinstance(found, bytes) or len(found) != size:
                    exchange.refuse("`random` gave a wrong number of bytes", expected=f"{size} bytes", found=found)
                if size >= 16 and (found in seen or found not in stream):
                    exchange.refuse(
                        "`random` is not the host's randomness", expected="the host's bytes", found=found.hex()
                    )
                seen.add(found)
                exchange.require_data("random", {"bytes": found})


def _handed_over(context: CaseContext) -> None:
    setting = replace(DEFAULT, state={"key": bytes(2_000)})
    read = base_message(context, {"op": "state_get", "key": "key"}).to_cbor()
    with open_guest(context, setting) as asked:
        asked.require("state_get", {"value": bytes(2_000)}, key="key")
        require_steady(asked.gear, [read], _READS, "reads of the state")


CASES: Final[tuple[Case, ...]] = (
    guest(75, "fan_out", _fan_out),
    guest(76, "emit", _emit),
    guest(77, "emit_fail", _emit_fail),
    guest(78, "state", _state),
    guest(79, "count", _state_count),
    guest(80, "refusals", _refusals),
    guest(81, "http", _http),
    guest(82, "time", _time),
    guest(83, "random", _random),
    guest(84, "handed_over", _handed_over),
)
