"""Cases for HTTP: what the conformance guest's function asks of the host, and what it makes of the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import CannedResponse, Setting
from plugbay_conformance.extism.json_values import shown
from plugbay_conformance.extism.making import WITH_HTTP, guest
from plugbay_conformance.extism.plugin import as_object, open_plugin

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.extism.plugin import Plugin

_BASE: Final = "https://conformance.example"
_RESPONSES: Final = (
    CannedResponse(f"{_BASE}/ok", 200, {"content-type": "text/plain", "x-answer": "yes"}, b"fine"),
    CannedResponse(f"{_BASE}/made?a=1&b=%20", 201, {"location": "/things/7"}, "Grüße, 世界 🚀".encode()),
    CannedResponse(f"{_BASE}/missing", 404, {}, b'{"error": "no such thing"}'),
    CannedResponse(f"{_BASE}/broken", 503, {"retry-after": "7"}, b""),
    CannedResponse(f"{_BASE}/long", 200, {}, b"0123456789" * 10_000),
)
_SETTING: Final = Setting(responses=_RESPONSES)
_REQUESTS: Final[tuple[dict[str, object], ...]] = (
    {"url": f"{_BASE}/ok", "method": "GET", "headers": {}, "body": None},
    {
        "url": f"{_BASE}/made?a=1&b=%20",
        "method": "POST",
        "headers": {"x-one": "1", "x-two": "zwei"},
        "body": "a body ✓",
    },
    {"url": f"{_BASE}/missing", "method": "DELETE", "headers": {"accept": "application/json"}, "body": None},
    {"url": f"{_BASE}/broken", "method": "PUT", "headers": {}, "body": "{}"},
)


def _request(context: CaseContext) -> None:
    with open_plugin(context, _SETTING) as plugin:
        for request in _REQUESTS:
            payload = _asked(plugin, request)
            sent = plugin.session.requests()
            if len(sent) != 1:
                fail("http did not make one request", expected="1 request", found=f"{len(sent)}", input=payload)
            body = request["body"]
            found: dict[str, object] = {
                "url": sent[0].url,
                "method": sent[0].method,
                "headers": dict(sent[0].headers),
                "body": sent[0].body.decode("utf-8", "replace"),
            }
            headers = as_object(request["headers"]) or {}
            wrong = next((name for name, text in headers.items() if sent[0].headers.get(name) != text), None)
            expected = {**request, "body": body or ""}
            if wrong is not None or any(found[key] != expected[key] for key in ("url", "method", "body")):
                fail("the host was asked for another request", expected=expected, found=found, input=payload)


def _status(context: CaseContext) -> None:
    _each(context, "status", lambda response: response.status)


def _body(context: CaseContext) -> None:
    _each(context, "body", lambda response: response.body.decode())


def _headers(context: CaseContext) -> None:
    with open_plugin(context, _SETTING) as plugin:
        for response in _RESPONSES:
            payload = json.dumps({"url": response.url, "method": "GET", "headers": {}, "body": None}).encode()
            answer = as_object(plugin.answer_json("http", payload)) or {}
            headers = as_object(answer.get("headers"))
            found = {name.lower(): text for name, text in (headers or {}).items()}
            if headers is None or any(found.get(name) != text for name, text in response.headers.items()):
                fail(
                    "http answered other headers than the host's",
                    expected=shown(dict(response.headers)),
                    found=shown(answer.get("headers")),
                    input=payload,
                )


def _each(context: CaseContext, key: str, value: Callable[[CannedResponse], object]) -> None:
    with open_plugin(context, _SETTING) as plugin:
        for response in _RESPONSES:
            payload = json.dumps({"url": response.url, "method": "GET", "headers": {}, "body": None}).encode()
            answer = as_object(plugin.answer_json("http", payload)) or {}
            expected = value(response)
            if answer.get(key) != expected:
                fail(
                    f"http answered another {key} than the host's",
                    expected=shown(expected),
                    found=shown(answer.get(key)),
                    input=payload,
                )


def _asked(plugin: Plugin, request: dict[str, object]) -> bytes:
    payload = json.dumps(request, ensure_ascii=False).encode()
    plugin.answer("http", payload)
    return payload


CASES: Final[tuple[Case, ...]] = (
    guest(75, "request", _request, engines=WITH_HTTP),
    guest(76, "status", _status, engines=WITH_HTTP),
    guest(77, "headers", _headers, engines=WITH_HTTP),
    guest(78, "body", _body, engines=WITH_HTTP),
)
