"""What a source holds: one module, or a manifest's modules with what it changes of the options."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from plugbay.contracts import LinkedModule, PluginOptions
from plugbay.errors import ConfigInvalid, TamperedModule
from plugbay.module.binary import read_module
from plugbay.module.source import WasmSource
from plugbay.module.verified import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay.limits import Limits
    from plugbay.manifest import ManifestModule, PluginManifest
    from plugbay.module.info import ModuleInfo
    from plugbay.module.source import ModuleSource
    from plugbay.module.verified import Trust

    Read = Callable[[ModuleSource, Limits], WasmSource]
    AskManifest = Callable[[Mapping[str, Any], Path], PluginManifest | None]


_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Package:
    """A plugin's own module, read but not yet verified, and the options that hold for it, linked modules included."""

    source: WasmSource
    info: ModuleInfo
    options: PluginOptions


class PackageReader:
    """Opens sources. ``read`` gives the bytes of a module, ``ask`` an installed plugin's reading of a manifest."""

    def __init__(self, read: Read, ask: AskManifest, trust: Trust) -> None:
        self._read = read
        self._ask = ask
        self._trust = trust

    def open(self, source: ModuleSource | Mapping[str, Any], options: PluginOptions) -> Package:
        """The package at a source: a module, a manifest as a file, or one as a map.

        Raises :class:`ModuleError` for modules that can't be read or are not those that the manifest vouches for, and
        :class:`ConfigInvalid` for a manifest that makes no sense, or that no installed plugin knows.
        """
        found = source if isinstance(source, Mapping) else self._read(source, options.limits)
        manifest = self.manifest(found)
        if manifest is None:
            assert isinstance(found, WasmSource), "a map is a manifest"
            return Package(found, read_module(found.data, found.digest), options)
        return self._open_manifest(manifest, options)

    def manifest(self, source: WasmSource | Mapping[str, Any]) -> PluginManifest | None:
        """What a manifest says; None for a module. Raises :class:`ConfigInvalid`.

        A manifest's file or URL has a name that ends in ``.json``: it grants what it names, so nothing that was given
        as a module may turn out to be one.
        """
        if isinstance(source, WasmSource):
            if source.data.lstrip()[:1] != b"{":
                return None
            _require_name(source)
            document, folder = _parsed(source), Path(source.origin).parent
        else:
            document, folder = source, Path.cwd()
        manifest = self._ask(document, folder)
        if manifest is None:
            raise ConfigInvalid(
                "no installed plugin knows this kind of manifest",
                found=", ".join(sorted(map(str, document))[:10]),
                hint='an Extism manifest has a list of modules, "wasm"',
            )
        return manifest

    def _open_manifest(self, manifest: PluginManifest, options: PluginOptions) -> Package:
        permissions = replace(
            options.permissions,
            http=(*options.permissions.http, *manifest.http),
            paths=(*options.permissions.paths, *manifest.paths),
        )
        options = replace(
            options,
            limits=options.limits.with_changes(**manifest.limits),
            config={**manifest.config, **options.config},
            permissions=permissions,
        )
        sources = [self._open_module(module, options.limits) for module in manifest.modules]
        linked = tuple(
            LinkedModule(module.name or "", verify(found, self._trust), read_module(found.data, found.digest))
            for module, found in zip(manifest.modules[:-1], sources, strict=False)
        )
        source = sources[-1]
        return Package(source, read_module(source.data, source.digest), replace(options, linked=linked))

    def _open_module(self, wanted: ManifestModule, limits: Limits) -> WasmSource:
        found = self._read(wanted.source, limits)
        if wanted.digest is not None and wanted.digest.lower() != found.digest:
            raise TamperedModule(
                f"{found.origin} has the digest {found.digest}, the manifest vouches for {wanted.digest}",
                expected=wanted.digest,
                found=found.digest,
                hint="check where the file comes from; correct the manifest's hash only if you trust it",
            )
        return found


def _require_name(source: WasmSource) -> None:
    name = re.split(r"[?#]", source.origin)[0] if "://" in source.origin else source.origin
    if not name.lower().endswith(_SUFFIX):
        raise ConfigInvalid(
            f"{source.origin} is no module: it begins like a manifest, and is not named like one",
            expected=f"a module, or a manifest in a file whose name ends in {_SUFFIX}",
            found=source.origin,
            hint="a manifest grants what it names: read it, then rename its file, or load it as a map",
        )


def _parsed(source: WasmSource) -> Mapping[str, Any]:
    try:
        document = orjson.loads(source.data)
    except orjson.JSONDecodeError as error:
        raise ConfigInvalid(
            f"{source.origin} begins like a manifest and is not JSON: {error}", found=os.fspath(source.origin)
        ) from None
    return cast("dict[str, Any]", document)
