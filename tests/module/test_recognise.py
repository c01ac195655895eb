"""Naming files that are not core modules."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from plugbay.errors import InvalidBinary
from plugbay.module.binary import read_module


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("plugin.wasm", b"\0asm")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "what", "way_out"),
    [
        (b"", "empty", "run it again"),
        (bytes(wat2wasm("(component)")), "a WebAssembly component", "wasm-tools component unbundle"),
        (b"\0asm\x0e\0\x01\0", "a WebAssembly component", "wasm32-wasip1"),
        (b"\0asm\x02\0\0\0", "WebAssembly of version 2", "version 1"),
        (b"\0asm\x01\0", "cut off after 6 bytes", "again"),
        (b"\0asm", "cut off after 4 bytes", "again"),
        (b"(module)", "WebAssembly text", "wat2wasm"),
        (b";; a gear\n(module)", "WebAssembly text", "compile_text"),
        (gzip.compress(b"\0asm", mtime=0), "a gzip file", "gunzip"),
        (zipped(), "a zip archive", "inside"),
        (b"\x28\xb5\x2f\xfd....", "a zstd file", "unzstd"),
        (b"MZ\x90\0", "a native Windows program or library", "wasm32"),
        (b"\xcf\xfa\xed\xfe", "a native macOS program or library", "wasm32"),
        (b"!<arch>\n", "a static library", "cdylib"),
        (b"BC\xc0\xde", "LLVM bitcode", "link it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer", "git lfs pull"),
        (b"\n<!DOCTYPE html><html>", "a web page", "address"),
        (b"<HTML>", "a web page", "address"),
        (b"{}", "none of the formats that plugbay knows", "00 61 73 6d"),
    ],
)
def test_a_file_that_is_no_core_module_is_named_with_the_way_out(data: bytes, what: str, way_out: str) -> None:
    with pytest.raises(InvalidBinary) as caught:
        read_module(data, "digest")
    error = caught.value
    assert error.reason == f"not a core WebAssembly module: it is {what}"
    assert error.hint is not None
    assert way_out in error.hint
    assert (error.offset, error.expected) == (0, "00 61 73 6d 01 00 00 00")


@pytest.mark.skipif(sys.platform != "linux", reason="the interpreter is an ELF file on Linux")
def test_a_native_program_is_named() -> None:
    with Path(sys.executable).open("rb") as program, pytest.raises(InvalidBinary, match="native ELF program"):
        read_module(program.read(64), "digest")
