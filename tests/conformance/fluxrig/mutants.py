"""The gears that are right but for one thing."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wasmtime
from tests.conformance.fluxrig.rewriting import (
    first_pages,
    rename_export,
    rename_import,
    repoint_export,
    second_memory,
    set_mutation,
)
from tests.conformance.mutant import Mutant

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[3] / "conformance" / "mutants" / "fluxrig"
NAMES = (FOLDER / "mutations.txt").read_text("utf-8").split()
"""Names of the mutations; the number of one is its place, counted from 1."""

_BARE = """
(module
  {imports}
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 0))
  (func (export "free") (param i32 i32))
  (func (export "process") (param i32 i32) (result i64) (i64.const 0))
  {extra})
"""
"""A module with the exports of a gear, for mutants that are told by the file alone."""


def right_gear(profile: str) -> bytes:
    """The gear of a profile that breaks nothing."""
    return (FOLDER / f"{profile}.wasm").read_bytes()


def _mutated(profile: str, name: str) -> bytes:
    return set_mutation(right_gear(profile), NAMES.index(name) + 1)


def _changed(profile: str, change: Callable[[bytes], bytes]) -> bytes:
    return change(right_gear(profile))


def _bare(imports: str = "", extra: str = "") -> bytes:
    return bytes(wasmtime.wat2wasm(_BARE.format(imports=imports, extra=extra)))


def _mutations(section: str) -> list[Mutant]:
    table: dict[str, Any] = tomllib.loads((FOLDER / "mutants.toml").read_text("utf-8"))
    return [
        Mutant(
            row["name"],
            row["requirement"],
            "fluxrig",
            row["profile"],
            partial(_mutated, row.get("gear", row["profile"]), row["name"]),
            frozenset(row.get("also", ())),
            row.get("why", ""),
        )
        for row in table[section]
    ]


def _structural(name: str, requirement: str, profile: str, build: Callable[[], bytes]) -> Mutant:
    return Mutant(name, requirement, "fluxrig", profile, build)


def _change(name: str, requirement: str, profile: str, function: Callable[..., bytes], *arguments: str | int) -> Mutant:
    def change(module: bytes) -> bytes:
        return function(module, *arguments)

    return _structural(name, requirement, profile, partial(_changed, profile, change))


_WRONG_LOG = '(import "env" "log" (func (param i32 i32)))'
_TAIL_CALL = "(func $f (result i32) (return_call $f))"

MUTANTS: tuple[Mutant, ...] = (
    _change("second_memory", "FLX-001", "core", second_memory),
    _structural("tail_call", "FLX-001", "core", partial(_bare, "", _TAIL_CALL)),
    _change("memory_hidden", "FLX-002", "core", rename_export, "memory", "memori"),
    _change("alloc_hidden", "FLX-003", "core", rename_export, "alloc", "alloq"),
    _change("free_hidden", "FLX-004", "core", rename_export, "free", "frei"),
    _change("process_hidden", "FLX-005", "core", rename_export, "process", "PROCESS"),
    _change("import_of_another_name", "FLX-006", "core", rename_import, "log", "lag"),
    _change("import_of_nobody", "FLX-007", "extended", rename_import, "emit", "omit"),
    _structural("log_of_two_parameters", "FLX-008", "core", partial(_bare, _WRONG_LOG)),
    _structural("log_is_a_global", "FLX-008", "core", partial(_bare, '(import "env" "log" (global i32))')),
    _change("seventeen_pages", "FLX-009", "core", first_pages, 17),
    _change("initialize_takes_a_number", "FLX-011", "extended", repoint_export, "_initialize", "alloc"),
    *_mutations("mutant"),
)
"""In the order of the requirements that they break."""

ON_A_RACK: tuple[Mutant, ...] = tuple(_mutations("on_a_rack"))
"""Those that the specification's own host finds right, and that break on a rack."""
