"""One request and its response on a connection of its own, bounded in time and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpcore

from plugbay.errors import HttpFailed, ResponseTooLarge
from plugbay.services.headers import HEAD_BYTES
from plugbay.services.response import HttpResponse

if TYPE_CHECKING:
    import ssl

    from plugbay.services.network import CheckedBackend
    from plugbay.services.request import HttpRequest


def exchange(
    request: HttpRequest, backend: CheckedBackend, ssl_context: ssl.SSLContext | None, max_bytes: int
) -> HttpResponse:
    """Send a request and read its response. ``ssl_context`` is needed for https.

    Raises :class:`~plugbay.errors.HttpFailed`, :class:`~plugbay.errors.DeadlineExceeded`, and
    :class:`~plugbay.errors.ResponseTooLarge` for a body over ``max_bytes``.
    """
    url = httpcore.URL(
        scheme=request.url.scheme, host=request.url.host, port=request.url.port, target=request.url.target
    )
    connection = httpcore.HTTPConnection(url.origin, ssl_context=ssl_context, network_backend=backend)
    try:
        with (
            connection,
            connection.stream(
                request.method, url, headers=request.all_headers(), content=request.body or None
            ) as response,
        ):
            return HttpResponse(response.status, _head(response), _body(response, max_bytes))
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectionNotAvailable) as error:
        raise HttpFailed(f"{request.url.authority} does not answer in HTTP: {error}", found=str(error)) from error


def _head(response: httpcore.Response) -> list[tuple[str, str]]:
    if not 200 <= response.status < 600:
        raise HttpFailed(f"the server answers with status {response.status}", found=response.status)
    size = sum(len(name) + len(value) for name, value in response.headers)
    if size > HEAD_BYTES:
        raise HttpFailed(f"the response's headers are over {HEAD_BYTES} bytes", expected=HEAD_BYTES, found=size)
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers]


def _body(response: httpcore.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_stream():
        if len(body) + len(chunk) > max_bytes:
            raise ResponseTooLarge(
                f"the response's body is over {max_bytes} bytes",
                limit="http_bytes",
                expected=max_bytes,
                hint="raise Limits(http_bytes=…), or ask the server for less",
            )
        body += chunk
    return bytes(body)
