"""The engines that cases run on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay_conformance.engines.contract import ConformanceEngine

ENGINES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "fluxrig": ("wasmtime", "wazero"),
    "priostack": ("wasmtime", "wazero"),
    "extism": ("wasmtime", "libextism", "wazero"),
}
"""The engines that can run the modules of an ABI; the first one is the one that is always there."""


def open_engine(name: str) -> ConformanceEngine:
    """The engine of that name, ready for sessions; what it needs is loaded here and not before.

    Raises :class:`~plugbay_conformance.engines.errors.EngineMissing` when there is none of that name, or when what it
    needs is not installed.
    """
    match name:
        case "wasmtime":
            from plugbay_conformance.engines.wasmtime import WasmtimeConformance

            return WasmtimeConformance()
        case "libextism":
            from plugbay_conformance.engines.libextism import LibextismConformance

            return LibextismConformance()
        case "wazero":
            from plugbay_conformance.engines.wazero import WazeroConformance

            return WazeroConformance()
        case _:
            from plugbay_conformance.engines.errors import EngineMissing

            raise EngineMissing(f"there is no engine named {name!r}", hint="choose from wasmtime, libextism and wazero")
