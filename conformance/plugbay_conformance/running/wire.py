"""Jobs, contracts and results as values of JSON, for the line protocol between a run and its workers."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from plugbay_conformance.case import CaseKind, Evidence, GuestContract
from plugbay_conformance.results import CaseResult, Difference, Status

if TYPE_CHECKING:
    from collections.abc import Mapping


def contract_to_wire(contract: GuestContract | None) -> dict[str, str] | None:
    """A guest's contract as plain values."""
    return None if contract is None else asdict(contract)


def contract_from_wire(values: Mapping[str, Any] | None) -> GuestContract | None:
    """The contract again."""
    return None if values is None else GuestContract(**values)


def result_to_wire(result: CaseResult) -> dict[str, Any]:
    """A result as plain values."""
    evidence = result.evidence
    return {
        "requirement": result.requirement,
        "case": result.case,
        "kind": result.kind.value,
        "engine": result.engine,
        "host": result.host,
        "status": result.status.value,
        "seconds": result.seconds,
        "reason": result.reason,
        "evidence": None if evidence is None else _evidence_to_wire(evidence),
    }


def result_from_wire(values: Mapping[str, Any]) -> CaseResult:
    """The result again. Raises what wrong values raise: :class:`KeyError`, :class:`TypeError`, :class:`ValueError`."""
    evidence = values["evidence"]
    return CaseResult(
        requirement=values["requirement"],
        case=values["case"],
        kind=CaseKind(values["kind"]),
        engine=values["engine"],
        host=values["host"],
        status=Status(values["status"]),
        seconds=values["seconds"],
        reason=values["reason"],
        evidence=None if evidence is None else _evidence_from_wire(evidence),
    )


def difference_to_wire(difference: Difference) -> dict[str, Any]:
    """A difference as plain values."""
    return asdict(difference)


def difference_from_wire(values: Mapping[str, Any]) -> Difference:
    """The difference again."""
    first, second = values["engines"]
    one, other = values["found"]
    return Difference(values["requirement"], values["case"], values["what"], (first, second), (one, other))


def to_text(data: bytes) -> str:
    """Bytes as a text that JSON can hold."""
    return b64encode(data).decode()


def from_text(text: str) -> bytes:
    """The bytes again."""
    return b64decode(text, validate=True)


def _evidence_to_wire(evidence: Evidence) -> dict[str, Any]:
    return {
        "expected": evidence.expected,
        "found": evidence.found,
        "input": None if evidence.input is None else to_text(evidence.input),
        "output": None if evidence.output is None else to_text(evidence.output),
        "logs": list(evidence.logs),
    }


def _evidence_from_wire(values: Mapping[str, Any]) -> Evidence:
    return Evidence(
        values["expected"],
        values["found"],
        None if values["input"] is None else from_text(values["input"]),
        None if values["output"] is None else from_text(values["output"]),
        tuple(values["logs"]),
    )
