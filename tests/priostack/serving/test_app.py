"""Requests to endpoints, over real connections."""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.priostack.serving.conftest import FakeBundle, Served, serving, wait_until

from plugbay.errors import PluginClosed
from plugbay.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_adapters.priostack.serving.settings import ServeSettings

JSON = {"content-type": "application/json"}


def test_a_body_is_the_input_byte_for_byte(served: Served) -> None:
    body = b' {"a": 1.0, "a": 123456789012345678901234567890} \n'
    answer = served.client.post("/echo", content=body, headers=JSON)
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["content-type"] == "application/json"
    assert "server" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_methods_with_a_body_hand_it_on(served: Served, method: str) -> None:
    assert served.client.request(method, "/echo", content=b"[1]", headers=JSON).content == b"[1]"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_methods_without_a_body_hand_on_what_the_url_says(served: Served, method: str) -> None:
    answer = served.client.request(method, "/echo?a=1&b=x+y&a=%C3%BC&c=")
    assert answer.json() == {"a": ["1", "ü"], "b": "x y", "c": ""}


def test_a_parameter_of_the_path_wins_over_the_query_and_the_body(served: Served) -> None:
    assert served.client.get("/items/7?id=8&x=1").json() == {"id": "7", "x": "1"}
    answer = served.client.post("/items/7", content=b'{"id": 8, "x": 1.50}', headers=JSON)
    assert answer.content == b'{"id":"7","x": 1.50}'


def test_a_literal_wins_over_a_parameter(served: Served) -> None:
    assert served.client.get("/items/best").json() == {}
    assert served.client.get("/items/bes").json() == {"id": "bes"}


def test_a_parameter_may_hold_what_a_path_may_not(served: Served) -> None:
    assert served.client.get("/items/..%2F%00%C3%BC%20").json() == {"id": "../\0ü "}


def test_nothing_at_a_path_is_404(served: Served) -> None:
    answer = served.client.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"error": "there is nothing at this path"})


def test_another_method_is_405_with_those_that_are_allowed(served: Served) -> None:
    answer = served.client.put("/items/7")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")


def test_options_tells_the_methods(served: Served) -> None:
    answer = served.client.options("/echo")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


def test_head_is_get_without_a_body(served: Served) -> None:
    answer = served.client.head("/items/7")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "10")
    assert [line["bytes_out"] for line in served.log(1)] == [0]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the body is empty: send JSON, {} at least"),
        (b" \n", "the body is empty: send JSON, {} at least"),
        (b'{"a":\n }', "line 2, column 2"),
        (b"\xff", "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b"NaN", "line 1, column 1"),
        (b'\xef\xbb\xbf{}', "BOM"),
        (b"[" * 5000 + b"]" * 5000, "depth"),
        ('{"a":1}'.encode("utf-16"), "UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_400_with_the_place(served: Served, body: bytes, told: str) -> None:
    answer = served.client.post("/echo", content=body, headers=JSON)
    assert answer.status_code == 400
    assert told in answer.json()["error"]


def test_a_body_that_the_path_has_no_room_in_is_400(served: Served) -> None:
    answer = served.client.post("/items/7", content=b"[1]", headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (
        400, "the body must be a JSON object, since the path has parameters",
    )  # fmt: skip


@pytest.mark.parametrize("url", ["/items/%FF", "/echo?a=%FF", "/echo?" + "&".join(["a=1"] * 1001)])
def test_a_url_that_can_t_be_an_input_is_400(served: Served, url: str) -> None:
    assert served.client.get(url).status_code == 400


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/vnd.shop+json",
        "application/json; version=2",
    ],
)
def test_json_is_taken_by_any_of_its_names(served: Served, kind: str) -> None:
    assert served.client.post("/echo", content=b"1", headers={"content-type": kind}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "", "json", "a/json"],
)
def test_another_type_is_415(served: Served, kind: str) -> None:
    assert served.client.post("/echo", content=b"1", headers={"content-type": kind}).status_code == 415


def test_no_type_is_415_since_a_page_of_anybody_could_send_it(served: Served) -> None:
    assert served.client.post("/echo", content=b"1").status_code == 415


@pytest.mark.parametrize("kinds", [("application/json", "text/plain"), ("text/plain", "application/json")])
def test_two_types_are_415(served: Served, kinds: tuple[str, str]) -> None:
    headers = [("content-type", kind) for kind in kinds]
    assert served.client.post("/echo", content=b"1", headers=headers).status_code == 415


