"""HTTP as Extism's kernel offers it: a request in JSON, and the last response's body and headers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from plugbay.engines.wasmtime.mailbox import OWN_SERVICES
from plugbay.errors import BadHostCall

if TYPE_CHECKING:
    from plugbay.engines.wasmtime.service_calls import Answer, Handler
    from plugbay.services import HostServices

HTTP_IMPORTS: Final = frozenset({"extism:host/env.http_request", "extism:host/env.http_headers"})
"""The imports that ask the host."""
_REQUEST, _BODY, _HEADERS = range(OWN_SERVICES, OWN_SERVICES + 3)
_NULL: Final = 0xFFFFFFFF
_U32: Final = struct.Struct("<I")


class HttpRequests:
    """Answers one guest's requests (ABI sheet, ``http_request``). What is refused, or fails, fails the call."""

    def __init__(self, services: HostServices) -> None:
        self._services = services
        self._body = b""
        self._headers = b""

    def handlers(self) -> dict[int, Handler]:
        """What the kernel asks for, by operation."""
        return {
            _REQUEST: self._request,
            _BODY: lambda _: self._take_body(),
            _HEADERS: lambda _: self._headers,
        }

    def _request(self, request: bytes) -> Answer:
        self._body = self._headers = b""
        asked, body = _split(request)
        url, method, headers = _read_request(asked)
        response = self._services.http_request(url, method=method, headers=headers, body=body)
        together: dict[str, str] = {}
        for name, value in response.headers:
            together[name] = f"{together[name]}, {value}" if name in together else value  # RFC 9110, 5.3
        self._headers = orjson.dumps(together)
        self._body = response.body
        return response.status

    def _take_body(self) -> bytes:
        body, self._body = self._body, b""
        return body


def _split(request: bytes) -> tuple[bytes, bytes]:
    (size,) = _U32.unpack_from(request)
    end = 4 if size == _NULL else 4 + size
    (size,) = _U32.unpack_from(request, end)
    return request[4:end], b"" if size == _NULL else request[end + 4 : end + 4 + size]


def _read_request(text: bytes) -> tuple[str, str, list[tuple[str, str]]]:
    try:
        request: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _unusable("request", f"it is not JSON: {error}") from None
    if not isinstance(request, dict):
        raise _unusable("request", f"it is no object but {type(request).__name__}")
    fields = cast("dict[str, Any]", request)
    url, method, headers = fields.get("url"), fields.get("method"), fields.get("headers")
    if not isinstance(url, str):
        raise _unusable("url", "it is no text")
    if method is not None and not isinstance(method, str):
        raise _unusable("method", "it is no text")
    pairs = cast("dict[str, Any]", headers if isinstance(headers, dict) else {})
    if headers is not None and (pairs is not headers or not all(isinstance(value, str) for value in pairs.values())):
        raise _unusable("headers", "they are no object of texts")
    return url, method or "GET", list(pairs.items())


def _unusable(parameter: str, why: str) -> BadHostCall:
    return BadHostCall(
        f"http_request was called with an unusable {parameter}: {why}",
        parameter=parameter,
        expected='{"url": text, "method": text, "headers": {text: text}}',
    )
