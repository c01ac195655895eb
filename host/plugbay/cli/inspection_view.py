"""An inspection as tables for people, readable in 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from plugbay.cli.failure import describe, facts_of
from plugbay.cli.metadata_view import metadata_facts, metadata_tables
from plugbay.cli.text import byte_size, visible
from plugbay.inspection import describe_type, kind_of
from plugbay.limits import PAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from plugbay.contracts import Claim
    from plugbay.inspection import Inspection
    from plugbay.module.info import ExternType, MemoryType, ModuleInfo

_MOST_ROWS = 100
_LABEL = 8


def inspection_parts(inspection: Inspection) -> Iterator[RenderableType]:
    """What ``plugbay inspect`` prints, from the summary to the verdict."""
    info = inspection.info
    yield Text(visible(inspection.origin), "bold")
    yield _facts(info)
    yield from _linked(inspection)
    yield from _abis(inspection)
    yield from _externs("Imports", ((f"{item.module}.{item.name}", item.type) for item in info.imports))
    yield from _externs("Exports", ((item.name, item.type) for item in info.exports))
    yield from _plugin(inspection)
    yield from _verdict(inspection)


def _facts(info: ModuleInfo) -> Table:
    table = _grid()
    table.add_row("size", f"{info.size:,} bytes, {info.function_count:,} functions")
    table.add_row("sha256", info.digest)
    for memory in info.memories:
        table.add_row("memory", _memory(memory))
    for item in info.tables:
        table.add_row("table", describe_type(item))
    if info.start is not None:
        table.add_row("start", f"function {info.start} runs when the module is instantiated")
    for name, values in info.producers:
        table.add_row(visible(name), visible(", ".join(values)))
    for section in info.custom_sections[:_MOST_ROWS]:
        table.add_row("section", f"{visible(section.name)}, {byte_size(section.size)} at byte {section.offset:,}")
    if info.features:
        table.add_row("features", ", ".join(sorted(info.features)))
    return table


def _linked(inspection: Inspection) -> Iterator[RenderableType]:
    if not inspection.linked:
        return
    yield Text("\nLinked modules", "bold")
    table = _grid()
    table.add_column()
    for linked in inspection.linked:
        size = byte_size(linked.info.size)
        table.add_row(visible(linked.name), f"{len(linked.info.exports)} exports, {size}", linked.info.digest)
    yield table


def _abis(inspection: Inspection) -> Iterator[RenderableType]:
    yield Text("\nABI", "bold")
    if not inspection.detection.claims and not inspection.detection.declines:
        yield Text("  no adapter is installed")
    for claim in inspection.detection.claims:
        yield _claim(claim, wins=claim is inspection.winner)
    for decline in inspection.detection.declines:
        text = Text.assemble(("  no  ", "dim"), decline.abi)
        for missing in decline.missing:
            text.append("\n        ").append(visible(missing), "dim")
        yield text


def _claim(claim: Claim, *, wins: bool) -> Text:
    mark = ("  yes ", "bold green") if wins else ("  or  ", "dim")
    if claim.findings:
        mark = ("  but ", "bold yellow")
    profile = f", profile {claim.profile}" if claim.profile else ""
    text = Text.assemble(mark, (claim.abi, "bold"), f"  {claim.certainty}{profile}", "  (chosen)" * wins)
    for evidence in claim.evidence:
        text.append("\n      + ", "green").append(visible(evidence))
    for finding in claim.findings:
        text.append("\n      - ", "red").append(visible(finding.reason))
    return text


def _externs(title: str, externs: Iterable[tuple[str, ExternType]]) -> Iterator[RenderableType]:
    rows = list(externs)
    yield Text(f"\n{title}" if rows else f"\n{title}: none", "bold")
    if not rows:
        return
    table = _grid()
    table.add_column(overflow="fold")
    for name, extern in rows[:_MOST_ROWS]:
        table.add_row(kind_of(extern), visible(name), describe_type(extern))
    yield table
    if len(rows) > _MOST_ROWS:
        yield Text(f"  … and {len(rows) - _MOST_ROWS:,} more; --json has all", "dim")


def _plugin(inspection: Inspection) -> Iterator[RenderableType]:
    if not inspection.metadata and not inspection.functions:
        return
    yield Text("\nPlugin", "bold")
    table = _grid()
    functions = sorted(inspection.functions)
    for name in functions[:_MOST_ROWS]:
        table.add_row("function", visible(name) + "  (default)" * (name == inspection.default_function))
    if len(functions) > _MOST_ROWS:
        table.add_row("", f"… and {len(functions) - _MOST_ROWS:,} more; --json has all")
    for key, value in metadata_facts(inspection.metadata):
        table.add_row(key, value)
    yield table
    yield from metadata_tables(inspection.metadata)


def _verdict(inspection: Inspection) -> Iterator[RenderableType]:
    if inspection.hostable:
        yield Text("\nIt can be hosted with these options.", "green")
        return
    yield Text("\nIt can't be hosted with these options:", "red")
    for problem in inspection.problems:
        yield describe(facts_of(problem))


def _memory(memory: MemoryType) -> str:
    least = byte_size(memory.minimum * PAGE_BYTES)
    most = "no maximum of its own" if memory.maximum is None else f"at most {byte_size(memory.maximum * PAGE_BYTES)}"
    return f"{describe_type(memory)}: {least} at the start, {most}"


def _grid() -> Table:
    table = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    table.add_column(min_width=_LABEL, style="dim")
    table.add_column(overflow="fold")
    return table
