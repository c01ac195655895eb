"""HTTP for guests: granted hosts only, checked at every hop, bounded in time and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import HttpFailed
from plugbay.services.addresses import parse_address
from plugbay.services.grants import Grants, check_addresses, check_host
from plugbay.services.headers import check_headers, check_method
from plugbay.services.redirect import redirected
from plugbay.services.request import HttpRequest
from plugbay.services.resolver import BoundedResolver, Resolver, system_resolver
from plugbay.services.url import parse_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from plugbay.services.network import Dialer
    from plugbay.services.response import HttpResponse

REDIRECTS = 5
"""Redirects that one request follows."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HttpClient:
    """Requests of guests. One client serves any number of plugins and threads.

    Each hop has a connection of its own, closed at its end: nothing is shared between guests, nothing outlives a
    message, nothing is carried over a fork, and there is nothing to close. No proxy is taken from the environment, no
    cookie is kept, no name and password from a ``.netrc`` are used.

    ``resolver`` and ``dialer`` replace the system's name lookup and TCP connect; ``ssl_context`` the certificates that
    are trusted (default: the system's and certifi's).
    """

    def __init__(
        self,
        *,
        resolver: Resolver = system_resolver,
        dialer: Dialer | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._resolver = BoundedResolver(resolver)
        self._dialer = dialer
        self._ssl_context = ssl_context

    def request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        grants: Grants,
        max_bytes: int,
        deadline_at: float,
        keep_https: bool = False,
    ) -> HttpResponse:
        """The response to a request, redirects followed (at most :data:`REDIRECTS`).

        ``max_bytes`` bounds the response's body; ``deadline_at``, a time of ``time.monotonic``, the whole.
        With ``keep_https`` no redirect leads to plain http, on whatever port.

        Raises :class:`~plugbay.errors.PermissionDenied` for a host, at any hop, that ``grants`` does not cover;
        :class:`~plugbay.errors.HttpFailed`; :class:`~plugbay.errors.DeadlineExceeded`; and
        :class:`~plugbay.errors.ResponseTooLarge`.
        """
        target = parse_url(url)
        check_host(target, grants)
        request = HttpRequest(check_method(method), target, check_headers(headers, body), body)
        for _ in range(REDIRECTS + 1):
            response = self._hop(request, grants, max_bytes, deadline_at)
            location = response.header("location") if response.status in _REDIRECTS else None
            if location is None:
                return response
            request = redirected(request, response.status, location)
            if keep_https and request.url.scheme != "https":
                raise HttpFailed(f"a redirect leads to plain http: {request.url}", found=str(request.url))
        raise HttpFailed(f"more than {REDIRECTS} redirects, the last one to {request.url}", expected=REDIRECTS)

    def _hop(self, request: HttpRequest, grants: Grants, max_bytes: int, deadline_at: float) -> HttpResponse:
        """One request to the server that its URL names, after every check."""
        # Not at the top: the first request pays for importing httpcore, not every start of plugbay.
        from plugbay.services.exchange import exchange
        from plugbay.services.network import CheckedBackend, dial

        check_host(request.url, grants)
        host, port = request.url.host, request.url.port
        known = parse_address(host) is not None
        addresses = [host] if known else self._resolver.resolve(host, port, deadline_at)
        check_addresses(request.url, addresses, grants)
        backend = CheckedBackend(addresses, deadline_at, self._dialer or dial)
        return exchange(request, backend, self._certificates(request), max_bytes)

    def _certificates(self, request: HttpRequest) -> ssl.SSLContext | None:
        """What TLS trusts; read from disk by the first request that needs it."""
        if request.url.scheme == "https" and self._ssl_context is None:
            import httpcore

            self._ssl_context = httpcore.default_ssl_context()
        return self._ssl_context
