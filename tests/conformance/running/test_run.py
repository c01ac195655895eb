"""A run makes a report of what was judged, also when it is cut short."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.conformance.fakes import CONTRACT, FAKES, NUMBERS, QUIRKY, case_id, load_suite

from plugbay_conformance.errors import SelectionEmpty
from plugbay_conformance.expected import Expectation
from plugbay_conformance.results import EngineFacts, Report, Status, Verdict
from plugbay_conformance.running.local import LocalJudge
from plugbay_conformance.running.pool import Pool
from plugbay_conformance.running.run import Progress, RunOptions, run
from plugbay_conformance.selection import Selection

if TYPE_CHECKING:
    from tests.conformance.conftest import MakeSubject

    from plugbay_conformance.case import GuestContract, Subject
    from plugbay_conformance.running.judges import Judges

SUITE = load_suite("fluxrig")
WASMTIME = EngineFacts("wasmtime", "1.2.3")
OTHER = EngineFacts("libextism", "1.2.3")


def options(*names: str, **changes: object) -> RunOptions:
    few = Selection(tuple(case_id(name) for name in names))
    return replace(RunOptions((WASMTIME,), selection=few), **changes)  # type: ignore[arg-type] # options by name


@pytest.fixture
def judges() -> Iterator[LocalJudge]:
    local = LocalJudge(FAKES)
    yield local
    local.close()


@pytest.fixture
def judged(judges: LocalJudge, make_subject: MakeSubject) -> Judged:
    return Judged(judges, make_subject)


class Judged:
    """Runs the fakes on a gear; ``mark`` is what the gear is marked with."""

    def __init__(self, judges: Judges, make_subject: MakeSubject) -> None:
        self._judges = judges
        self._make_subject = make_subject

    def __call__(self, options: RunOptions, mark: str = "") -> Report:
        return run(self._judges, SUITE, self._make_subject(mark), "out/gear.wasm", options)


def statuses(report: Report) -> dict[str, str]:
    return {result.case: result.status.value for result in report.results}


def test_a_report_tells_what_was_judged_by_what(judged: Judged, make_subject: MakeSubject) -> None:
    before = time.time_ns()
    report = judged(options("passes", "fails", "skips", seed=5))
    info = make_subject().info
    assert (report.module.name, report.module.path) == ("gear.wasm", "out/gear.wasm")
    assert (report.module.digest, report.module.size, report.module.contract) == (info.digest, info.size, None)
    assert (report.abi, report.profile, report.seed, report.complete) == ("fluxrig", "core", 5, True)
    assert report.engines == (WASMTIME,)
    assert report.specification is SUITE.specification
    assert before <= report.started <= time.time_ns()
    assert statuses(report) == {"passes": "passed", "fails": "failed", "skips": "skipped"}
    assert report.verdict is Verdict.FAILED
    assert report.profiles[0].must_failed == (NUMBERS["fails"],)


def test_results_are_in_the_order_of_the_plan_and_the_same_each_time(judged: Judged) -> None:
    wanted = options("fails", "passes", "traps", engines=(WASMTIME, OTHER))
    first, second = judged(wanted), judged(wanted)
    assert [(result.case, result.engine) for result in first.results] == [
        ("passes", "-"), ("fails", "wasmtime"), ("traps", "wasmtime"), ("fails", "libextism"), ("traps", "libextism"),
    ]  # fmt: skip
    assert [replace(result, seconds=0) for result in first.results] == [
        replace(result, seconds=0) for result in second.results
    ]
    assert [result.engine for result in first.profiles] == ["wasmtime", "libextism"]


def test_the_seed_decides_what_random_cases_do(judged: Judged) -> None:
    found = {seed: judged(options("fails", seed=seed)).results[0].evidence for seed in (1, 2)}
    assert found[1] != found[2]


def test_a_conformance_guest_says_its_profile_unless_one_is_asked_for(judged: Judged) -> None:
    report = judged(options("knows_its_guest"), mark="guest")
    assert (report.profile, report.module.contract) == ("extended", CONTRACT)
    assert statuses(report) == {"knows_its_guest": "passed"}
    asked = judged(options("passes", profile="core"), mark="guest")
    assert (asked.profile, asked.module.contract) == ("core", CONTRACT)


def test_hosts_with_habits_tell_what_would_break_and_decide_nothing(judged: Judged) -> None:
    report = judged(options("breaks_on_quirky_host"))
    (host,) = report.hosts
    assert (host.host, host.passed, [result.case for result in host.broken]) == (QUIRKY, 0, ["breaks_on_quirky_host"])
    assert report.profiles[0].failed == 0
    assert judged(options("breaks_on_quirky_host", hosts=False)).hosts == ()


def test_expected_failures_are_told_as_such_and_stale_ones_turn_the_run_red(judged: Judged) -> None:
    known = (Expectation("issue 12", requirement=NUMBERS["fails"]),)
    assert judged(options("fails", expectations=known)).results[0].status is Status.EXPECTED
    stale = (Expectation("issue 12", requirement=NUMBERS["passes"]),)
    report = judged(options("passes", expectations=stale))
    assert report.results[0].status is Status.UNEXPECTED
    assert report.verdict is Verdict.FAILED


def test_a_comparison_tells_where_engines_differ(judged: Judged) -> None:
    report = judged(options("fails", "traps", engines=(WASMTIME, OTHER), differential=True))
    assert [(found.case, found.what, found.engines) for found in report.differences] == [
        ("fails", "output", ("wasmtime", "libextism"))
    ]


@pytest.mark.usefixtures("fakes_importable")
def test_a_comparison_that_kills_its_worker_is_a_difference(make_subject: MakeSubject) -> None:
    with Pool(FAKES, 1) as pool:
        report = Judged(pool, make_subject)(options("dies", engines=(WASMTIME, OTHER), differential=True))
    assert [(found.what, found.found[0]) for found in report.differences] == [
        ("trap", "not compared: it died of SIGKILL")
    ]


def test_nothing_selected_is_refused(judged: Judged) -> None:
    with pytest.raises(SelectionEmpty):
        judged(RunOptions((WASMTIME,), selection=Selection(keyword="banana")))


def test_progress_is_told_case_by_case(judged: Judged) -> None:
    told: list[Progress] = []
    judged(options("passes", "fails", progress=told.append))
    assert [(progress.module, progress.done, progress.total) for progress in told] == [
        ("gear.wasm", 1, 2), ("gear.wasm", 2, 2),
    ]  # fmt: skip
    assert [progress.result.case for progress in told] == ["passes", "fails"]


def test_slow_cases_are_begun_first_and_told_in_their_place(judged: Judged) -> None:
    told: list[Progress] = []
    report = judged(options("passes", "fails", "traps", progress=told.append))
    assert [progress.result.case for progress in told] == ["traps", "passes", "fails"]
    assert list(statuses(report)) == ["passes", "fails", "traps"]


@pytest.fixture(params=["here", "workers"])
def either(request: pytest.FixtureRequest, make_subject: MakeSubject, fakes_importable: None) -> Iterator[Judged]:
    judges: Judges = LocalJudge(FAKES) if request.param == "here" else Pool(FAKES, 2)
    yield Judged(judges, make_subject)
    judges.close()


def test_an_interrupt_leaves_a_report_of_what_was_judged(either: Judged) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.result.case == "fails":
            raise KeyboardInterrupt

    # Workers are at the second and third when the first has ended: nobody waits for what hangs.
    report = either(options("fails", "hangs", "passes", progress=interrupt, expectations=()))
    assert report.complete is False
    assert "fails" in statuses(report)
    assert "hangs" not in statuses(report)
    assert report.verdict is Verdict.FAILED


def test_an_interrupt_while_the_module_is_asked_what_it_is_leaves_a_report(
    make_subject: MakeSubject, judges: LocalJudge
) -> None:
    class Interrupted(LocalJudge):
        def read_contract(self, subject: object, engine: str) -> None:
            raise KeyboardInterrupt

    report = Judged(Interrupted(FAKES), make_subject)(options("passes"))
    assert (report.complete, report.results, report.verdict) == (False, (), Verdict.PARTIAL)


def test_a_guest_whose_asker_was_killed_is_asked_again(make_subject: MakeSubject, judges: LocalJudge) -> None:
    class KilledOnce(LocalJudge):
        killed = False

        def read_contract(self, subject: Subject, engine: str) -> GuestContract | None:
            if not self.killed:
                self.killed = True
                return None
            return super().read_contract(subject, engine)

    report = Judged(KilledOnce(FAKES), make_subject)(options("passes"), mark="guest")
    assert report.module.contract == CONTRACT
