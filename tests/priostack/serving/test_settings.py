"""What a server is told, judged at once; where it listens; how its log lines look."""

from __future__ import annotations

import logging
import socket
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from plugbay.errors import ConfigInvalid
from plugbay_adapters.priostack.serving.errors import AddressUnusable
from plugbay_adapters.priostack.serving.listening import bind, listen, url_of
from plugbay_adapters.priostack.serving.logs import server_logs
from plugbay_adapters.priostack.serving.settings import ServeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_every_value_out_of_range_is_named_at_once() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        ServeSettings("demo", workers=0, grace=-1.0, head_bytes=10)
    told = "workers 0 (from 1 to 256), grace -1.0 (from 0 to 86,400), head-bytes 10 (from 1,024 to 1,048,576)"
    assert str(caught.value) == f"out of range: {told}"


def test_every_number_has_a_range() -> None:
    numbers = {field.name for field in fields(ServeSettings) if field.type in ("int", "float")}
    for name in numbers:
        for value in (-1, float("nan")):
            wrong: dict[str, Any] = {name: value}
            with pytest.raises(ConfigInvalid):
                ServeSettings("demo", **wrong)


@pytest.mark.parametrize("proxy", ["proxy.local", "", "10.0.0.1:80", "10.0.0.1,", "10.0.0.1/8"])
def test_a_proxy_that_is_no_address_is_told(proxy: str) -> None:
    with pytest.raises(ConfigInvalid, match="is no address"):
        ServeSettings("demo", trusted_proxy=proxy)


@pytest.mark.parametrize("proxy", ["*", "10.0.0.1", "10.0.0.0/8", "::1", "10.0.0.1, fd00::/8"])
def test_a_proxy_is_an_address_a_network_or_any(proxy: str) -> None:
    assert ServeSettings("demo", trusted_proxy=proxy).trusted_proxy == proxy


def test_a_bound_port_takes_nobody_before_it_listens() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        listen(listener)
        socket.create_connection(("127.0.0.1", port)).close()
        assert url_of(listener) == f"http://127.0.0.1:{port}"


def test_a_port_that_is_taken_is_named_with_a_way_out(taken: int) -> None:
    with pytest.raises(
        AddressUnusable, match=rf"can't listen on 127.0.0.1 port {taken}: address already in use"
    ) as error:
        bind("127.0.0.1", taken)
    assert error.value.hint == "another program listens there; choose another --port, or 0 for any"


def test_of_two_that_bound_one_port_the_second_to_listen_is_told() -> None:
    with bind("127.0.0.1", 0) as first, bind("127.0.0.1", first.getsockname()[1]) as second:
        listen(first)
        with pytest.raises(AddressUnusable, match="address already in use"):
            listen(second)


@pytest.mark.parametrize("host", ["no such host", "a" * 300, "\0"])
def test_what_is_no_address_is_named(host: str) -> None:
    with pytest.raises(AddressUnusable, match="is no address"):
        bind(host, 0)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(AddressUnusable, match="choose another --host"):
        bind("192.0.2.1", 0)


def test_an_address_of_ipv6_is_spelled_as_a_url_needs_it() -> None:
    try:
        listener = bind("::1", 0)
    except AddressUnusable:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert url_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_log_lines_can_t_move_the_cursor_and_are_undone_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("plugbay.guest.shop")
    before = logging.getLogger("plugbay").handlers.copy()
    with server_logs():
        logger.warning("\x1b[31mred\nsecond line")
        logger.debug("nobody wants this")
        logger.error("it failed", exc_info=ZeroDivisionError("a bug"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith(" warn  plugbay.guest.shop: \\x1b[31mred")
    assert lines[1] == "    second line"
    assert lines[2].endswith(" error plugbay.guest.shop: it failed")
    assert lines[-1] == "    ZeroDivisionError: a bug"
    assert "nobody" not in "".join(lines)
    assert logging.getLogger("plugbay").handlers == before
