from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from tests.services.conftest import Lab, Serve, ok

from plugbay.errors import (
    ConfigInvalid,
    DeadlineExceeded,
    HttpFailed,
    LimitExceeded,
    PermissionDenied,
    StateConflict,
    StateQuotaExceeded,
)
from plugbay.limits import Limits
from plugbay.outcome import StateChange
from plugbay.permissions import Permissions
from plugbay.services import HostServices, HttpClient
from plugbay.services.services import RANDOM_BYTES
from plugbay.state import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = Permissions(state=True, http=("*.example.com",))


def services(
    permissions: Permissions = ALL,
    limits: Limits | None = None,
    store: MemoryStore | None = None,
    client: HttpClient | None = None,
) -> HostServices:
    return HostServices(
        "fraud", permissions, limits or Limits(deadline=60), store or MemoryStore(), client or HttpClient()
    )


def test_state_is_stored_when_the_message_commits() -> None:
    store = MemoryStore()
    guest = services(store=store)
    guest.begin()
    guest.state_put("k", b"1")
    assert guest.state_get("k") == b"1"
    assert guest.state_snapshot() == {"k": b"1"}
    assert store.snapshot("fraud") == {}
    assert guest.commit() == StateChange(written=frozenset({"k"}))
    assert store.namespaces() == ["fraud"]
    guest.state_put("k", None)
    assert guest.commit() == StateChange(deleted=frozenset({"k"}))
    assert guest.commit() is None


def test_state_vanishes_when_the_message_fails() -> None:
    guest = services()
    guest.state_put("k", b"1")
    guest.rollback()
    assert guest.state_get("k") is None
    assert guest.commit() is None


def test_two_instances_of_a_plugin_share_state_and_conflict() -> None:
    store = MemoryStore()
    first, second = services(store=store), services(store=store)
    for guest in (first, second):
        guest.state_put("n", (guest.state_get("n") or b"") + b"x")
    assert first.commit() is not None
    with pytest.raises(StateConflict) as caught:
        second.commit()
    assert caught.value.plugin == "fraud"


def test_state_is_bounded_by_the_limit() -> None:
    guest = services(limits=Limits(state_bytes=10))
    with pytest.raises(StateQuotaExceeded):
        guest.state_put("k", bytes(10))
    guest.state_put("k", bytes(9))
    assert guest.commit() is not None


def test_the_clock_and_randomness_are_ambient() -> None:
    guest = services(Permissions())
    assert abs(guest.now_ns() - time.time_ns()) < 60e9
    assert len(guest.random(32)) == 32
    assert guest.random(32) != guest.random(32)
    assert guest.random(0) == b""


@pytest.mark.parametrize("count", [-1, RANDOM_BYTES + 1])
def test_randomness_is_bounded(count: int) -> None:
    with pytest.raises(LimitExceeded) as caught:
        services().random(count)
    assert (caught.value.expected, caught.value.found) == (RANDOM_BYTES, count)


USES: dict[str, Callable[[HostServices], object]] = {
    "state get": lambda guest: guest.state_get("k"),
    "state put": lambda guest: guest.state_put("k", b""),
    "state delete": lambda guest: guest.state_put("k", None),
    "state snapshot": lambda guest: guest.state_snapshot(),
    "clock": lambda guest: guest.now_ns(),
    "randomness": lambda guest: guest.random(1),
    "http": lambda guest: guest.http_request("http://api.example.com/"),
}


@pytest.mark.parametrize("use", USES)
def test_what_was_not_granted_is_refused_with_the_way_to_grant_it(use: str) -> None:
    service = use.partition(" ")[0]
    with pytest.raises(PermissionDenied) as caught:
        USES[use](services(Permissions.none()))
    assert caught.value.plugin == "fraud"
    assert caught.value.hint == (
        "Permissions(http=('api.example.com',)), or --allow-http api.example.com"
        if use == "http"
        else f"Permissions({service}=True), or --allow {service}"
    )


@pytest.mark.parametrize("use", USES)
def test_every_service_stops_when_the_time_is_up(use: str) -> None:
    guest = services(limits=Limits(deadline=0.001))
    guest.begin()
    while guest.remaining():
        time.sleep(0.001)
    with pytest.raises(DeadlineExceeded) as caught:
        USES[use](guest)
    assert (caught.value.plugin, caught.value.limit, caught.value.expected) == ("fraud", "deadline", 0.001)


def test_each_message_starts_its_own_clock() -> None:
    guest = services(limits=Limits(deadline=60))
    guest.deadline_at = 0.0
    assert guest.remaining() == 0.0
    guest.begin()
    assert 0 < guest.remaining() <= 60
    assert guest.state_get("k") is None


def test_http_goes_through_the_client_with_the_plugins_grants_and_limits(serve: Serve, lab: Lab) -> None:
    server = serve(ok(b"12345"))
    client = HttpClient(resolver=lab.resolve, dialer=lab.dial)
    url = f"http://api.example.com:{server.port}/"
    response = services(client=client).http_request(url, method="POST", headers=[("X-A", "1")], body=b"body")
    assert (response.status, response.body) == (200, b"12345")
    assert server.requests[0].endswith(b"body")
    with pytest.raises(LimitExceeded) as caught:
        services(limits=Limits(http_bytes=4), client=client).http_request(url)
    assert (caught.value.plugin, caught.value.limit) == ("fraud", "http_bytes")


def test_a_failed_request_names_the_plugin() -> None:
    with pytest.raises(HttpFailed) as caught:
        services().http_request("nonsense")
    assert caught.value.plugin == "fraud"


@pytest.mark.parametrize("http", [("https://api.example.com",), "api.example.com"])
def test_permissions_refuse_what_is_no_host(http: tuple[str, ...]) -> None:
    with pytest.raises(ConfigInvalid):
        Permissions(http=http)
