"""An ABI that plugbay has never heard of, hosted in a hundred lines.

A textcase module exports ``memory``, ``text_room: (i32) -> (i32)``, which gives a buffer for an input, and functions
``to_NAME: (i32, i32) -> (i64)``, each of which takes a text and answers another, packed as pointer << 32 | length. It
may import ``textcase.note: (i32, i32) -> ()`` to log a line. Its messages carry the text in ``data["text"]``; the port
names the function.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from plugbay import (
    AbiAdapter,
    Certainty,
    Claim,
    CompiledPlugin,
    Decline,
    Engine,
    GuestInstance,
    Message,
    PluginOptions,
    SingleCallInstance,
)
from plugbay.engines.wasmtime.engine import WasmtimeEngine
from plugbay.engines.wasmtime.plain import PlainGuest, PlainModule
from plugbay.errors import ConfigInvalid, InvalidOutput, MissingExport
from plugbay.hookspecs import hookimpl
from plugbay.module.info import FuncType, ModuleInfo
from plugbay.module.verified import VerifiedModule
from plugbay.services import HostServices

ABI = "textcase"
ROOM = FuncType(("i32",), ("i32",))
CASE = FuncType(("i32", "i32"), ("i64",))


@hookimpl
def plugbay_adapters() -> list[AbiAdapter]:
    """The textcase adapter."""
    return [TextcaseAdapter()]


class TextcaseAdapter:
    """Claims modules that make room for a text and have a case for it."""

    name = ABI
    engines = (WasmtimeEngine.name,)

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        """Exact by ``text_room`` and a function of each type."""
        if options.config:
            raise ConfigInvalid("a textcase module has no config", found=", ".join(options.config))
        cases = _cases(info)
        if info.function("text_room") != ROOM or not cases:
            return Decline(ABI, (f"no export text_room{ROOM} beside some to_…{CASE}",))
        evidence = ("exports text_room", *(f"exports to_{case}" for case in cases))
        missing = () if info.export("memory") else (MissingExport("it does not export its memory", function="memory"),)
        return Claim(ABI, Certainty.EXACT, evidence, missing)

    def compile(
        self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions
    ) -> CompiledPlugin:
        """The module, compiled."""
        assert isinstance(engine, WasmtimeEngine), "the host picks an engine from .engines"
        return TextcasePlugin(PlainModule(engine, module, info, options), _cases(info))


class TextcasePlugin:
    """A compiled textcase module."""

    def __init__(self, module: PlainModule, cases: Sequence[str]) -> None:
        self.functions = frozenset(cases)
        self.default_function = cases[0]
        self.metadata = {"cases": list(cases)}
        self._module = module

    def instantiate(self, services: HostServices) -> GuestInstance:
        """A fresh instance."""
        return TextcaseInstance(self._module, services, self.functions)

    def close(self) -> None:
        """Nothing to free: the code goes with its last instance."""


class TextcaseInstance(SingleCallInstance):
    """A live textcase module."""

    def __init__(self, module: PlainModule, services: HostServices, cases: frozenset[str]) -> None:
        super().__init__(services)
        self._cases = cases
        self._log = logging.getLogger(f"plugbay.guest.{services.plugin}")
        self._guest = module.instantiate(services, {"textcase.note": self._note})

    def run(self, function: str, payload: bytes) -> bytes:
        """The text in another case."""
        if function not in self._cases:
            raise MissingExport(f"there is no case {function}", function=function, expected=", ".join(self._cases))
        guest = self._guest
        try:
            guest.begin()
            room = guest.call("text_room", len(payload))
            guest.write(room, payload)
            packed = guest.call(f"to_{function}", room, len(payload))
            return guest.read(packed >> 32, packed)
        finally:
            self.poisoned = guest.poisoned

    def encode(self, message: Message, port: str) -> tuple[str, bytes]:
        """The port's case of ``data["text"]``; the port ``in`` is the only case of a module that has one."""
        text = message.data.get("text")
        if not isinstance(text, str):
            raise ConfigInvalid("a message for a textcase module has a text in data", expected="text", found=text)
        return (next(iter(self._cases)) if port == "in" and len(self._cases) == 1 else port), text.encode()

    def decode(self, message: Message, output: bytes) -> list[tuple[str, Message]]:
        """The message with the new text; an empty text drops it."""
        try:
            text = output.decode()
        except UnicodeDecodeError as error:
            raise InvalidOutput(f"answered what is no UTF-8: {error}", plugin=self.services.plugin) from error
        return [("out", message.set("text", text))] if text else []

    def close(self) -> None:
        """Free the guest."""
        self._guest.close()

    def _note(self, guest: PlainGuest, start: int, size: int) -> None:
        self._log.info("%s", guest.read(start, size).decode("utf-8", "replace"))


def _cases(info: ModuleInfo) -> list[str]:
    """Names of the cases that a module has, in order."""
    names = [export.name for export in info.exports if export.name.startswith("to_") and export.type == CASE]
    return sorted(name.removeprefix("to_") for name in names)
