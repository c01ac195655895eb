"""What the headers of a request say, as far as the server asks them."""

from __future__ import annotations

import re
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.serving.refusal import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
"""What clients and proxies use, and nothing that a log or a header could be broken with."""
_JSON_TYPE: Final = re.compile(r"application/(?:json|[\w.+-]+\+json)", re.ASCII)


class RequestHead:
    """The headers that matter; None where one is missing. Made for each request, so it is kept lean."""

    __slots__ = ("chunked", "content_encoding", "content_length", "content_type", "request_id")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.content_type: bytes | None = None
        self.content_encoding: bytes | None = None
        self.content_length: bytes | None = None
        self.chunked = False
        self.request_id: bytes | None = None
        for name, value in headers:
            if name == b"content-type":
                # Of two, the first says one thing and the second another: joined they are no type at all.
                self.content_type = value if self.content_type is None else self.content_type + b", " + value
            elif name == b"content-length":
                self.content_length = value
            elif name == b"x-request-id":
                self.request_id = value if _REQUEST_ID.fullmatch(value) else None
            elif name == b"transfer-encoding":
                self.chunked = True
            elif name == b"content-encoding":
                joined = value if self.content_encoding is None else self.content_encoding + b", " + value
                self.content_encoding = joined

    @property
    def has_body(self) -> bool:
        """Whether a body comes: one without bytes counts as none."""
        return self.chunked or (self.content_length is not None and self.content_length.strip(b"0") != b"")

    def check_length(self, most: int) -> None:
        """Raises :class:`RequestRefused` (413) when the client says itself that its body is larger."""
        if self.content_length is not None and self.content_length.isdigit() and int(self.content_length) > most:
            raise too_large(most)

    def check_json(self) -> None:
        """Raises :class:`RequestRefused` (415) unless the body is declared as JSON in UTF-8, uncompressed.

        A missing type is refused too: any web page may have a browser send such a body here, and JSON it may not. RFC
        8259 knows no ``charset``; one that says UTF-8 is common and says what is true.
        """
        if self.content_type != b"application/json":
            _check_type((self.content_type or b"").decode("latin-1"))
        if self.content_encoding is not None and self.content_encoding.strip().lower() not in (b"", b"identity"):
            raise RequestRefused(415, "the body must not be compressed", {b"accept-encoding": b"identity"})


def too_large(most: int) -> RequestRefused:
    """The refusal of a body over ``most`` bytes."""
    return RequestRefused(413, f"the body is larger than {most} bytes")


def request_ids() -> Callable[[], bytes]:
    """Makes ids for requests that bring none: unlike those of any other process, and cheap."""
    prefix, numbers = token_hex(6), count(1)
    return lambda: b"%s-%x" % (prefix.encode(), next(numbers))


def _check_type(text: str) -> None:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    if not _JSON_TYPE.fullmatch(kind):
        raise RequestRefused(415, "the body must be JSON: send it with Content-Type: application/json")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise RequestRefused(415, "the body must be UTF-8")
