"""One failed case as text for people, the same on every way to run the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from plugbay.cli.text import byte_size, hex_lines, is_text, visible
from plugbay_conformance.specification import SPEC_VERSION, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay_conformance.case import Evidence
    from plugbay_conformance.results import CaseResult
    from plugbay_conformance.specification import Requirement

_MOST_BYTES: Final = 96
_MOST_CHARACTERS: Final = 600
_MOST_LOGS: Final = 5


def failure_text(requirement: Requirement, result: CaseResult) -> Text:
    """The requirement, the reason, what was expected and found, the input, and where to read on."""
    style = "bold red" if requirement.level is Level.MUST else "bold yellow"
    text = Text.assemble(
        (requirement.id, style), (f" {requirement.level} ", "dim"), (visible(requirement.title), "bold")
    )
    add_line(text, result.status, result.reason)
    if result.evidence is not None:
        for label, value in _facts(result.evidence):
            add_line(text, label, value)
    add_line(text, "case", f"{result.case} on {result.engine}")
    add_line(text, "read", f"spec/v{SPEC_VERSION}/{requirement.abi}.md, {requirement.id}")
    return text


def add_line(text: Text, label: str, value: str) -> None:
    """Add a fact with its label; what a guest wrote can't move the cursor, and can't fill the screen."""
    shown = visible(value if len(value) <= _MOST_CHARACTERS else f"{value[:_MOST_CHARACTERS]}…", lines=True)
    text.append(f"\n  {label:<10} ", "dim").append(shown.replace("\n", f"\n{'':13}"))


def _facts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    yield "expected", evidence.expected
    yield "found", evidence.found
    for label, data in (("input", evidence.input), ("output", evidence.output)):
        if data is not None:
            yield label, _shown(data)
    for line in evidence.logs[:_MOST_LOGS]:
        yield "log", line
    if len(evidence.logs) > _MOST_LOGS:
        yield "log", f"… and {len(evidence.logs) - _MOST_LOGS} more lines"


def _shown(data: bytes) -> str:
    if not data:
        return "0 bytes"
    if len(data) <= _MOST_CHARACTERS and is_text(data):
        return data.decode()
    return f"{byte_size(len(data))}\n{hex_lines(data, _MOST_BYTES)}"
