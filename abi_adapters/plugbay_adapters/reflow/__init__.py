"""Reflow actors: Extism plugins that say what their ports are and take their messages in JSON."""

from __future__ import annotations

from plugbay.contracts import AbiAdapter
from plugbay.hookspecs import hookimpl
from plugbay_adapters.reflow.adapter import ReflowAdapter


@hookimpl
def plugbay_adapters() -> list[AbiAdapter]:
    """The Reflow adapter."""
    return [ReflowAdapter()]
