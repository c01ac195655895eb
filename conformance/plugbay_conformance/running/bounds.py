"""What a guest may make a report hold: evidence is cut where no reader would go on reading."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plugbay_conformance.case import Evidence, GuestContract
    from plugbay_conformance.results import CaseResult

TEXT: Final = 4_000
"""Characters of a text that says what was expected or found."""
DATA: Final = 16_384
"""Bytes of an input or output that are kept."""
LOGS: Final = 100
"""Lines of a guest's log that are kept."""
NAME: Final = 200
"""Characters of a name in a guest's contract."""


def bounded_result(result: CaseResult) -> CaseResult:
    """The result with its texts and bytes cut to these bounds; what is left out of a text is counted."""
    evidence = result.evidence
    return replace(
        result,
        reason=_text(result.reason),
        evidence=None if evidence is None else _evidence(evidence),
    )


def bounded_contract(contract: GuestContract) -> GuestContract:
    """The contract with its names cut."""
    return replace(
        contract,
        language=contract.language[:NAME],
        sdk=contract.sdk[:NAME],
        sdk_version=contract.sdk_version[:NAME],
    )


def _evidence(evidence: Evidence) -> Evidence:
    logs = tuple(_text(line) for line in evidence.logs[:LOGS])
    if len(evidence.logs) > LOGS:
        logs = (*logs, f"… and {len(evidence.logs) - LOGS:,} more lines")
    return replace(
        evidence,
        expected=_text(evidence.expected),
        found=_text(evidence.found),
        input=None if evidence.input is None else evidence.input[:DATA],
        output=None if evidence.output is None else evidence.output[:DATA],
        logs=logs,
    )


def _text(text: str) -> str:
    """The text, cut, and without halves of surrogate pairs, which no file of text can hold."""
    text = text.encode("utf-8", "backslashreplace").decode() if not text.isascii() else text
    return text if len(text) <= TEXT else f"{text[:TEXT]} … ({len(text) - TEXT:,} more characters)"