def test_a_compressed_body_is_415(served: Served) -> None:
    answer = served.client.post("/echo", content=b"1", headers={**JSON, "content-encoding": "gzip"})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    assert (
        served.client.post("/echo", content=b"1", headers={**JSON, "content-encoding": "identity"}).status_code == 200
    )


def test_a_body_over_the_limit_is_413_whether_its_length_is_told_or_not(served: Served) -> None:
    big = b'"' + b"x" * 100_000 + b'"'
    assert served.client.post("/echo", content=big, headers=JSON).status_code == 413
    answer = served.client.post("/echo", content=iter([big[:60_000], big[60_000:]]), headers=JSON)
    assert (answer.status_code, answer.json()) == (413, {"error": "the body is larger than 100000 bytes"})
    exact = b'"' + b"x" * 99_998 + b'"'
    assert served.client.post("/echo", content=iter([exact[:9], exact[9:]]), headers=JSON).content == exact


def test_an_input_over_the_limit_for_what_the_path_adds_is_413(served: Served) -> None:
    body = b'{"a":"' + b"x" * 99_990 + b'"}'
    answer = served.client.post("/items/7", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (413, "the input is larger than the function takes")


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/fail", 422, {"error": "Email and name are required"}),
        ("/fail-value", 422, {"error": {"field": "email"}}),
        ("/trap", 500, {"error": "internal error", "id": "abc-1"}),
        ("/text", 500, {"error": "internal error", "id": "abc-1"}),
        ("/big", 500, {"error": "internal error", "id": "abc-1"}),
        ("/broken", 500, {"error": "internal error", "id": "abc-1"}),
        ("/slow-guest", 504, {"error": "the function took too long", "id": "abc-1"}),
    ],
)
def test_each_failure_has_its_status(served: Served, path: str, status: int, body: object) -> None:
    answer = served.client.post(path, content=b"{}", headers={**JSON, "x-request-id": "abc-1"})
    assert (answer.status_code, answer.json()) == (status, body)
    assert answer.headers["x-request-id"] == "abc-1"
    assert served.client.post("/echo", content=b"1", headers=JSON).status_code == 200


def test_nothing_returned_is_204(served: Served) -> None:
    answer = served.client.post("/empty", content=b"{}", headers=JSON)
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_log_explains_what_the_client_is_not_told(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "plugbay.serving"):
        answer = served.client.post("/trap", content=b"{}", headers=JSON)
        served.client.post("/text", content=b"{}", headers=JSON)
        served.client.post("/broken", content=b"{}", headers=JSON)
    trap, text, broken = (record for record in caplog.records if record.name == "plugbay.serving")
    assert answer.json()["id"] in trap.getMessage()
    assert all(f"at inner_{number} @ {number:#x}" in trap.getMessage() for number in range(12))
    assert "hello, I am no JSON" in text.getMessage()
    assert broken.exc_info is not None
    assert "ZeroDivisionError" in str(broken.exc_info)


def test_ids_are_made_where_none_came_and_where_one_could_break_a_log(served: Served) -> None:
    made = [served.client.get("/echo").headers["x-request-id"] for _ in range(3)]
    assert len(set(made)) == 3
    for forged in ("a" * 129, "a b", "", 'a"b'):
        assert served.client.get("/echo", headers={"x-request-id": forged}).headers["x-request-id"] != forged


def test_a_full_lane_is_503_and_the_calls_in_it_are_answered(settings: ServeSettings) -> None:
    bundle = FakeBundle(instances=1, waiting=2)
    with serving(bundle, settings) as served, ThreadPoolExecutor(4) as pool:
        held = [pool.submit(served.client.post, "/hold", content=b"1", headers=JSON)]
        assert bundle.functions.begun.acquire(timeout=20)
        held += [pool.submit(served.client.post, "/fast", content=b"2", headers=JSON) for _ in range(2)]
        wait_until(lambda: bundle.version.lanes["shop"].waiting == 2)
        answer = served.client.post("/fast", content=b"3", headers=JSON)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json() == {"error": "too many requests wait for this service"}
        bundle.functions.let_go.release()
        assert [call.result().status_code for call in held] == [200, 200, 200]


def test_a_slow_function_does_not_hold_up_another(served: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(served.client.post, "/hold", content=b"1", headers=JSON)
        assert served.bundle.functions.begun.acquire(timeout=20)
        for _ in range(20):
            assert served.client.post("/fast", content=b"2", headers=JSON).status_code == 200
        assert not held.done()
        served.bundle.functions.let_go.release()
        assert held.result().status_code == 200


def test_a_hundred_requests_at_once_get_their_own_answers(served: Served) -> None:
    def post(number: int) -> object:
        return served.client.post("/echo", content=b"%d" % number, headers=JSON).json()

    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(post, range(300))) == list(range(300))


