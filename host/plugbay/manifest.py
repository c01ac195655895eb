"""Manifests: one document that names a plugin's modules and what they may use. Adapters' packages read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.module.source import ModuleSource
    from plugbay.services.paths import PathGrant


@dataclass(frozen=True, slots=True)
class ManifestModule:
    """One module: where its bytes are, the name that others import from it under, and its hex SHA-256, if given."""

    source: ModuleSource
    name: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class PluginManifest:
    """What a manifest says, in plugbay's own terms.

    The last of ``modules`` is the plugin, the others are linked to it. ``limits`` are changes of fields of
    :class:`~plugbay.Limits`. A manifest is part of the host's configuration: it grants what it names, so read one that
    comes from others before you host it. ``http`` and ``paths`` are what it grants beside the permissions given.
    """

    modules: tuple[ManifestModule, ...]
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    http: tuple[str, ...] = ()
    paths: tuple[PathGrant, ...] = ()
