from __future__ import annotations

import logging
import socketserver
import threading
from collections.abc import Callable, Iterator

import cbor2
import pytest

from plugbay import Disposition, Host, Limits, LogLevel, Message, Permissions
from plugbay.errors import BatchError, InvalidMessage, MessageRejected

Gear = Callable[..., bytes]

LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'
REJECT = '(import "env" "reject" (func $reject (param i32 i32)))'
HTTP = '(import "env" "flux_req_http" (func $http (param i32 i32 i32 i32) (result i64)))'
KV = """
  (import "env" "flux_kv_get" (func $get (param i32 i32) (result i64)))
  (import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))
"""


def test_raw_calls_log_to_pythons_logging(host: Host, gear: Gear, caplog: pytest.LogCaptureFixture) -> None:
    body = """
      (call $log (i32.const 4) (local.get $p) (local.get $n))
      (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 82)) (then (call $reject (local.get $p) (i32.const 1))))
      (if (i32.eq (i32.load8_u (local.get $p)) (i32.const 88)) (then (unreachable)))
      (call $copy (local.get $p) (local.get $n))"""
    plugin = host.load(gear(body, imports=LOG + REJECT), name="talker")
    with caplog.at_level(logging.DEBUG, "plugbay.guest"):
        plugin.call("process", b"ok")
        with pytest.raises(MessageRejected):
            plugin.call("process", b"Rejected")
        with pytest.raises(BatchError):
            plugin.call_many("process", [b"1", b"R2", b"X3", b"4"])
    assert [(record.name, record.levelno) for record in caplog.records] == [("plugbay.guest.talker", logging.ERROR)] * 6
    assert [record.message for record in caplog.records] == ["ok", "Rejected", "1", "R2", "X3", "4"]


def test_a_message_that_cannot_be_encoded_fails_alone_in_its_place(host: Host, echo_gear: bytes) -> None:
    good = Message.new()
    bad = Message.new(data={"text": "\ud800"})  # half a surrogate pair: no UTF-8 for it
    plugin = host.load(echo_gear)
    outcomes = plugin.process_many([bad, good, bad, bad, good, bad])
    assert [isinstance(outcome.error, InvalidMessage) for outcome in outcomes] == [True, False, True, True, False, True]
    assert [outcome.messages for outcome in outcomes if not outcome.error] == [(("out", good),)] * 2
    assert isinstance(plugin.process(bad).error, InvalidMessage)
    assert [type(outcome.error) for outcome in plugin.process_many([bad, bad])] == [type(outcomes[0].error)] * 2


def test_an_unencodable_message_beside_one_that_traps_loses_neither(host: Host, gear: Gear) -> None:
    bad = Message.new(data={"text": "\ud800"})
    trapping = Message.new(data={"x": "y" * 1000})
    good = Message.new()
    body = """(if (i32.gt_u (local.get $n) (i32.const 900)) (then (unreachable)))
              (call $copy (local.get $p) (local.get $n))"""
    outcomes = host.load(gear(body)).process_many([good, trapping, bad, good, bad, trapping, bad])
    kinds = [type(outcome.error).__name__ if outcome.error else "ok" for outcome in outcomes]
    unfit = kinds[2]
    assert kinds == ["ok", "GuestTrap", unfit, "ok", unfit, "GuestTrap", unfit]
    assert unfit.endswith("Message")


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """A web server that answers every request alike; its port, and what it was asked."""
    asked: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += self.rfile.readline()
            size = next(
                (int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:")), 0
            )
            asked.append(head.splitlines()[0] + b" " + self.rfile.read(size))
            self.wfile.write(b"HTTP/1.1 201 Created\r\nX-Kind: test\r\nContent-Length: 5\r\n\r\nhello")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as tcp:
        thread = threading.Thread(target=tcp.serve_forever, args=(0.01,))
        thread.start()
        yield tcp.server_address[1], asked
        tcp.shutdown()
        thread.join()


def http_gear(gear: Gear, url: str, body: str = "") -> bytes:
    return gear(
        f"(call $http (i32.const 16) (i32.const {len(url)}) (i32.const 500) (i32.const {len(body)}))",
        imports=HTTP,
        extra=f'(data (i32.const 16) "{url}") (data (i32.const 500) "{body}")',
    )


@pytest.mark.parametrize("body", ["", "payload"])
def test_a_granted_request_is_answered_in_cbor(
    host: Host, gear: Gear, server: tuple[int, list[bytes]], body: str
) -> None:
    port, asked = server
    permissions = Permissions(http=(f"127.0.0.1:{port}",))
    plugin = host.load(
        http_gear(gear, f"http://127.0.0.1:{port}/path", body), permissions=permissions, limits=Limits(deadline=20)
    )
    answer = cbor2.loads(plugin.call("process", b"x"))
    assert (answer["status"], answer["body"]) == (201, b"hello")
    assert {name.lower(): value for name, value in answer["headers"].items()}["x-kind"] == "test"
    method = b"POST" if body else b"GET"
    assert asked == [method + b" /path HTTP/1.1 " + body.encode()]


def test_a_request_that_was_not_granted_reaches_nobody(host: Host, gear: Gear, server: tuple[int, list[bytes]]) -> None:
    port, asked = server
    plugin = host.load(http_gear(gear, f"http://127.0.0.1:{port}/"))
    outcome = plugin.process(Message.new())
    assert outcome.disposition is Disposition.DROP  # the gear returns what it got: 0, nothing
    assert [line.level for line in outcome.logs] == [LogLevel.WARN]
    assert "host refused" in outcome.logs[0].text
    assert asked == []


def test_a_key_that_is_not_utf8_is_refused_and_the_gear_lives_on(host: Host, gear: Gear) -> None:
    body = """
      (if (i64.ne (call $get (i32.const 16) (i32.const 2)) (i64.const 0)) (then (unreachable)))
      (if (i32.eqz (call $put (i32.const 16) (i32.const 2) (i32.const 16) (i32.const 1))) (then (unreachable)))
      (call $copy (local.get $p) (local.get $n))"""
    plugin = host.load(
        gear(body, imports=KV, extra='(data (i32.const 16) "\\ff\\fe")'), permissions=Permissions(state=True)
    )
    outcome = plugin.process(Message.new())
    assert outcome.disposition is Disposition.OK
    assert len(outcome.logs) == 2


def test_values_of_any_size_come_back_from_the_state(host: Host, gear: Gear) -> None:
    body = """
      (if (call $put (i32.const 16) (i32.const 1) (local.get $p) (local.get $n)) (then (unreachable)))
      (call $get (i32.const 16) (i32.const 1))"""
    plugin = host.load(gear(body, imports=KV, extra='(data (i32.const 16) "k")'), permissions=Permissions(state=True))
    for size in (1, 2, 65_536, 300_000):
        payload = bytes(size - 1) + b"\x01"
        assert plugin.call("process", payload) == payload
