"""Judges the conformance guests of our SDKs on every engine and writes the table of docs/conformance.md.

usage: matrix.py [--check] [FOLDER…]

The folders hold the guests; the default is what is committed. Reports of every form go to build/conformance. With
``--check`` nothing is written into the docs; the exit code is 1 when a guest is not conformant, or the docs say otherwise.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rich.console import Console

from plugbay_conformance.library import conform_folder
from plugbay_conformance.options import ConformOptions
from plugbay_conformance.reports import write_report
from plugbay_conformance.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.errors import PlugbayError
    from plugbay_conformance.results import Report

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "sdk_guest/dist", ROOT / "conformance/guests")
PAGE = ROOT / "docs/conformance.md"
REPORTS = ROOT / "build/conformance"
BEGIN, END = "<!-- matrix: begin -->\n", "<!-- matrix: end -->\n"
ENGINES = ("wasmtime", "libextism", "wazero")


def main() -> int:
    """Judge, show, write; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the docs instead of writing them")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="where the guests are")
    arguments = parser.parse_args()
    started = perf_counter()
    reports = judged(arguments.folders or FOLDERS)
    table = markdown(reports)
    Console().print(f"{len(reports)} runs on {len(ENGINES)} engines in {perf_counter() - started:.0f} s\n\n{table}")
    REPORTS.mkdir(parents=True, exist_ok=True)
    for ending in ("html", "json", "xml", "svg"):
        write_report(REPORTS / f"matrix.{ending}", reports)
    if not arguments.check:
        PAGE.write_text(filled(PAGE.read_text("utf-8"), table), "utf-8")
    return finish(reports, table, check=arguments.check)


def judged(folders: Sequence[Path]) -> list[Report]:
    """The reports on all guests; one that answers for actors answers for plugins as well."""
    options = ConformOptions(engines=ENGINES)
    reports = [report for folder in folders for report in conform_folder(folder, options, on_refused=refuse)]
    if any(report.profile == "actor" for report in reports):
        as_plugins = replace(options, abi="extism", profile="plugin")
        for folder in folders:
            if any(folder.glob("*-extism-*.wasm")):
                reports += conform_folder(folder, as_plugins, on_refused=lambda _path, _error: None)
    return sorted(reports, key=lambda report: (report.abi, report.profile, language_of(report), report.module.name))


def refuse(path: Path, error: PlugbayError) -> None:
    """A guest that can't be judged at all ends it."""
    raise SystemExit(f"{path}: {error}")


def markdown(reports: Sequence[Report]) -> str:
    """One row for each guest and profile."""
    rows = [
        "| ABI | profile | guest | size, bytes | " + " | ".join(ENGINES) + " | other hosts |",
        "| --- | --- | --- | ---: | " + " | ".join("---" for _ in ENGINES) + " | --- |",
    ]
    for report in reports:
        by_engine = {profile.engine: profile for profile in report.profiles}
        cells = [
            ""
            if engine not in by_engine
            else f"{by_engine[engine].passed} of {total(report)}{failures(report, engine)}"
            for engine in ENGINES
        ]
        hosts = ", ".join(
            f"{host.host}: {'runs' if not host.broken else f'{len(host.broken)} broken'}" for host in report.hosts
        )
        name = f"{language_of(report)} `{report.module.digest[:8]}`"
        row = (report.abi, report.profile, name, f"{report.module.size:,}", *cells, hosts)
        rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows) + "\n"


def total(report: Report) -> int:
    """How many requirements the profile has."""
    return len(report.specification.of_profile(report.profile))


def failures(report: Report, engine: str) -> str:
    """What does not hold on an engine, in brackets."""
    profile = next(profile for profile in report.profiles if profile.engine == engine)
    told = [
        *(f"{id_} failed" for id_ in (*profile.must_failed, *profile.should_failed)),
        *(f"{id_} skipped" for id_ in profile.must_skipped),
    ]
    return f" ({', '.join(told)})" if told else ""


def language_of(report: Report) -> str:
    """The language that a guest says it is written in."""
    return report.module.contract.language if report.module.contract is not None else report.module.name


def filled(page: str, table: str) -> str:
    """The page with another table."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{table}{END}{rest.split(END)[1]}"


def finish(reports: Sequence[Report], table: str, *, check: bool) -> int:
    """The exit code, and what it is about."""
    wrong = [report for report in reports if report.verdict is not Verdict.CONFORMANT or report.differences]
    for report in wrong:
        sys.stderr.write(f"{report.module.name}, profile {report.profile}: {report.verdict}\n")
    if check and filled(PAGE.read_text("utf-8"), table) != PAGE.read_text("utf-8"):
        sys.stderr.write("docs/conformance.md says otherwise; run: make matrix\n")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
