"""Reports of conformance for people at a terminal, readable in 100 columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from plugbay.cli.text import byte_size, visible
from plugbay_conformance.failure_view import failure_rows, shown
from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.results import Status, Verdict
from plugbay_conformance.running.no_engine import NO_ENGINE
from plugbay_conformance.specification import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from plugbay_conformance.results import CaseResult, Report

_STYLES: Final = {Verdict.CONFORMANT: "bold green", Verdict.PARTIAL: "bold yellow", Verdict.FAILED: "bold red"}
_LABEL: Final = 8
_MOST_NAMED: Final = 8
_MOST_SHOWN: Final = 20
"""Failures that are shown with all that is known."""


def report_parts(report: Report) -> Iterator[RenderableType]:
    """What ``plugbay conform FILE`` prints: what was judged, the failures, and last the verdicts."""
    yield _title(report)
    yield from _failures(report)
    yield from _expected(report)
    yield from _skipped(report)
    yield from _hosts(report)
    yield from _differences(report)
    yield Text("")
    yield _verdicts(report)
    yield from _remarks(report)


def matrix_parts(reports: Sequence[Report]) -> Iterator[RenderableType]:
    """What ``plugbay conform DIR`` prints: a row for each module and engine, then what failed in each."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("module", "judged as", "engine", "verdict"):
        table.add_column(heading, overflow="fold")
    for heading in ("passed", "failed", "skipped"):
        table.add_column(heading, justify="right")
    for report in reports:
        for result in report.profiles:
            counts = (result.passed, result.failed, result.skipped)
            verdict = Text(result.verdict, _STYLES[result.verdict])
            name, judged = visible(report.module.name.removesuffix(".wasm")), f"{report.abi} {report.profile}"
            table.add_row(name, judged, result.engine, verdict, *map(str, counts))
    yield table
    for report in reports:
        failed = list(dict.fromkeys(id_ for result in report.profiles for id_ in result.must_failed))
        if failed:
            yield Text.assemble((visible(report.module.name), "bold"), ": failed ", ", ".join(failed))
        if report.differences:
            count = len(report.differences)
            yield Text.assemble((visible(report.module.name), "bold"), f": the engines differ in {count} places")
    yield from _interruption(reports[-1])


def _title(report: Report) -> Text:
    module, contract = report.module, report.module.contract
    by = f"  {contract.sdk} {contract.sdk_version} ({contract.language})" if contract else "  as a black box"
    return Text.assemble(
        (visible(module.name), "bold"),
        f"  {report.abi} {report.profile}",
        (visible(by), "dim"),
        f"  {byte_size(module.size)}",
    )


def _verdicts(report: Report) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    versions = {engine.name: engine.version for engine in report.engines}
    for result in report.profiles:
        counts = f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped"
        counts += f", {result.expected} expected to fail" if result.expected else ""
        table.add_row(
            Text(result.verdict, _STYLES[result.verdict]),
            f"{report.abi} {result.profile} on {result.engine} {versions.get(result.engine, '')}".rstrip(),
            counts,
        )
    return table


def _failures(report: Report) -> Iterator[RenderableType]:
    red = [result for result in report.results if _is_red(result)]
    for result in red[:_MOST_SHOWN]:
        requirement = report.specification.requirement(result.requirement)
        assert requirement is not None, "what was judged is in the specification"
        style = "bold red" if requirement.level is Level.MUST else "bold yellow"
        yield Text.assemble(
            (f"\n{requirement.id}", style), (f" {requirement.level} ", "dim"), (visible(requirement.title), "bold")
        )
        yield _table(failure_rows(requirement, result))
    if len(red) > _MOST_SHOWN:
        yield Text(f"\n… and {len(red) - _MOST_SHOWN} more failed cases; --json and --report have all", "dim")


def _is_red(result: CaseResult) -> bool:
    """What fails on another host than the specification's is told of with that host."""
    return result.status is Status.UNEXPECTED or (result.status is Status.FAILED and result.host == SPECIFICATION)


def _expected(report: Report) -> Iterator[RenderableType]:
    results = [result for result in report.results if result.status is Status.EXPECTED]
    if results:
        yield Text("\nExpected to fail", "bold")
        yield from _rows(results)


def _skipped(report: Report) -> Iterator[RenderableType]:
    skipped = [result for result in report.results if result.status is Status.SKIPPED and result.host == SPECIFICATION]
    reasons = Counter((result.engine, result.reason) for result in skipped)
    if reasons:
        yield Text("\nSkipped", "bold")
    for (engine, reason), count in reasons.most_common(_MOST_SHOWN):
        where = "" if engine == NO_ENGINE else f" on {engine}"
        yield Text(f"  {count} cases{where}: {visible(reason)}" if count > 1 else f"  1 case{where}: {visible(reason)}")


def _hosts(report: Report) -> Iterator[RenderableType]:
    for host in report.hosts:
        fares = "1 case passes" if host.passed == 1 else f"{host.passed} cases pass"
        fares += f", {len(host.broken)} would break" if host.broken else ""
        style = "yellow" if host.broken else "green"
        yield Text.assemble((f"\nOn {host.host}", "bold"), f" ({visible(host.title.rstrip('.'))}): ", (fares, style))
        yield from _rows(host.broken)


def _rows(results: Sequence[CaseResult]) -> Iterator[RenderableType]:
    if results:
        yield _table(map(_row, results[:_MOST_SHOWN]), bold=True)
    if len(results) > _MOST_SHOWN:
        yield Text(f"  … and {len(results) - _MOST_SHOWN} more; --json has all", "dim")


def _row(result: CaseResult) -> tuple[str, str]:
    found = f"\nfound: {shown(result.evidence.found)}" if result.evidence is not None else ""
    return f"{result.requirement}/{result.case}", f"{shown(result.reason)}{found}"


def _table(rows: Iterable[tuple[str, str]], *, bold: bool = False) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    table.add_column(style=None if bold else "dim", min_width=_LABEL, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(Text(label), Text(text))
    return table


def _differences(report: Report) -> Iterator[RenderableType]:
    for difference in report.differences[:_MOST_SHOWN]:
        yield Text.assemble(
            (f"\n{difference.requirement}/{difference.case}", "bold red"), f": the engines differ in {difference.what}"
        )
        yield _table((engine, shown(found)) for engine, found in zip(difference.engines, difference.found, strict=True))
    if len(report.differences) > _MOST_SHOWN:
        yield Text(f"  … and {len(report.differences) - _MOST_SHOWN} more; --json has all", "dim")


def _interruption(report: Report) -> Iterator[RenderableType]:
    if not report.complete:
        yield Text("Interrupted: what is above is what was judged until then.", "yellow")


def _remarks(report: Report) -> Iterator[RenderableType]:
    yield from _interruption(report)
    if report.complete and report.verdict is Verdict.PARTIAL:
        skipped = list(dict.fromkeys(id_ for result in report.profiles for id_ in result.must_skipped))
        named = ", ".join((*skipped[:_MOST_NAMED], *(["…"] if len(skipped) > _MOST_NAMED else [])))
        judged = f"{len(skipped)} MUST could not be judged: {named}" if skipped else "not every MUST was judged"
        yield Text(f"Partial: {judged}", "dim")
        if report.module.contract is None:
            yield Text("Only a conformance guest can be conformant; any other plugin is partial at best", "dim")
