"""Extism plugins: exports without parameters, bytes in and out through the kernel of ``extism:host/env``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugbay.contracts import AbiAdapter
from plugbay.hookspecs import hookimpl
from plugbay_adapters.extism.adapter import ExtismAdapter
from plugbay_adapters.extism.manifest import is_manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plugbay.manifest import PluginManifest


@hookimpl
def plugbay_adapters() -> list[AbiAdapter]:
    """The Extism adapter."""
    return [ExtismAdapter()]


@hookimpl
def plugbay_manifest(document: Mapping[str, Any], folder: Path) -> PluginManifest | None:
    """What an Extism manifest says."""
    return read_manifest(document, folder) if is_manifest(document) else None
