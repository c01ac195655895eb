"""Names what a file is when it is not a core module, so that the error can say the way out."""

from __future__ import annotations

import re

from plugbay.errors import InvalidBinary
from plugbay.module.sections import HEADER
from plugbay.module.wat import looks_like_text

_MAGIC = b"\0asm"
_HTML = re.compile(rb"\s*+<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)

_KINDS = (
    (b"\x1f\x8b", "a gzip file", "unpack it first: gunzip FILE"),
    (b"PK\x03\x04", "a zip archive", "unpack it first and give the .wasm file inside"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first: unzstd FILE"),
    (b"\x7fELF", "a native ELF program or library", "build the plugin for a wasm32 target"),
    (b"\xcf\xfa\xed\xfe", "a native macOS program or library", "build the plugin for a wasm32 target"),
    (b"MZ", "a native Windows program or library", "build the plugin for a wasm32 target"),
    (b"!<arch>\n", "a static library", "link it into a module: a cdylib in Rust, -buildmode=c-shared in Go"),
    (b"BC\xc0\xde", "LLVM bitcode", "link it into a module; build without -flto -c"),
    (b"version https://git-lfs", "a Git LFS pointer", "fetch the file itself: git lfs pull"),
)
"""First bytes, what they mean, and what to do."""


def require_core_module(data: bytes) -> None:
    """Refuse what does not start like a core module. Raises :class:`InvalidBinary` that names what it is."""
    if data.startswith(HEADER):
        return
    what, hint = _describe(data)
    raise InvalidBinary(
        f"not a core WebAssembly module: it is {what}",
        offset=0,
        expected=HEADER.hex(" "),
        found=data[:8].hex(" "),
        hint=hint,
    )


def _describe(data: bytes) -> tuple[str, str]:
    if not data:
        return "empty", "the build or download wrote nothing; run it again"
    if data.startswith(_MAGIC):
        return _describe_wasm(data)
    for magic, what, hint in _KINDS:
        if data.startswith(magic):
            return what, hint
    if _HTML.match(data):
        return "a web page", "the download gave an error or login page; check the address"
    if looks_like_text(data):
        return "WebAssembly text", "compile it first: wat2wasm FILE, or plugbay.module.wat.compile_text in Python"
    return "none of the formats that plugbay knows", "a module starts with the bytes 00 61 73 6d; check the path"


def _describe_wasm(data: bytes) -> tuple[str, str]:
    if len(data) < len(HEADER):
        return f"cut off after {len(data)} bytes", "fetch or build the file again"
    if data[6:8] == b"\x01\0":  # the second half of the version is the layer: 0 is core, 1 is components
        return (
            "a WebAssembly component",
            "build a core module instead (wasm32-unknown-unknown or wasm32-wasip1, not wasm32-wasip2), "
            "or take the one inside out: wasm-tools component unbundle",
        )
    return f"WebAssembly of version {int.from_bytes(data[4:8], 'little')}", "plugbay reads version 1"
