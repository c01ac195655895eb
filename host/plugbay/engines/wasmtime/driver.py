"""Drivers: the host's own small wasm modules beside a guest, and the trampolines that let a guest call them.

A guest must be instantiated after its imports exist, and a driver, which serves them, after the guest's memory exists.
A trampoline module breaks the circle: it exports each import of the guest as a call through a table, and the driver,
instantiated last, fills that table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import wasmtime

from plugbay.module.binary import read_module
from plugbay.module.info import FuncType, ModuleInfo

_SHARED: Final = "plugbay.engines.wasmtime"
"""The package of the text that drivers share."""
_DELIMITERS: Final = frozenset(b'"\\')
_INCLUDE: Final = re.compile(r"^ *;; include (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver in the text format.

    What it provides to guests it exports under ``module.name`` (such as ``env.log``). One that needs a guest imports
    ``guest.*`` (the guest's exports) and fills the table ``slots.table`` with the same functions in the order of those
    exports; one that does not is instantiated before the guest and serves it directly. Other imports: ``host.service``
    and ``host.fetch``, and, for the drivers after the first, ``driver.*`` (exports of the first one).

    The first driver exports ``mailbox``, ``invoke`` and ``invoke_many``, and what the others need of it. It may export
    ``functions``, a table of the guest's exports that it calls, ``setup`` and ``dump`` (see
    :class:`~plugbay.engines.wasmtime.driven.DrivenInstance`), and ``exited``, which ends a message whose guest called
    WASI's ``proc_exit`` with 0 where that is success.
    """

    name: str
    text: str

    @classmethod
    def load(cls, package: str, resource: str, **given: str) -> Driver:
        """The driver kept as ``resource`` (a ``.wat``) in an installed package.

        A line ``;; include NAME`` stands for the text that is ``given`` under that name, or else for the file of that
        name beside the resource or among those that all drivers share: ``mailbox.wat`` has the mailbox and the
        functions that the host calls, ``buffers.wat`` what the driver of a guest with buffers needs.
        """
        return cls(resource.removesuffix(".wat"), _text(package, resource, tuple(given.items())))

    @property
    def info(self) -> ModuleInfo:
        """The driver's own declarations."""
        return _info(self.text)

    @property
    def needs_guest(self) -> bool:
        """Whether it can be instantiated only after a guest."""
        return any(item.module in ("guest", "slots") for item in self.info.imports)

    @property
    def provides(self) -> dict[str, FuncType]:
        """What guests may import, ``module.name`` to type, in the order of the table's slots."""
        return _provides(self.text)


@lru_cache(maxsize=256)
def _text(package: str, resource: str, given: tuple[tuple[str, str], ...]) -> str:
    texts = dict(given)

    def include(match: re.Match[str]) -> str:
        name = match[1]
        return _INCLUDE.sub(include, texts[name] if name in texts else _fragment(package, name))

    return _INCLUDE.sub(include, _fragment(package, resource))


@cache
def _fragment(package: str, name: str) -> str:
    own = files(package).joinpath(name)
    return (own if own.is_file() else files(_SHARED).joinpath(name)).read_text("utf-8")


@lru_cache(maxsize=256)  # some drivers are made for a module, with its own names in their text
def _info(text: str) -> ModuleInfo:
    wasm = bytes(wasmtime.wat2wasm(text))
    return read_module(wasm, "")


@lru_cache(maxsize=256)
def _provides(text: str) -> dict[str, FuncType]:
    return {
        export.name: export.type
        for export in _info(text).exports
        if "." in export.name and isinstance(export.type, FuncType)
    }


def quoted(name: str) -> str:
    """A name as it stands between the quotes of the text format."""
    return "".join(
        chr(byte) if chr(byte).isascii() and chr(byte).isprintable() and byte not in _DELIMITERS else f"\\{byte:02x}"
        for byte in name.encode()
    )


def trampoline_text(driver: Driver, needed: Iterable[str]) -> str:
    """The trampoline module, as text, for the imports ``needed`` of a driver, each ``module.name``."""
    slots = {name: slot for slot, name in enumerate(driver.provides)}
    functions = "".join(_trampoline(name, slots[name], driver.provides[name]) for name in sorted(needed))
    return f'(module $plugbay.trampoline (table (export "table") {len(slots)} funcref){functions})'


def _trampoline(name: str, slot: int, type: FuncType) -> str:  # noqa: A002 # the wasm word for it
    params = f" (param {' '.join(type.params)})" if type.params else ""
    results = f" (result {' '.join(type.results)})" if type.results else ""
    arguments = "".join(f" (local.get {index})" for index in range(len(type.params)))
    call = f"(call_indirect{params}{results}{arguments} (i32.const {slot}))"
    return f'\n  (func (export "{quoted(name)}"){params}{results} {call})'
