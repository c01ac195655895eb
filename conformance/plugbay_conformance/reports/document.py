"""Reports as JSON, in the form of ``report.schema.json``."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay_conformance.case import Evidence, GuestContract
    from plugbay_conformance.results import CaseResult, Report

REPORT_FORMAT = "plugbay-conformance-report/1"
MATRIX_FORMAT = "plugbay-conformance-matrix/1"
SHOWN_BYTES = 4096
"""Bytes of an input or output that a report holds; their number is told in full."""

Document = dict[str, Any]


def matrix_document(reports: Sequence[Report]) -> Document:
    """Several reports as one document."""
    return {"format": MATRIX_FORMAT, "reports": [report_document(report) for report in reports]}


def report_document(report: Report) -> Document:
    """A report as plain values. ``started`` is Unix nanoseconds, ``seconds`` wall time, ``size`` bytes."""
    module = report.module
    return {
        "format": REPORT_FORMAT,
        "specification": {"version": report.specification.version, "abi": report.specification.abi},
        "suite": {"version": report.suite_version},
        "module": {
            "name": module.name,
            "path": module.path,
            "sha256": module.digest,
            "size": module.size,
            "contract": _contract(module.contract),
        },
        "abi": report.abi,
        "profile": report.profile,
        "verdict": report.verdict,
        "complete": report.complete,
        "seed": report.seed,
        "started": report.started,
        "seconds": round(report.seconds, 3),
        "engines": [{"name": engine.name, "version": engine.version} for engine in report.engines],
        "profiles": [_profile(report, place) for place in range(len(report.profiles))],
        "hosts": [
            {
                "host": host.host,
                "title": host.title,
                "passed": host.passed,
                "broken": [_result(result) for result in host.broken],
            }
            for host in report.hosts
        ],
        "differences": [
            {
                "requirement": difference.requirement,
                "case": difference.case,
                "what": difference.what,
                "engines": list(difference.engines),
                "found": list(difference.found),
            }
            for difference in report.differences
        ],
        "requirements": [
            {"id": requirement.id, "level": requirement.level, "title": requirement.title}
            for requirement in report.specification.of_profile(report.profile)
        ],
        "results": [_result(result) for result in report.results],
    }


def _contract(contract: GuestContract | None) -> Document | None:
    if contract is None:
        return None
    return {
        "contract": contract.contract,
        "abi": contract.abi,
        "profile": contract.profile,
        "language": contract.language,
        "sdk": contract.sdk,
        "sdk_version": contract.sdk_version,
    }


def _profile(report: Report, place: int) -> Document:
    profile = report.profiles[place]
    return {
        "profile": profile.profile,
        "engine": profile.engine,
        "verdict": profile.verdict,
        "passed": profile.passed,
        "failed": profile.failed,
        "skipped": profile.skipped,
        "expected": profile.expected,
        "must_failed": list(profile.must_failed),
        "must_skipped": list(profile.must_skipped),
        "should_failed": list(profile.should_failed),
    }


def _result(result: CaseResult) -> Document:
    return {
        "requirement": result.requirement,
        "case": result.case,
        "kind": result.kind,
        "engine": result.engine,
        "host": result.host,
        "status": result.status,
        "seconds": round(result.seconds, 6),
        "reason": result.reason,
        "evidence": _evidence(result.evidence),
    }


def _evidence(evidence: Evidence | None) -> Document | None:
    if evidence is None:
        return None
    return {
        "expected": evidence.expected,
        "found": evidence.found,
        "input": _bytes(evidence.input),
        "output": _bytes(evidence.output),
        "logs": list(evidence.logs),
    }


def _bytes(data: bytes | None) -> Document | None:
    return None if data is None else {"size": len(data), "base64": b64encode(data[:SHOWN_BYTES]).decode()}
