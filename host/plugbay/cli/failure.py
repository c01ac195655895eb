"""Errors as the command line shows them: a few lines, or JSON, and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.cli.text import visible
from plugbay.errors import (
    ConfigInvalid,
    GuestTrap,
    InvalidBinary,
    InvalidMessage,
    PlugbayError,
    SourceNotFound,
    SourceUnreadable,
    StateUnavailable,
    StreamUnusable,
    TooLarge,
)

if TYPE_CHECKING:
    from rich.text import Text

    from plugbay.cli.output import Output

GOOD, FAILED, UNUSABLE = 0, 1, 2
"""Exit codes: good; the plugin or the check failed; the command was used wrongly or the input is unusable."""
INTERRUPTED, BROKEN_PIPE = 130, 141
"""Exit codes of Ctrl-C and of a reader that left, as a shell gives them for the signals SIGINT and SIGPIPE."""

_UNUSABLE = (
    ConfigInvalid,
    InvalidBinary,
    InvalidMessage,
    SourceNotFound,
    SourceUnreadable,
    StateUnavailable,
    StreamUnusable,
)
_FACTS = ("plugin", "function", "parameter", "limit", "expected", "found")
_LABELS = {"parameter": "argument"}
"""Facts whose names are too long for the column."""
_FRAMES = 8
_TRACEBACK_LINES = 16
_MOST_CHARACTERS = 400


def exit_code(error: PlugbayError) -> int:
    """1 when the plugin failed, 2 when the command or its input is what has to change."""
    oversized_file = isinstance(error, TooLarge) and error.limit == "module_bytes"
    return UNUSABLE if oversized_file or isinstance(error, _UNUSABLE) else FAILED


def show_failure(output: Output, facts: dict[str, object]) -> None:
    """Show an error, given as :meth:`PlugbayError.to_dict` gives it: on stderr, with ``--json`` also on stdout."""
    output.say(describe(facts))
    if output.json:
        output.document({"error": facts})


def facts_of(error: PlugbayError) -> dict[str, object]:
    """The facts of an error, the backtrace of a trap kept short enough for a screen."""
    facts = error.to_dict()
    if isinstance(error, GuestTrap) and len(error.frames) > _FRAMES:
        more = len(error.frames) - _FRAMES
        facts["frames"] = [*map(str, error.frames[:_FRAMES]), f"({more} frames more)"]
    return facts


def describe(facts: dict[str, object]) -> Text:
    """``error[code]: reason``, then the facts that the reason does not already tell, traces, then the hint."""
    from rich.text import Text

    reason = visible(str(facts["reason"]), lines=True)
    text = Text.assemble((f"error[{facts['code']}]", "bold red"), ": ", reason)
    for name in _FACTS:
        value = facts.get(name)
        if value is not None and str(value) not in reason:
            text.append(f"\n  {_LABELS.get(name, name):<9}", "dim").append(_short(value))
    frames = facts.get("frames")
    if isinstance(frames, list):
        for frame in frames:  # pyright: ignore[reportUnknownVariableType] # a list of texts, as to_dict made it
            text.append("\n  at       ", "dim").append(visible(str(frame)))  # pyright: ignore[reportUnknownArgumentType] # see above
    traceback = facts.get("traceback")
    if isinstance(traceback, str):
        for line in _last_lines(traceback):
            text.append("\n  |        ", "dim").append(visible(line))
    if "hint" in facts:
        text.append("\n  hint     ", "green").append(visible(str(facts["hint"]), lines=True))
    return text


def _last_lines(traceback: str) -> list[str]:
    """The end of a traceback, where the exception is; what a screen has no room for is counted."""
    lines = traceback.rstrip().splitlines()
    if len(lines) <= _TRACEBACK_LINES:
        return lines
    return [f"({len(lines) - _TRACEBACK_LINES:,} lines more)", *lines[-_TRACEBACK_LINES:]]


def _short(value: object) -> str:
    text = visible(str(value))
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
