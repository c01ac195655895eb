"""Reports as JSON keep to their published schema, whatever a guest said."""

from __future__ import annotations

import base64
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.conformance.reports.sample import failing_report, good_report

from plugbay_conformance.reports import write_report
from plugbay_conformance.reports.document import SHOWN_BYTES, report_document
from plugbay_conformance.results import Report


def schema() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (files("plugbay_conformance.reports") / "report.schema.json").read_text("utf-8")
    )
    return document


@pytest.mark.parametrize("reports", [[failing_report()], [good_report()], [good_report("go"), failing_report()]])
def test_a_report_keeps_to_the_schema(reports: list[Report], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_report(path, reports)
    document = json.loads(path.read_bytes())
    jsonschema_rs.validator_for(schema()).validate(document)
    assert document["format"].startswith(
        "plugbay-conformance-matrix/" if len(reports) > 1 else "plugbay-conformance-report/"
    )


@pytest.mark.parametrize("field", ["verdict", "complete", "module", "results", "engines", "seed"])
def test_the_schema_asks_for_every_field(field: str) -> None:
    document = report_document(failing_report())
    del document[field]
    assert not jsonschema_rs.validator_for(schema()).is_valid(document)


def test_the_schema_refuses_fields_that_it_does_not_know() -> None:
    assert not jsonschema_rs.validator_for(schema()).is_valid({**report_document(failing_report()), "colour": "red"})


def test_long_inputs_are_cut_and_their_size_is_told() -> None:
    results = report_document(failing_report())["results"]
    shown = next(result["evidence"]["input"] for result in results if result["evidence"])
    assert shown["size"] == 5120
    assert base64.b64decode(shown["base64"]) == (bytes(range(256)) * 20)[:SHOWN_BYTES]


def test_a_report_says_what_was_judged_by_what() -> None:
    document = report_document(good_report("zig"))
    assert document["module"]["contract"]["language"] == "zig"
    assert document["module"]["sha256"] == "cd" * 32
    assert document["engines"] == [{"name": "wasmtime", "version": "50.0.1"}]
    assert document["verdict"] == "conformant"
    assert document["specification"] == {"version": "1", "abi": "fluxrig"}
