"""Runs the benchmarks side by side, prints tables and targets, and saves a plot and the figures.

python benchmarks/run.py [--quick] [--only NAME]… [--json PATH] [--plot PATH] [--readme]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import actors
import byte_functions
import calls
import cold_start
import extism_calls
import http_load
import instances
import log_lines
import memory
import orjson
import plot
import plugins
import readme
import screen
import streams
import threads
from effort import FULL, QUICK, SMOKE, Effort
from machine import Machine
from results import Section
from rich.console import Console

RESULTS: Final = Path(__file__).with_name("results")
BENCHMARKS: Final[Mapping[str, Callable[[Effort], Section]]] = {
    "calls": calls.measure,
    "extism_calls": extism_calls.measure,
    "actor_calls": actors.measure_calls,
    "actor_messages": actors.measure_messages,
    "byte_functions": byte_functions.measure,
    "http": http_load.measure,
    "log_lines": log_lines.measure,
    "cold_start": cold_start.measure,
    "threads": threads.measure,
    "streams": streams.measure,
    "memory": memory.measure,
    "plugins": plugins.measure,
    "instances": instances.measure,
}
EFFORTS: Final = {"full": FULL, "quick": QUICK, "smoke": SMOKE}


def main() -> None:
    """Parse the command line, run, print, save. Missed targets do not make the run fail: machines differ."""
    options = _parser().parse_args()
    console, machine = Console(), Machine.now()
    console.print(machine.sentence(), "", highlight=False)
    sections: dict[str, Section] = {}
    for name in options.only or BENCHMARKS:
        with console.status(f"measuring {name} …"):
            sections[name] = BENCHMARKS[name](EFFORTS[options.effort])
        screen.show(console, sections[name])
    screen.show_targets(console, [target for section in sections.values() for target in section.targets])
    _save(options.json, machine, options.effort, sections)
    plot.save(options.plot, machine, sections)
    console.print(f"Saved {options.json} and {options.plot}.", highlight=False)
    if options.readme:
        readme.update(machine, list(sections.values()), options.effort)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure plugbay beside wasmtime-py, Extism's SDK and starlette.")
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument(
        "--quick", dest="effort", action="store_const", const="quick", default="full", help="a shorter run"
    )
    amount.add_argument(
        "--smoke",
        dest="effort",
        action="store_const",
        const="smoke",
        help="only see that all of it runs",
    )
    parser.add_argument("--only", action="append", choices=tuple(BENCHMARKS), help="one benchmark; repeat for more")
    parser.add_argument("--json", type=Path, default=RESULTS / "results.json", help="default %(default)s")
    parser.add_argument("--plot", type=Path, default=RESULTS / "results.svg", help="SVG or PNG; default %(default)s")
    parser.add_argument("--readme", action="store_true", help="also write the results into benchmarks/README.md")
    return parser


def _save(path: Path, machine: Machine, effort: str, sections: Mapping[str, Section]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document: dict[str, object] = {
        "effort": effort,
        "machine": machine.to_dict(),
        "benchmarks": {name: section.to_dict() for name, section in sections.items()},
    }
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
