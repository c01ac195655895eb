"""Registers the built-in state stores, as anyone would register theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.hookspecs import hookimpl
from plugbay.state.url import open_store

if TYPE_CHECKING:
    from plugbay.state.contract import StateStore


@hookimpl
def plugbay_state_store(url: str) -> StateStore | None:
    """``memory:`` and ``sqlite:PATH``."""
    return open_store(url)
