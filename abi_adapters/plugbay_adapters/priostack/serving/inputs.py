"""Makes a function's input from a request: the body as it is, or a JSON object of what stands in the URL.

The rules, which ``docs/serving.md`` tells users:

- With a body, the body is the input, byte for byte. Has the path parameters, they are put in front of the members of
  the body's object; members of the same names are dropped, since the path is what a proxy has authorised.
- Without one (GET, and DELETE without a body) the input is an object of the query's parameters and the path's, as
  texts; a name that comes again in the query makes an array of texts, and the path's parameter wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeGuard
from urllib.parse import parse_qsl

import orjson

from plugbay_adapters.priostack.serving.head import too_large
from plugbay_adapters.priostack.serving.members import object_members
from plugbay_adapters.priostack.serving.refusal import ClientLeft, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose input is always the body."""
_MOST_PARAMETERS: Final = 1000
"""Parameters of one query; more are no form that anybody filled in."""
_SPACE: Final = b" \t\n\r"
"""White space of JSON (RFC 8259, section 2)."""


async def read_body(receive: Receive, most: int) -> bytes:
    """The whole body, never more than ``most`` bytes of it.

    Raises :class:`RequestRefused` (413) for a longer one, :class:`ClientLeft` when the client goes before the end.
    """
    message = await receive()
    body: bytes = _part(message)
    if not message.get("more_body", False):
        if len(body) > most:
            raise too_large(most)
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False):
        if size > most:
            raise too_large(most)
        message = await receive()
        parts.append(_part(message))
        size += len(parts[-1])
    if size > most:
        raise too_large(most)
    return b"".join(parts)


def input_of_body(body: bytes, parameters: Mapping[str, str]) -> bytes:
    """The input of a function whose request has a body. Raises :class:`RequestRefused` (400) for anything but JSON."""
    value = parse_json(body)
    if not parameters:
        return body
    if not _is_object(value):
        raise RequestRefused(400, "the body must be a JSON object, since the path has parameters")
    added = orjson.dumps(parameters)[:-1]
    if parameters.keys().isdisjoint(value):
        return added + (b"," if value else b"") + body.lstrip(_SPACE)[1:]
    kept = [text for name, text in object_members(body.decode()) if name not in parameters]
    return added + "".join(f",{member}" for member in kept).encode() + b"}"


def input_of_url(query: bytes, parameters: Mapping[str, str]) -> bytes:
    """The input of a function whose request has no body.

    Raises :class:`RequestRefused` (400) for a query that is not UTF-8, or has too many parameters.
    """
    if not query:
        return orjson.dumps(parameters)
    values: dict[str, str | list[str]] = {}
    for name, value in _query_pairs(query):
        before = values.get(name)
        if before is None:
            values[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            values[name] = [before, value]
    return orjson.dumps({**values, **parameters})


def parse_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8 (RFC 8259). Raises :class:`RequestRefused` (400) that says where it is none."""
    if not body.strip(_SPACE):
        raise RequestRefused(400, "the body is empty: send JSON, {} at least")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = f"the body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise RequestRefused(400, reason) from None


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _query_pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        text = query.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise RequestRefused(400, "the query is not UTF-8, percent-encoded") from None
    except ValueError:
        raise RequestRefused(400, f"the query has more than {_MOST_PARAMETERS} parameters") from None


def _part(message: MutableMapping[str, Any]) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientLeft
    part: bytes = message.get("body", b"")
    return part
