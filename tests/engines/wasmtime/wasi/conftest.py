"""The default-deny WASI between a guest that calls its functions one by one, and a driver and host that are played."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import wasmtime

from plugbay.engines.wasmtime.driver import trampoline_text
from plugbay.engines.wasmtime.mailbox import Service
from plugbay.engines.wasmtime.wasi import WASI, wasi_driver
from plugbay.module.info import FuncType

PREVIEW_1 = {
    "args_get": "ii",
    "args_sizes_get": "ii",
    "environ_get": "ii",
    "environ_sizes_get": "ii",
    "clock_res_get": "ii",
    "clock_time_get": "ili",
    "fd_advise": "illi",
    "fd_allocate": "ill",
    "fd_close": "i",
    "fd_datasync": "i",
    "fd_fdstat_get": "ii",
    "fd_fdstat_set_flags": "ii",
    "fd_fdstat_set_rights": "ill",
    "fd_filestat_get": "ii",
    "fd_filestat_set_size": "il",
    "fd_filestat_set_times": "illi",
    "fd_pread": "iiili",
    "fd_prestat_get": "ii",
    "fd_prestat_dir_name": "iii",
    "fd_pwrite": "iiili",
    "fd_read": "iiii",
    "fd_readdir": "iiili",
    "fd_renumber": "ii",
    "fd_seek": "ilii",
    "fd_sync": "i",
    "fd_tell": "ii",
    "fd_write": "iiii",
    "path_create_directory": "iii",
    "path_filestat_get": "iiiii",
    "path_filestat_set_times": "iiiilli",
    "path_link": "iiiiiii",
    "path_open": "iiiiillii",
    "path_readlink": "iiiiii",
    "path_remove_directory": "iii",
    "path_rename": "iiiiii",
    "path_symlink": "iiiii",
    "path_unlink_file": "iii",
    "poll_oneoff": "iiii",
    "proc_exit": "i",
    "proc_raise": "i",
    "sched_yield": "",
    "random_get": "ii",
    "sock_accept": "iii",
    "sock_recv": "iiiiii",
    "sock_send": "iiiii",
    "sock_shutdown": "ii",
}
"""Parameters of preview 1's functions (i = i32, l = i64); all answer an errno but proc_exit, which answers nothing."""
PAGE = 65536
TOP = 1024


class Stopped(Exception):
    """The driver stopped the guest on purpose."""

    def __init__(self, cause: int, detail: int) -> None:
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail


@dataclass(frozen=True)
class Parts:
    """What is compiled once: the guest that imports everything and hands it on, its trampoline, the driver."""

    engine: wasmtime.Engine
    guest: wasmtime.Module
    trampoline: wasmtime.Module
    driver: wasmtime.Module


