"""One failed case for people, the same on every way to run the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.cli.text import byte_size, hex_lines, is_text, visible
from plugbay_conformance.running.no_engine import NO_ENGINE
from plugbay_conformance.specification import SPEC_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay_conformance.case import Evidence
    from plugbay_conformance.results import CaseResult
    from plugbay_conformance.specification import Requirement

_MOST_BYTES: Final = 96
_MOST_CHARACTERS: Final = 600
_MOST_LOGS: Final = 5
_LABEL: Final = 11


def failure_rows(requirement: Requirement, result: CaseResult) -> Iterator[tuple[str, str]]:
    """The reason, what was expected and found, the bytes, the logs, the case, and where to read on: label and text."""
    yield result.status, shown(result.reason)
    if result.evidence is not None:
        yield from _evidence_rows(result.evidence)
    yield "case", result.case if result.engine == NO_ENGINE else f"{result.case} on {result.engine}"
    yield "read", f"spec/v{SPEC_VERSION}/{requirement.abi}.md, {requirement.id}"


def failure_text(requirement: Requirement, result: CaseResult) -> str:
    """The same as plain text, below the requirement."""
    lines = [f"{requirement.id} {requirement.level} {visible(requirement.title)}"]
    for label, text in failure_rows(requirement, result):
        first, *more = text.split("\n")
        lines += [f"  {label:<{_LABEL}}{first}", *(f"  {'':{_LABEL}}{line}" for line in more)]
    return "\n".join(lines)


def shown(text: str) -> str:
    """What a guest wrote: it can't move the cursor, and can't fill the screen."""
    escaped = visible(text[: _MOST_CHARACTERS + 1], lines=True)  # each character may take four
    return escaped if len(escaped) <= _MOST_CHARACTERS else f"{escaped[:_MOST_CHARACTERS]}…"


def _evidence_rows(evidence: Evidence) -> Iterator[tuple[str, str]]:
    yield "expected", shown(evidence.expected)
    yield "found", shown(evidence.found)
    for label, data in (("input", evidence.input), ("output", evidence.output)):
        if data is not None:
            yield label, _shown_bytes(data)
    for line in evidence.logs[:_MOST_LOGS]:
        yield "log", shown(line)
    if len(evidence.logs) > _MOST_LOGS:
        yield "log", f"… and {len(evidence.logs) - _MOST_LOGS} more lines"


def _shown_bytes(data: bytes) -> str:
    if not data:
        return "0 bytes"
    if len(data) <= _MOST_CHARACTERS and is_text(data):
        return data.decode()
    return f"{byte_size(len(data))}\n{hex_lines(data, _MOST_BYTES)}"
