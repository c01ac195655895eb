"""Reports for the tests: every status, evidence that tries to break out of its page, two engines, three languages."""

from __future__ import annotations

from dataclasses import replace

from plugbay_conformance.case import CaseKind, Evidence, GuestContract
from plugbay_conformance.results import (
    CaseResult,
    Difference,
    EngineFacts,
    HostResult,
    ModuleFacts,
    ProfileResult,
    Report,
    Status,
    Verdict,
)
from plugbay_conformance.specification import Level, Requirement, Specification

HOSTILE = "<script>alert(1)</script>\x00\x1b[31m]]>&\ud800"
REQUIREMENTS = tuple(
    Requirement(
        f"FLX-{number:03}",
        "fluxrig",
        level,
        ("core", "extended"),
        title,
        f"The gear {title.lower()}, always. It calls `free` once.\n\nA second paragraph with **weight**.",
        'ABI sheet, "One message"',
        "A rack would lose messages.",
    )
    for number, level, title in (
        (1, Level.MUST, "Exports a memory"),
        (2, Level.MUST, "Keeps its result inside its memory"),
        (3, Level.SHOULD, "Says why it traps"),
        (4, Level.MUST, "Answers an empty message without a trap"),
        (5, Level.MUST, "Keeps integers of 64 bits whole"),
        (6, Level.MUST, "Keeps floats apart from integers"),
    )
)
SPECIFICATION = Specification("1", "fluxrig", "fluxrig gears", ("core", "extended"), REQUIREMENTS)


def result(number: int, status: Status, engine: str = "wasmtime", **changes: object) -> CaseResult:
    kind = CaseKind.BINARY if engine == "-" else CaseKind.MODULE
    reason = "" if status is Status.PASSED else f"why {number} is {status}"
    made = CaseResult(f"FLX-{number:03}", "case", kind, engine, "specification", status, 0.004, reason)
    return replace(made, **changes)  # type: ignore[arg-type] # fields by name


def evidence() -> Evidence:
    return Evidence(f"text {HOSTILE}", "nothing", bytes(range(256)) * 20, b"", (f"error: {HOSTILE}",))


def results(engine: str) -> tuple[CaseResult, ...]:
    return (
        result(2, Status.FAILED, engine, reason=HOSTILE, evidence=evidence()),
        result(2, Status.PASSED, engine, case="another"),
        result(3, Status.FAILED, engine),
        result(4, Status.SKIPPED, engine),
        result(5, Status.EXPECTED, engine, reason="known: issue 12"),
        result(6, Status.PASSED, engine),
    )


def profile(engine: str) -> ProfileResult:
    return ProfileResult("core", engine, Verdict.FAILED, 2, 2, 1, 1, ("FLX-002",), ("FLX-004",), ("FLX-003",))


def failing_report() -> Report:
    return Report(
        specification=SPECIFICATION,
        module=ModuleFacts(f"gear {HOSTILE}", "gear.wasm", "ab" * 32, 12345),
        abi="fluxrig",
        profile="core",
        engines=(EngineFacts("wasmtime", "50.0.1"), EngineFacts("wazero", "1.12.0")),
        results=(result(1, Status.PASSED, "-"), *results("wasmtime"), *results("wazero")),
        profiles=(profile("wasmtime"), profile("wazero")),
        hosts=(
            HostResult(
                "fluxrig-v0.6",
                "A fluxrig v0.6 rack",
                4,
                (result(6, Status.FAILED, host="fluxrig-v0.6", reason="a rack drops it", evidence=evidence()),),
            ),
        ),
        differences=(Difference("FLX-006", "case", "output", ("wasmtime", "wazero"), ("00", "01")),),
        seconds=1.25,
        started=1_795_000_000_000_000_000,
    )


def good_report(language: str = "rust") -> Report:
    contract = GuestContract("plugbay-conformance/1", "fluxrig", "core", language, "plugbay-guest", "0.1.0")
    numbers = range(1, len(REQUIREMENTS) + 1)
    return replace(
        failing_report(),
        module=ModuleFacts(f"conformance-fluxrig-core-{language}", f"{language}.wasm", "cd" * 32, 4321, contract),
        engines=(EngineFacts("wasmtime", "50.0.1"),),
        results=tuple(result(number, Status.PASSED) for number in numbers),
        profiles=(ProfileResult("core", "wasmtime", Verdict.CONFORMANT, len(REQUIREMENTS), 0, 0, 0),),
        hosts=(HostResult("fluxrig-v0.6", "A fluxrig v0.6 rack", 6),),
        differences=(),
    )
