"""A WASI guest with folders, linked to both drivers as a plugin's is, whose functions are called one by one."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import wasmtime
from tests.engines.wasmtime.wasi.conftest import PAGE, PREVIEW_1, guest_text

from plugbay.engines.wasmtime.driver import Driver
from plugbay.engines.wasmtime.engine import GuestCode
from plugbay.engines.wasmtime.linking import CompiledDriver, Exports, Scope, compile_guest
from plugbay.engines.wasmtime.service_calls import ServiceCalls
from plugbay.engines.wasmtime.unchecked import HostFunction
from plugbay.engines.wasmtime.wasi_files import file_drivers, file_handlers
from plugbay.module.binary import read_module
from plugbay.services.paths import PathGrant
from plugbay.wasi import GuestFiles

OWNER = Driver(
    "owner",
    """
(module
  (memory (export "mailbox") 1)
  (global $notes (mut i32) (i32.const 0))
  (func (export "top") (result i32) (i32.const 64))
  (func (export "reserve") (param $end i32)
    (loop $more
      (if (i32.lt_u (i32.shl (memory.size) (i32.const 16)) (local.get $end)) (then
        (drop (memory.grow (i32.const 1)))
        (br $more)))))
  (func (export "open_note") (param i32 i32) (result i32)
    (global.set $notes (i32.add (global.get $notes) (i32.const 1)))
    (i32.const 0))
  (func (export "notes") (result i32) (global.get $notes))
  (func (export "stop") (param i32 i32) (unreachable)))
""",
)
"""The first driver, as far as WASI needs one; notes are counted and thrown away."""

PATH, IOVEC, OUT, BUFFER = 4096, 128, 64, 3 * PAGE
READ, WRITE, ALL = 1 << 1, 1 << 6, (1 << 30) - 1
ROOT, FIXED = 3, 4


class World:
    """A guest with a writable and a read-only folder, the same one, at 3 and 4."""

    def __init__(self, folder: Path) -> None:
        self.files = GuestFiles([PathGrant(str(folder), "/data", writable=True), PathGrant(str(folder), "/fixed")])
        config = wasmtime.Config()
        config.wasm_multi_memory = True
        engine = wasmtime.Engine(config)
        self.store = store = wasmtime.Store(engine)
        self.errors: list[BaseException] = []
        wasm = bytes(wasmtime.wat2wasm(guest_text().replace('"memory") 1', '"memory") 32')))
        guest = compile_guest(
            "main",
            GuestCode(wasmtime.Module(engine, wasm), 0),
            read_module(wasm, ""),
            leading=[OWNER],
            trailing=file_drivers(),
            linked={},
            bindings={},
            compile_text=lambda text: wasmtime.Module(engine, text),
            plugin="test",
        )
        self.calls = ServiceCalls(file_handlers(self.files), note_bytes=0)
        types = {"i": wasmtime.ValType.i32, "l": wasmtime.ValType.i64}

        def function(params: str, results: str, body: Callable[..., int | None]) -> HostFunction:
            signature = wasmtime.FuncType([types[x]() for x in params], [types[x]() for x in results])
            return HostFunction(store, signature, body, self.errors.append)

        self.host = {"service": function("iii", "l", self.calls.service), "fetch": function("i", "", self.calls.fetch)}
        scope: Scope = {"host": {name: one.function for name, one in self.host.items()}}
        scope["owner"] = CompiledDriver(OWNER, wasmtime.Module(engine, OWNER.text)).link(store, scope)
        self.exports: Exports = guest.link(store, scope)
        self.memory: wasmtime.Memory = self.exports["memory"]
        mailbox: wasmtime.Memory = scope["owner"]["mailbox"]
        self.calls.connect(
            lambda start, size: bytes(mailbox.read(store, start, start + size)),
            lambda start, data: (mailbox.write(store, data, start), None)[1],
        )
        self.notes: Callable[[], int] = lambda: scope["owner"]["notes"](store)

    def call(self, name: str, *arguments: int) -> int:
        signed: list[int] = []
        for value, letter in zip(arguments, PREVIEW_1[name], strict=True):
            half = 1 << (31 if letter == "i" else 63)
            signed.append((value + half) % (2 * half) - half)
        answer: int = self.exports[name](self.store, *signed)
        return answer

    def put(self, at: int, data: bytes) -> None:
        self.memory.write(self.store, data, at)

    def get(self, at: int, size: int) -> bytes:
        return bytes(self.memory.read(self.store, at, at + size))

    def u32(self, at: int) -> int:
        return int.from_bytes(self.get(at, 4), "little")

    def path(self, text: str) -> tuple[int, int]:
        data = text.encode()
        self.put(PATH, data)
        return PATH, len(data)

    def open(
        self, text: str, rights: int = READ, oflags: int = 0, *, fd: int = ROOT, fdflags: int = 0
    ) -> tuple[int, int]:
        """The errno and the number."""
        errno = self.call("path_open", fd, 1, *self.path(text), oflags, rights, rights, fdflags, OUT)
        return errno, self.u32(OUT)

    def opened(self, text: str, rights: int = READ, oflags: int = 0, *, fdflags: int = 0) -> int:
        errno, number = self.open(text, rights, oflags, fdflags=fdflags)
        assert errno == 0
        return number

    def read(self, fd: int, *sizes: int) -> tuple[int, bytes]:
        """The errno and what was read into buffers of those sizes, end to end."""
        at = BUFFER
        for index, size in enumerate(sizes):
            self.put(IOVEC + 8 * index, struct.pack("<II", at, size))
            at += size
        errno = self.call("fd_read", fd, IOVEC, len(sizes), OUT)
        return errno, self.get(BUFFER, self.u32(OUT)) if errno == 0 else b""

    def write(self, fd: int, *chunks: bytes) -> tuple[int, int]:
        at = BUFFER
        for index, chunk in enumerate(chunks):
            self.put(IOVEC + 8 * index, struct.pack("<II", at, len(chunk)))
            self.put(at, chunk)
            at += len(chunk)
        errno = self.call("fd_write", fd, IOVEC, len(chunks), OUT)
        return errno, self.u32(OUT) if errno == 0 else 0
