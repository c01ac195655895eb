"""Draws the findings as one picture."""

# pyright: reportUnknownMemberType=false
# matplotlib declares many of its keyword arguments without types.

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from machine import Machine
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from results import Section

_COLOURS: Final = {"call": "#1b6ca8", "call_many": "#57a773", "wasmtime-py": "#c0504d", "extism": "#e0a030"}
_LABELS: Final = {
    "call": "plugbay call",
    "call_many": "plugbay call_many",
    "wasmtime-py": "wasmtime-py",
    "extism": "Extism SDK",
}


def save(path: Path, machine: Machine, sections: Mapping[str, Section]) -> None:
    """One panel for each benchmark that has one; SVG or PNG by the path's ending."""
    panels = [(draw, sections[key]) for key, draw in _PANELS.items() if key in sections]
    if not panels:
        return
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(6.4 * columns, 3.6 * rows + 0.6), layout="constrained")
    for place, (draw, section) in enumerate(panels, 1):
        draw(figure.add_subplot(rows, columns, place), section)
    figure.suptitle(f"plugbay {machine.packages['plugbay']} on {machine.cpu}, {machine.date}", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _calls(axes: Axes, section: Section) -> None:
    sizes = list(section.figures)
    width = 0.2
    for number, (name, colour) in enumerate(_COLOURS.items()):
        heights = [section.figures[size][name]["us"] for size in sizes]
        places = [place + (number - 1.5) * width for place in range(len(sizes))]
        axes.bar(places, heights, width, label=_LABELS[name], color=colour)
    axes.set_xticks(range(len(sizes)), [f"{int(size):,} B" for size in sizes])
    axes.set(yscale="log", ylabel="µs per message", title="One echo, lower is better")
    axes.margins(y=0.2)  # room for the legend
    axes.legend(fontsize=7, ncols=len(_LABELS), loc="upper center")


def _bars(title: str, label: str, values: Callable[[Any], Mapping[str, float]], *, log: bool = False) -> Any:
    def draw(axes: Axes, section: Section) -> None:
        found = values(section.figures)
        bars = axes.barh(list(found), list(found.values()), color="#1b6ca8")
        axes.bar_label(bars, fmt="{:,.3g}", fontsize=7, padding=2)
        axes.set(title=title, xlabel=label, xscale="log" if log else "linear")
        axes.margins(x=0.15)
        axes.invert_yaxis()
        axes.tick_params(axis="y", labelsize=7)

    return draw


def _cold(figures: Any) -> dict[str, float]:
    return {f"{name}, {kind}": us / 1000 for name, turns in figures["ways_us"].items() for kind, us in turns.items()}


def _against(peer: str, own: str) -> Callable[[Any], dict[str, float]]:
    return lambda figures: {name: ways[peer]["us"] / ways[own]["us"] for name, ways in figures.items()}


_PANELS: Final[Mapping[str, Callable[[Axes, Section], None]]] = {
    "calls": _calls,
    "extism_calls": _bars("Extism plugins, higher is better", "times Extism's SDK", _against("extism", "call")),
    "actor_calls": _bars("Reflow actors, raw calls", "times Extism's SDK", _against("extism", "call")),
    "actor_messages": _bars(
        "Reflow actors with state", "times a plugin per message", _against("a plugin per message", "process")
    ),
    "log_lines": _bars("One log line, lower is better", "µs", dict),
    "cold_start": _bars("Cold start, lower is better", "ms", _cold, log=True),
    "threads": _bars(
        "Two threads against one, higher is better", "times as fast",
        lambda figures: {name: row["times"] for name, row in figures.items()},
    ),
    "streams": _bars(
        "A stream, higher is better", "thousand messages/s",
        lambda figures: {name: row["messages_per_second"] / 1000 for name, row in figures.items()},
    ),
    "memory": _bars(
        "Memory growth, lower is better", "MB",
        lambda figures: {name: row["megabytes"] for name, row in figures.items()},
    ),
}  # fmt: skip