def test_no_request_fails_while_the_bundle_is_reloaded_over_and_over(served: Served) -> None:
    ended = threading.Event()

    def hammer(_: int) -> set[int]:
        statuses: set[int] = set()
        while not ended.is_set():
            statuses.add(served.client.post("/items/1", content=b"{}", headers=JSON).status_code)
        return statuses

    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(hammer, number) for number in range(4)]
        try:
            for _ in range(100):
                served.bundle.swap()
        finally:
            ended.set()
        assert [run.result() for run in runs] == [{200}] * 4


@pytest.mark.parametrize("late", [False, True])
def test_a_call_whose_lane_a_reload_took_away_is_made_on_the_new_one(
    served: Served, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def submit(_function: str, _payload: bytes, done: Callable[[bytes | BaseException, float], None]) -> None:
        served.bundle.swap([("POST", "/{other}")])
        if not late:
            raise PluginClosed("the plugin is closed")
        done(PluginClosed("the plugin is closed"), 0.0)

    monkeypatch.setattr(served.bundle.version.lanes["shop"], "submit", submit)
    answer = served.client.post("/echo", content=b'{"n":1}', headers=JSON)
    assert (answer.status_code, answer.json()) == (200, {"other": "echo", "n": 1})


def test_a_call_whose_endpoint_a_reload_took_away_is_404(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def submit(*_: object) -> None:
        served.bundle.swap([("GET", "/else")])
        raise PluginClosed("the plugin is closed")

    monkeypatch.setattr(served.bundle.version.lanes["shop"], "submit", submit)
    assert served.client.post("/echo", content=b"1", headers=JSON).status_code == 404


def test_a_plugin_that_is_closed_for_good_is_503(served: Served) -> None:
    served.bundle.close()
    answer = served.client.post("/echo", content=b"1", headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (503, "the service is being replaced or ends")


def test_routes_are_those_of_the_version_that_serves(served: Served) -> None:
    served.bundle.swap([("GET", "/new")])
    assert served.client.get("/new").status_code == 200
    assert served.client.get("/echo").status_code == 404


def test_every_request_is_in_the_access_log(served: Served) -> None:
    served.client.post("/items/7?secret=1", content=b"{}", headers={**JSON, "x-request-id": "one"})
    served.client.get("/nowhere")
    served.client.post("/trap", content=b"{}", headers=JSON)
    served.client.get("/healthz")
    lines = served.log(4)
    facts = [(line["method"], line["path"], line["status"], line["endpoint"], line["error"]) for line in lines]
    assert facts == [
        ("POST", "/items/7", 200, "post_/items/{id}", None),
        ("GET", "/nowhere", 404, None, "refused"),
        ("POST", "/trap", 500, "post_/trap", "guest-trap"),
        ("GET", "/healthz", 200, None, None),
    ]
    assert (lines[0]["id"], lines[0]["bytes_in"], lines[0]["bytes_out"]) == ("one", 2, 10)


@pytest.mark.parametrize(
    ("proxy", "client"), [(None, "127.0.0.1"), ("127.0.0.1", "192.0.2.7"), ("192.0.2.1", "127.0.0.1")]
)
def test_only_a_trusted_proxy_is_believed(settings: ServeSettings, proxy: str | None, client: str) -> None:
    with serving(FakeBundle(), replace(settings, trusted_proxy=proxy)) as served:
        served.client.get("/echo", headers={"x-forwarded-for": "192.0.2.7"})
        assert served.log(1)[0]["client"] == client


def test_a_client_that_leaves_in_the_middle_of_its_body_is_written_down(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(
            b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n["
        )
    wait_until(lambda: not served.server.server_state.tasks)
    wait_until(lambda: not served.server.server_state.connections)
    assert [(line["status"], line["error"]) for line in served.log(1)] == [(499, "client-left")]


def test_limits_are_those_of_the_plugin(settings: ServeSettings) -> None:
    bundle = FakeBundle(limits=Limits(input_bytes=10))
    with serving(bundle, replace(settings, limits=Limits(input_bytes=1000))) as served:
        answer = served.client.post("/echo", content=json.dumps("x" * 20).encode(), headers=JSON)
        assert answer.status_code == 413
