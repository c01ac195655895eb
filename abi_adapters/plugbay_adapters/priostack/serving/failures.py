"""Answers what went wrong: the client gets what is its business, the log the whole of it under the same id."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from plugbay.errors import GuestTrap, PlugbayError
from plugbay_adapters.priostack.serving.exchange import LEFT
from plugbay_adapters.priostack.serving.statuses import INTERNAL, status_of, told_of

if TYPE_CHECKING:
    from plugbay_adapters.priostack.serving.exchange import Exchange
    from plugbay_adapters.priostack.serving.refusal import RequestRefused

_log = logging.getLogger("plugbay.serving")
_REASONS = {404: "there is nothing at this path", 405: "this path does not take this method"}


async def answer_refusal(exchange: Exchange, refused: RequestRefused | HTTPException) -> None:
    """A request that no function has seen."""
    exchange.error = "refused"
    if isinstance(refused, HTTPException):
        headers = {name.lower().encode(): value.encode() for name, value in (refused.headers or {}).items()}
        told = _REASONS.get(refused.status_code, refused.detail)
        await exchange.answer_error(refused.status_code, told, headers=headers)
    else:
        await exchange.answer_error(refused.status, refused.reason, headers=refused.headers)


async def answer_failure(exchange: Exchange, error: Exception) -> None:
    """A failure of a function or of the server, by the table of :mod:`statuses`."""
    status = status_of(error)
    exchange.error = error.code if isinstance(error, PlugbayError) else "internal"
    if status.logged:
        _log_failure(exchange, error)
    if exchange.status != LEFT:
        raise error  # the answer has begun: uvicorn closes the connection, which tells the client that it broke
    told = told_of(error, status) if isinstance(error, PlugbayError) else INTERNAL
    headers = {} if status.retry_after is None else {b"retry-after": b"%d" % status.retry_after}
    try:
        await exchange.answer_error(status.status, told, with_id=status.logged, headers=headers)
    except TypeError:  # what the guest reported is no value of JSON
        await exchange.answer_error(status.status, str(told), with_id=status.logged, headers=headers)


def _log_failure(exchange: Exchange, error: Exception) -> None:
    scope = exchange.scope
    request = f"request {exchange.request_id.decode()}: {scope['method']} {scope['raw_path'].decode('ascii')}"
    if not isinstance(error, PlugbayError):
        _log.error("%s: failed in the server itself", request, exc_info=error)
    elif isinstance(error, GuestTrap):
        frames = "".join(f"\n  at {frame}" for frame in error.frames[8:])
        _log.error("%s: [%s] %s%s", request, error.code, error, frames)
    else:
        _log.error("%s: [%s] %s", request, error.code, error)
