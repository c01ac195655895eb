"""Why libextism did not make a plugin, as typed errors."""

from __future__ import annotations

import re
from typing import Final

from plugbay.errors import (
    ConfigInvalid,
    ForbiddenImport,
    InitFailed,
    InvalidBinary,
    OutOfMemory,
    PlugbayError,
    WrongSignature,
)

_COMPILE: Final = "Unable to compile Extism plugin: "
_CREATE: Final = "Unable to create Extism plugin: "
_UNKNOWN: Final = re.compile(r"unknown import: `(.*)::(.*)` has not been defined")
_NOT_EXTISM: Final = re.compile(r"Invalid \w+ import from extism:host/env: (\S+)")
_MANIFEST: Final = (
    "Duplicate module name",
    "No main module",
    "No wasm modules",
    "Unknown manifest format",
    "Hash mismatch",
)


def creation_error(text: str) -> PlugbayError:
    """The typed error of a plugin that could not be compiled or created.

    :class:`InvalidBinary`, :class:`ForbiddenImport` or :class:`WrongSignature` for the module, :class:`ConfigInvalid`
    for modules that don't go together and folders that can't be opened, :class:`InitFailed` for the rest.
    """
    if text.startswith(_COMPILE):
        reason = text.removeprefix(_COMPILE)
        if reason.startswith(_MANIFEST):
            return ConfigInvalid(f"libextism refuses the modules: {reason}")
        return InvalidBinary(f"libextism can't compile it: {reason}")
    reason = text.removeprefix(_CREATE)
    unknown = _UNKNOWN.search(reason)
    if unknown is not None:
        return ForbiddenImport(f"imports {unknown[1]}.{unknown[2]}, which is not there", function=unknown[2])
    foreign = _NOT_EXTISM.search(reason)
    if foreign is not None:
        return ForbiddenImport(f"imports extism:host/env.{foreign[1]}, which libextism has not", function=foreign[1])
    if "cannot access non-function exports" in reason:
        return ForbiddenImport("imports a memory or another thing of extism:host/env that is no function")
    if reason.startswith(("types incompatible", "incompatible import type")):
        return WrongSignature(f"an import has another type: {reason}")
    if "(os error" in reason:
        return ConfigInvalid(f"a folder that was granted can't be opened: {reason}")
    if reason == "oom":
        return OutOfMemory("the module starts with more memory than it may have", limit="memory_pages")
    return InitFailed(f"libextism could not create it: {reason}")
