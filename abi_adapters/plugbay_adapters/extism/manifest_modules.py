"""The ``wasm`` list of an Extism manifest: where each module is, and which of them is the plugin."""

from __future__ import annotations

import base64
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from plugbay.manifest import ManifestModule
from plugbay_adapters.extism.fields import Fields, Problems, Said, is_object, is_text

if TYPE_CHECKING:
    from pathlib import Path

    from plugbay.module.source import ModuleSource

MAIN = "main"
"""The name that makes a module the plugin; one without a name has it."""
KERNEL = "extism:host/env"
"""The module that Extism itself provides under this name."""

_SOURCES = ("path", "url", "data")
_META = ("name", "hash")
_REQUEST = ("headers", "method")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://\S+")
_DIGEST = re.compile(r"[0-9A-Fa-f]{64}")


def read_modules(document: Fields, folder: Path, problems: Problems) -> tuple[ManifestModule, ...]:
    """The modules, the plugin last: the one named ``main`` or not named, else the last of the list."""
    items = document.list("wasm", "a list of modules", null=False)
    if not items:
        if items is not None:
            document.refuse("wasm", "a list of at least one module", Said("an empty list"))
        return ()
    modules = [_module(item, f"wasm[{index}]", folder, problems) for index, item in enumerate(items)]
    if len(modules) == 1:
        return tuple(modules)
    _check_names(modules, problems)
    plugins = [module for module in modules if module.name in (None, MAIN)]
    plugin = plugins[0] if plugins else modules[-1]
    return (*(module for module in modules if module is not plugin), plugin)


def _check_names(modules: list[ManifestModule], problems: Problems) -> None:
    """Names must differ, since modules find each other by them."""
    seen: dict[str, int] = {}
    for index, module in enumerate(modules):
        name = MAIN if module.name is None else module.name
        if name in seen:
            means = f" (no name means {MAIN})" if name == MAIN else ""
            problems.add(f"wasm[{index}].name", "a name of its own", Said(f"that of wasm[{seen[name]}]{means}"))
        elif name == KERNEL:
            problems.add(f"wasm[{index}].name", "a name that Extism does not use itself", name)
        seen.setdefault(name, index)


def _module(value: Any, path: str, folder: Path, problems: Problems) -> ManifestModule:
    if not is_object(value):
        problems.add(path, "an object with a path, url or data", value)
        return ManifestModule(b"")
    fields = Fields(value, path, problems)
    given = [name for name in _SOURCES if name in fields]
    if len(given) != 1:
        problems.add(path, "an object with one of path, url, data", Said(f"one with {' and '.join(given) or 'none'}"))
    fields.only(*(given or _SOURCES), *_META, *(_REQUEST if "url" in given else ()))
    readers = {"path": lambda: _path(fields, folder), "url": lambda: _url(fields), "data": lambda: _data(fields)}
    sources = [readers[name]() for name in given]
    digest = fields.text("hash")
    if digest is not None and not _DIGEST.fullmatch(digest):
        fields.refuse("hash", "a SHA-256 of 64 hex digits")
    return ManifestModule(sources[0] if sources else b"", fields.text("name"), digest and digest.lower())


def _path(fields: Fields, folder: Path) -> ModuleSource:
    value = fields.get("path")
    path: object = str(value) if isinstance(value, PurePath) else value
    if is_text(path) and path and "\0" not in path:
        return folder / path
    return _wrong(fields, "path", "the path of a file")


def _url(fields: Fields) -> ModuleSource:
    """A URL is read by whoever reads its scheme, who is told the URL and nothing else."""
    if fields.get("headers") != {} and "headers" in fields:
        fields.refuse("headers", "left out: plugbay asks for a module without any")
    method = fields.text("method")
    if method is not None and method.upper() != "GET":
        fields.refuse("method", 'left out or "GET"')
    url = fields.get("url")
    if is_text(url) and _URL.fullmatch(url):
        return url
    return _wrong(fields, "url", "a URL like https://example.com/plugin.wasm")


def _data(fields: Fields) -> ModuleSource:
    value = fields.get("data")
    if isinstance(value, bytes):
        return value
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except ValueError:  # also what is not ASCII
        pass
    return _wrong(fields, "data", "a module in base64, or its bytes")


def _wrong(fields: Fields, name: str, expected: str) -> bytes:
    fields.refuse(name, expected)
    return b""
