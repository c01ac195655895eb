"""What a plugin says about itself, for people: plain facts, the ports of an actor, the fields of its config,
the functions of a module and their types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from plugbay.cli.schema_rows import field_rows
from plugbay.cli.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

_INPORTS, _OUTPORTS, _SCHEMA = "inports", "outports", "config_schema"
_FUNCTIONS, _OTHERS = "byte_functions", "other_functions"
_TABLES = frozenset({_INPORTS, _OUTPORTS, _SCHEMA, _FUNCTIONS, _OTHERS})
_MOST_ROWS = 100
_MOST_CHARACTERS = 300


def metadata_facts(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The facts that fit a line each; those without a value are left out."""
    for key, value in metadata.items():
        if key not in _TABLES and value not in (None, ""):
            yield _shown(key), _shown(value)


def metadata_tables(metadata: Mapping[str, Any]) -> Iterator[RenderableType]:
    """The ports, the config and the functions, a table each, of a plugin that has such."""
    for key, title in ((_INPORTS, "Inports"), (_OUTPORTS, "Outports")):
        if key in metadata:
            rows = [
                (port["name"], port["port_type"], "required" if port["required"] else "", port["description"])
                for port in metadata[key]
            ]
            yield from _table(title, rows)
    for key, title in ((_FUNCTIONS, "Byte functions"), (_OTHERS, "Other functions, which can't be called")):
        if metadata.get(key):
            yield from _table(
                title, [(item["name"], item["type"], item.get("convention", "")) for item in metadata[key]]
            )
    if _SCHEMA in metadata:
        yield from _config(metadata[_SCHEMA])


def _config(schema: object) -> Iterator[RenderableType]:
    if schema is None:
        yield Text("\nConfig: any", "bold")
        return
    yield from _table("Config", list(field_rows(schema)))


def _table(title: str, rows: Sequence[tuple[str, ...]]) -> Iterator[RenderableType]:
    yield Text(f"\n{title}" if rows else f"\n{title}: none", "bold")
    if not rows:
        return
    table = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    filled = [number for number, column in enumerate(zip(*rows, strict=True)) if any(column)]
    for number in filled:
        table.add_column(overflow="fold", style="dim" if number == 1 else None)
    for row in rows[:_MOST_ROWS]:
        table.add_row(*(_shown(row[number]) for number in filled))
    yield table
    if len(rows) > _MOST_ROWS:
        yield Text(f"  … and {len(rows) - _MOST_ROWS:,} more; --json has all", "dim")


def _shown(value: object) -> str:
    text = visible(str(value))
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
