"""Everything about a module that can be known without running it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plugbay.detection import AUTO, choose, detect
from plugbay.errors import CallError, ModuleError
from plugbay.host import compile_plugin
from plugbay.limits import PAGE_BYTES
from plugbay.module.info import FuncType, GlobalType, MemoryType, TableType
from plugbay.module.verified import verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugbay.contracts import Claim, LinkedModule
    from plugbay.detection import Detection
    from plugbay.errors import PlugbayError
    from plugbay.host import Host
    from plugbay.limits import Limits
    from plugbay.module.info import ExternType, ModuleInfo
    from plugbay.module.source import ModuleSource


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found out about one module.

    ``winner`` is the claim that hosting the module would go by. ``problems`` are the errors that loading it would
    raise, with the limits and config that were given; empty when it can be hosted. ``metadata``, ``functions`` and
    ``default_function`` are known only then. ``linked`` are the modules that a manifest links to this one.
    """

    origin: str
    info: ModuleInfo
    detection: Detection
    winner: Claim | None
    problems: tuple[PlugbayError, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    functions: frozenset[str] = frozenset()
    default_function: str | None = None
    linked: tuple[LinkedModule, ...] = ()

    @property
    def hostable(self) -> bool:
        """Whether loading would get as far as starting the plugin."""
        return not self.problems

    def to_dict(self) -> dict[str, object]:
        """All of it as plain values for JSON; types are spelled as in the text format."""
        info = self.info
        return {
            "source": self.origin,
            "digest": info.digest,
            "size": info.size,
            "hostable": self.hostable,
            "abi": self.winner.abi if self.winner else None,
            "profile": self.winner.profile if self.winner else None,
            "problems": [problem.to_dict() for problem in self.problems],
            "claims": [_claim(claim, wins=claim is self.winner) for claim in self.detection.claims],
            "declines": [{"abi": no.abi, "missing": list(no.missing)} for no in self.detection.declines],
            "metadata": dict(self.metadata),
            "functions": sorted(self.functions),
            "default_function": self.default_function,
            "linked_modules": [
                {"name": linked.name, "digest": linked.info.digest, "size": linked.info.size} for linked in self.linked
            ],
            "imports": [{"module": item.module, "name": item.name, **_extern(item.type)} for item in info.imports],
            "exports": [{"name": item.name, **_extern(item.type)} for item in info.exports],
            "memories": [_extern(memory) for memory in info.memories],
            "tables": [_extern(table) for table in info.tables],
            "start": info.start,
            "function_count": info.function_count,
            "custom_sections": [
                {"name": section.name, "offset": section.offset, "size": section.size}
                for section in info.custom_sections
            ],
            "producers": {name: list(values) for name, values in info.producers},
            "features": sorted(info.features),
        }


def inspect_module(
    host: Host,
    source: ModuleSource,
    *,
    abi: str = AUTO,
    engine: str | None = None,
    limits: Limits | None = None,
    config: Mapping[str, Any] | None = None,
    features: Iterable[str] = (),
) -> Inspection:
    """Read a module or manifest, ask every adapter about it, and compile it.

    Nothing of it runs, but for ABIs whose plugins tell of themselves, as Reflow's do: those are asked, under the limits
    and with access to nothing.

    Raises :class:`SourceNotFound`, :class:`SourceUnreadable`, :class:`TooLarge` or :class:`InvalidBinary` for what
    can't be read as a module, :class:`ConfigInvalid` for options that make no sense. Whatever else loading would raise
    is among the ``problems``.
    """
    limits = limits if limits is not None else host.limits
    name = str(getattr(source, "origin", source if isinstance(source, (str, os.PathLike)) else "module"))
    options = host.options(name.rpartition("/")[2], limits, config, features, host.permissions)
    package = host.packages.open(source, options)
    options = package.options
    adapters = host.plugins.adapters
    detection = detect(adapters, package.info, options)
    winner = detection.winner(abi)
    try:
        adapter, _ = choose(adapters, package.info, options, abi)
        module = verify(package.source, host.trust)
        compiled = compile_plugin(adapter, module, package, host.engine_for(adapter, engine))
    except (ModuleError, CallError) as error:
        findings: tuple[PlugbayError, ...] = winner.findings if winner is not None else ()
        problems = findings or (error,)
        return Inspection(
            package.source.origin, package.info, detection, winner, problems, linked=package.options.linked
        )
    try:
        return Inspection(
            package.source.origin,
            package.info,
            detection,
            winner,
            (),
            compiled.metadata,
            compiled.functions,
            compiled.default_function,
            package.options.linked,
        )
    finally:
        compiled.close()


def kind_of(extern: ExternType) -> str:
    """``func``, ``memory``, ``table``, ``global`` or ``tag``."""
    match extern:
        case FuncType():
            return "func"
        case MemoryType():
            return "memory"
        case TableType():
            return "table"
        case GlobalType():
            return "global"
        case _:
            return "tag"


def describe_type(extern: ExternType) -> str:
    """A type for people: ``(i32) -> (i64)``, ``1 to 16 pages``, ``funcref, 4 or more``, ``mut i32``."""
    match extern:
        case FuncType():
            return str(extern)
        case MemoryType(minimum, maximum):
            flags = ", shared" * extern.shared + ", 64-bit" * extern.memory64
            return f"{_range(minimum, maximum)} pages{flags}"
        case TableType(element, minimum, maximum):
            return f"{element}, {_range(minimum, maximum)}{', 64-bit' * extern.table64}"
        case GlobalType(value, mutable):
            return f"mut {value}" if mutable else value
        case _:
            return f"({', '.join(extern.params)})"


def _claim(claim: Claim, *, wins: bool) -> dict[str, object]:
    return {
        "abi": claim.abi,
        "certainty": str(claim.certainty),
        "profile": claim.profile,
        "wins": wins,
        "evidence": list(claim.evidence),
        "findings": [finding.to_dict() for finding in claim.findings],
    }


def _extern(extern: ExternType) -> dict[str, object]:
    facts: dict[str, object] = {"kind": kind_of(extern), "type": describe_type(extern)}
    if isinstance(extern, FuncType):
        facts |= {"params": list(extern.params), "results": list(extern.results)}
    if isinstance(extern, MemoryType):
        facts |= {"minimum_pages": extern.minimum, "minimum_bytes": extern.minimum * PAGE_BYTES}
        facts |= {"maximum_pages": extern.maximum, "maximum_bytes": _bytes(extern.maximum)}
    if isinstance(extern, TableType):
        facts |= {"element": extern.element, "minimum": extern.minimum, "maximum": extern.maximum}
    return facts


def _bytes(pages: int | None) -> int | None:
    return None if pages is None else pages * PAGE_BYTES


def _range(minimum: int, maximum: int | None) -> str:
    if maximum is None:
        return f"{minimum:,} or more"
    return f"{minimum:,}" if minimum == maximum else f"{minimum:,} to {maximum:,}"