@dataclass
class World:
    """One guest beside the driver, and the host's side of it.

    ``answers`` says what the host answers to a request of a kind. A note or a request that does not lie in its memory
    fails the test.
    """

    parts: Parts
    opened: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    requests: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    now: int = 1_700_000_000_000_000_000
    answers: dict[int, Callable[[int], int]] = field(default_factory=dict[int, Callable[[int], int]])

    def __post_init__(self) -> None:
        granted: dict[int, Callable[[int], int]] = {
            Service.CLOCK: lambda _: self.now,
            Service.RANDOM: lambda count: count,
            Service.SLEEP: lambda _: 0,
        }
        self.answers = granted | self.answers
        parts = self.parts
        self.store = store = wasmtime.Store(parts.engine)
        slots = wasmtime.Instance(store, parts.trampoline, []).exports(store)
        exports = wasmtime.Instance(store, parts.guest, [slots[f"{WASI}.{name}"] for name in PREVIEW_1]).exports(store)
        memory, table = exports["memory"], slots["table"]
        assert isinstance(memory, wasmtime.Memory)
        assert isinstance(table, wasmtime.Table)
        self.memory = memory
        self.mailbox = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, None)))
        own: dict[str, wasmtime.Func | wasmtime.Memory | wasmtime.Table] = {
            "guest.memory": memory,
            "driver.mailbox": self.mailbox,
            "driver.top": self._function("", "i", lambda: TOP),
            "driver.reserve": self._function("i", "", self._reserve),
            "driver.open_note": self._function("ii", "i", self._open_note),
            "driver.stop": self._function("ii", "", self._stop),
            "host.service": self._function("iii", "l", self._service),
            "host.fetch": self._function("i", "", self._fetch),
            "slots.table": table,
        }
        wasmtime.Instance(store, parts.driver, [own[f"{item.module}.{item.name}"] for item in parts.driver.imports])
        self._exports = exports

    def call(self, name: str, *arguments: int) -> int | None:
        """What a function answers. Arguments may be given unsigned."""
        function = self._exports[name]
        assert isinstance(function, wasmtime.Func)
        signed = [_signed(value, letter) for value, letter in zip(arguments, PREVIEW_1[name], strict=True)]
        result: int | None = function(self.store, *signed)
        return result

    @property
    def notes(self) -> list[tuple[int, bytes]]:
        """Kind and bytes of each note since they were last forgotten."""
        return [(kind, bytes(self.mailbox.read(self.store, at, at + size))) for kind, at, size in self.opened]

    def forget(self) -> None:
        """Forget notes and requests."""
        self.opened.clear()
        self.requests.clear()

    def put(self, offset: int, *chunks: bytes) -> None:
        self.memory.write(self.store, b"".join(chunks), offset)

    def u32(self, offset: int) -> int:
        return int(struct.unpack("<I", self.get(offset, 4))[0])

    def u64(self, offset: int) -> int:
        return int(struct.unpack("<Q", self.get(offset, 8))[0])

    def get(self, offset: int, size: int) -> bytes:
        return bytes(self.memory.read(self.store, offset, offset + size))

    def _function(self, params: str, results: str, function: Callable[..., int | None]) -> wasmtime.Func:
        types = {"i": wasmtime.ValType.i32, "l": wasmtime.ValType.i64}
        signature = wasmtime.FuncType([types[letter]() for letter in params], [types[letter]() for letter in results])
        return wasmtime.Func(self.store, signature, function)

    def _reserve(self, end: int) -> None:
        missing = end - self.mailbox.data_len(self.store)
        if missing > 0:
            self.mailbox.grow(self.store, -(-missing // PAGE))

    def _open_note(self, kind: int, length: int) -> int:
        length %= 2**32
        assert length <= self.memory.data_len(self.store)
        at = sum(size for _, _, size in self.opened) + PAGE
        self._reserve(at + length)
        self.opened.append((kind, at, length))
        return at

    def _stop(self, cause: int, detail: int) -> None:
        raise Stopped(cause, detail % 2**32)

    def _service(self, operation: int, start: int, size: int) -> int:
        assert start == TOP
        request = int.from_bytes(self.mailbox.read(self.store, start, start + size), "little")
        self.requests.append((operation, request))
        return self.answers[operation](request)

    def _fetch(self, start: int) -> None:
        assert start == TOP
        _, size = self.requests[-1]
        assert start + size <= self.mailbox.data_len(self.store)
        self.mailbox.write(self.store, b"\xa5" * size, start)


def guest_text() -> str:
    imports = "".join(
        f'(import "{WASI}" "{name}" (func ${name} {signature_text(name)})) (export "{name}" (func ${name}))\n'
        for name in PREVIEW_1
    )
    return f'(module {imports} (memory (export "memory") 1))'


def signature_text(name: str) -> str:
    params = "".join(f"(param {value})" for value in signature(name).params)
    return params + "".join(f"(result {value})" for value in signature(name).results)


def signature(name: str) -> FuncType:
    params = tuple("i32" if letter == "i" else "i64" for letter in PREVIEW_1[name])
    return FuncType(params, () if name == "proc_exit" else ("i32",))  # type: ignore[arg-type] # both are value types


def _signed(value: int, letter: str) -> int:
    half = 1 << (31 if letter == "i" else 63)
    return (value + half) % (2 * half) - half


@pytest.fixture(scope="session")
def parts() -> Parts:
    driver = wasi_driver()
    config = wasmtime.Config()
    config.wasm_multi_memory = True
    engine = wasmtime.Engine(config)
    texts = (guest_text(), trampoline_text(driver, driver.provides), driver.text)
    return Parts(engine, *(wasmtime.Module(engine, text) for text in texts))


@pytest.fixture
def world(parts: Parts) -> World:
    return World(parts)
