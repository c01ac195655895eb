"""Recognises Reflow actors among Extism plugins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from plugbay.contracts import Certainty, Claim, Decline
from plugbay.errors import ConfigInvalid, MissingExport
from plugbay_adapters.extism.claim import ABI as EXTISM
from plugbay_adapters.extism.claim import callable_functions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.module.info import ModuleInfo

ABI: Final = "reflow"
ACTOR: Final = "actor"
GET_METADATA: Final = "get_metadata"
ENTRY_POINT: Final = "entry_point"
DEFAULT_ENTRY_POINT: Final = "process"


def entry_point(config: Mapping[str, Any]) -> str:
    """The export that takes an actor's messages. Raises :class:`ConfigInvalid` for a name that is no text."""
    name = config.get(ENTRY_POINT, DEFAULT_ENTRY_POINT)
    if not isinstance(name, str) or not name:
        raise ConfigInvalid("entry_point must be the name of an export", function=ENTRY_POINT, found=name)
    return name


def claim_module(
    info: ModuleInfo, entry: str, base: Claim | Decline, host_functions: frozenset[str]
) -> Claim | Decline:
    """The claim on a module, given Extism's on the same (ABI sheet, "Reflow's actor protocol on top").

    As sure as Extism's when both exports are there; possible when a module that is surely Extism's has one of them, or
    an import of Reflow's.
    """
    callables = callable_functions(info)
    wanted = (GET_METADATA, entry)
    present = [name for name in wanted if name in callables]
    imports = sorted(host_functions & {f"{item.module}.{item.name}" for item in info.imports})
    complete = len(present) == len(wanted)
    known = isinstance(base, Claim) and base.certainty is Certainty.EXACT
    if isinstance(base, Decline) or not (complete or (known and (present or imports))):
        return Decline(ABI, tuple(f"no export {name} that can be called" for name in wanted if name not in present))
    missing = [
        MissingExport(
            f"is no actor: it does not export {name}() -> (i32)",
            function=name,
            expected="a function without parameters",
            hint="host it as a plain Extism plugin (--abi extism), or build it with an SDK that has get_metadata"
            if name == GET_METADATA
            else "name its export with the config's entry_point",
        )
        for name in wanted
        if name not in present
    ]
    evidence = (*(f"exports {name}{info.function(name)}" for name in present), *(f"imports {name}" for name in imports))
    return replace(
        base,
        abi=ABI,
        certainty=Certainty.POSSIBLE if missing else base.certainty,
        evidence=evidence,
        findings=(*missing, *base.findings),
        profile=ACTOR,
        refines=frozenset({EXTISM}),
    )
