"""Judges the conformance guests of our SDKs on every engine and writes the table of docs/conformance.md.

usage: matrix.py [--check] [FOLDER…]

The folders hold the guests; the default is what is committed. Reports of every form go to build/conformance. With
``--check`` nothing is written into the docs; the exit code is 1 when a guest is not conformant, or when the docs say
otherwise.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rich.console import Console

from plugbay_conformance.examiner import Examiner
from plugbay_conformance.options import ConformOptions
from plugbay_conformance.reports import write_report
from plugbay_conformance.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.results import Report

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "sdk_guest/dist", ROOT / "conformance/guests")
PAGE = ROOT / "docs/conformance.md"
REPORTS = ROOT / "build/conformance"
BEGIN, END = "<!-- matrix: begin -->\n", "<!-- matrix: end -->\n"
ENGINES = ("wasmtime", "libextism", "wazero")
SIZE_COLUMN = 4


def main() -> int:
    """Judge, show, write; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the docs instead of writing them")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="where the guests are")
    arguments = parser.parse_args()
    started = perf_counter()
    reports = judged(arguments.folders or FOLDERS)
    table = markdown(reports)
    spent = f"{len(reports)} runs on {len(ENGINES)} engines in {perf_counter() - started:.0f} s"
    Console().print(f"{spent}\n\n{table}", soft_wrap=True, markup=False)
    REPORTS.mkdir(parents=True, exist_ok=True)
    for ending in ("html", "json", "xml", "svg"):
        write_report(REPORTS / f"matrix.{ending}", reports)
    if not arguments.check:
        PAGE.write_text(filled(PAGE.read_text("utf-8"), table), "utf-8")
    return finish(reports, table, check=arguments.check)


def judged(folders: Sequence[Path]) -> list[Report]:
    """The reports on all guests; one that answers for actors answers for plugins as well."""
    paths = [path for folder in folders for path in sorted(folder.glob("conformance-*.wasm"))]
    options = ConformOptions(engines=ENGINES)
    with Examiner(options) as examiner, Examiner(replace(options, abi="extism", profile="plugin")) as as_plugin:
        reports = [examiner.examine(examiner.read(path), str(path), any_engine=True) for path in paths]
        reports += [
            as_plugin.examine(as_plugin.read(path), str(path)) for path in paths if "-extism-actor-" in path.name
        ]
    return sorted(reports, key=lambda report: (report.abi, report.profile, report.module.name))


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
        row = (report.abi, report.profile, language_of(report), f"{report.module.size:,}", *cells, hosts)
        rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows) + "\n"


def total(report: Report) -> int:
    """How many requirements the profile has."""
    return len(report.specification.of_profile(report.profile))


def failures(report: Report, engine: str) -> str:
    """What does not hold, or can't be told, on an engine, in brackets."""
    profile = next(profile for profile in report.profiles if profile.engine == engine)
    told = [f"{id_} failed" for id_ in (*profile.must_failed, *profile.should_failed)]
    told += [f"{profile.skipped} can't be told there"] if profile.skipped else []
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
    wrong = [f"{report.module.name}, profile {report.profile}" for report in reports if not is_good(report)]
    page = PAGE.read_text("utf-8").split(BEGIN)[1].split(END)[0]
    if check and without_sizes(page) != without_sizes(table):
        wrong.append("docs/conformance.md, which says otherwise; run: make matrix")
    for each in wrong:
        sys.stderr.write(f"wrong: {each}\n")
    return 1 if wrong else 0


def is_good(report: Report) -> bool:
    """Whether nothing failed, and everything was judged where it can be: plugbay has no HTTP on libextism."""
    return not report.differences and all(
        profile.verdict is Verdict.CONFORMANT or (profile.engine == "libextism" and profile.failed == 0)
        for profile in report.profiles
    )


def without_sizes(table: str) -> list[str]:
    """The rows without the column that differs from one Go to another."""
    return [
        "|".join(cell for place, cell in enumerate(row.split("|")) if place != SIZE_COLUMN) for row in table.split("\n")
    ]


if __name__ == "__main__":
    sys.exit(main())
