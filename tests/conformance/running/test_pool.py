"""Workers judge side by side; what a guest does in one case costs that case alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conformance.fakes import CONTRACT, FAKES, case_id, load_suite

from plugbay_conformance.engines.errors import EngineMissing
from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.results import CaseResult, EngineFacts, Status
from plugbay_conformance.running.faults import Fault, FaultKind, failed_result
from plugbay_conformance.running.local import LocalJudge
from plugbay_conformance.running.parts import Parts
from plugbay_conformance.running.plan import Comparison, Job
from plugbay_conformance.running.pool import Pool, WorkersBroken, default_processes

if TYPE_CHECKING:
    from tests.conformance.conftest import MakeSubject

    from plugbay_conformance.case import Subject
    from plugbay_conformance.running.judges import Judges

pytestmark = pytest.mark.usefixtures("fakes_importable")
SOUND = ("passes", "fails", "skips", "traps", "floods_streams", "breaks", "breaks_on_quirky_host")


@pytest.fixture
def pool(make_subject: MakeSubject) -> Iterator[Pool]:
    with Pool(FAKES, 2, case_seconds=20) as pool:
        pool.load(make_subject())
        yield pool


def job(name: str, host: str = SPECIFICATION) -> Job:
    return Job(case_id(name), "-" if name == "passes" else "wasmtime", host)


def judged(judges: Judges, subject: Subject, *names: str) -> dict[str, CaseResult]:
    suite = load_suite("fluxrig")
    found = dict(judges.judge(subject, [job(name) for name in names], 1))
    assert len(found) == len(names)
    return {
        outcome_of.case.partition("/")[2]: failed_result(suite.case(outcome_of.case), outcome_of, outcome)
        if isinstance(outcome, Fault)
        else outcome
        for outcome_of, outcome in found.items()
    }


def test_workers_judge_as_this_process_does(pool: Pool, make_subject: MakeSubject) -> None:
    subject = make_subject()
    there, here = judged(pool, subject, *SOUND), judged(LocalJudge(FAKES), subject, *SOUND)
    assert {name: replace(result, seconds=0) for name, result in there.items()} == {
        name: replace(result, seconds=0) for name, result in here.items()
    }
    assert {name: result.status.value for name, result in there.items()} == {
        "passes": "passed",
        "fails": "failed",
        "skips": "skipped",
        "traps": "failed",
        "floods_streams": "passed",
        "breaks": "skipped",
        "breaks_on_quirky_host": "passed",
    }
    assert there["passes"].engine == "-"
    evidence = there["fails"].evidence
    assert evidence is not None
    assert (evidence.input, evidence.output, evidence.logs) == (b"\x00in", b"out\xff", ("info: hm",))


def test_a_bug_of_the_suite_blames_nobody(pool: Pool, make_subject: MakeSubject) -> None:
    reason = judged(pool, make_subject(), "breaks")["breaks"].reason
    assert reason == (
        "the suite failed to judge it, which is a bug of the suite: ZeroDivisionError: a bug of the suite"
    )


def test_a_worker_that_dies_of_a_signal_costs_its_case(pool: Pool, make_subject: MakeSubject) -> None:
    found = judged(pool, make_subject(), "dies", *SOUND)
    assert found["dies"].status is Status.FAILED
    assert found["dies"].reason == "the process that ran the guest died"
    evidence = found["dies"].evidence
    assert evidence is not None
    assert evidence.found == "it died of SIGKILL; last words: thread 'main' panicked"
    assert found["fails"].status is Status.FAILED


def test_a_worker_that_hangs_is_ended_and_costs_its_case(make_subject: MakeSubject) -> None:
    subject = make_subject()
    with Pool(FAKES, 2, case_seconds=1.0) as pool:
        pool.load(subject)
        before = set(pool.pids)
        found = judged(pool, subject, "hangs", *SOUND)
        assert len(before - set(pool.pids)) == 1
        gone = (before - set(pool.pids)).pop()
    assert found["hangs"].status is Status.FAILED
    assert found["hangs"].reason == "the guest kept the suite busy until its process was ended"
    assert found["hangs"].seconds >= 1
    with pytest.raises(ProcessLookupError):
        os.kill(gone, 0)


def test_a_guest_that_takes_memory_costs_its_case(pool: Pool, make_subject: MakeSubject) -> None:
    found = judged(pool, make_subject(), "floods_memory", "passes")
    assert found["floods_memory"].status is Status.FAILED
    assert found["floods_memory"].reason == "judging the guest took more memory than a worker may have"
    assert found["passes"].status is Status.PASSED


def test_a_worker_that_ends_by_itself_is_a_bug_of_the_suite(pool: Pool, make_subject: MakeSubject) -> None:
    found = judged(pool, make_subject(), "exits", "passes")
    assert found["exits"].status is Status.SKIPPED
    assert found["exits"].reason.endswith("it ended with exit code 3: last words")


def test_what_a_guest_floods_a_report_with_is_cut(pool: Pool, make_subject: MakeSubject) -> None:
    evidence = judged(pool, make_subject(), "floods_the_report")["floods_the_report"].evidence
    assert evidence is not None
    assert evidence.expected.endswith(" … (996,000 more characters)")
    assert evidence.input is not None
    assert len(evidence.input) == 16_384
    assert len(evidence.logs) == 101
    assert evidence.logs[0].startswith("\\udc80z")


def test_a_run_left_in_the_middle_leaves_no_process(make_subject: MakeSubject) -> None:
    subject = make_subject()
    pool = Pool(FAKES, 2)
    pool.load(subject)
    running = pool.judge(subject, [job("hangs"), job("passes"), job("hangs")], 1)
    assert next(running)[0] == job("passes")
    pids = pool.pids
    pool.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_contract_is_read_and_told_to_every_worker(make_subject: MakeSubject) -> None:
    subject = make_subject("guest", "extended")
    with Pool(FAKES, 2) as pool:
        pool.load(subject)
        contract = pool.read_contract(subject, "wasmtime")
        assert contract == CONTRACT
        known = replace(subject, contract=contract)
        assert judged(pool, known, "knows_its_guest")["knows_its_guest"].status is Status.PASSED
        assert judged(pool, subject, "knows_its_guest")["knows_its_guest"].status is Status.SKIPPED


@pytest.mark.parametrize("mark", ["", "hangs", "dies"])
def test_a_module_that_hangs_or_dies_when_asked_what_it_is_has_no_contract(
    mark: str, make_subject: MakeSubject
) -> None:
    subject = make_subject(mark)
    with Pool(FAKES, 1, case_seconds=1.0) as pool:
        pool.load(subject)
        assert pool.read_contract(subject, "wasmtime") is None
        assert judged(pool, subject, "passes")["passes"].status is Status.PASSED


def test_one_pool_judges_one_module_after_the_other(make_subject: MakeSubject) -> None:
    with Pool(FAKES, 2) as pool:
        for mark, contract in (("", None), ("guest", CONTRACT), ("", None)):
            subject = make_subject(mark)
            pool.load(subject)
            assert pool.read_contract(subject, "wasmtime") == contract


def test_engines_are_told_with_their_version_or_why_they_are_missing(pool: Pool) -> None:
    assert pool.engine_facts("wasmtime") == EngineFacts("wasmtime", "1.2.3")
    with pytest.raises(EngineMissing, match="wazero is not here") as caught:
        pool.engine_facts("wazero")
    assert caught.value.hint == "install Go"


def test_two_engines_are_compared(pool: Pool, make_subject: MakeSubject) -> None:
    engines = ("wasmtime", "libextism")
    names = ("fails", "traps", "dies")
    asked = [Comparison(case_id(name), engines) for name in names]
    found = {comparison.case: outcome for comparison, outcome in pool.compare(make_subject(), asked, 7)}
    differences = found[case_id("fails")]
    assert not isinstance(differences, Fault)
    assert [(difference.what, difference.found) for difference in differences] == [("output", ("00 by 7", "01 by 7"))]
    assert found[case_id("traps")] == ()
    died = found[case_id("dies")]
    assert isinstance(died, Fault)
    assert died.kind is FaultKind.DIED


def test_a_suite_that_can_not_be_loaded_judges_nobody(make_subject: MakeSubject) -> None:
    subject = make_subject()
    with Pool(Parts(suite="nowhere:load_suite"), 1) as pool:
        pool.load(subject)
        result = judged(pool, subject, "passes")["passes"]
    assert result.status is Status.SKIPPED
    assert result.reason.endswith("No module named 'nowhere'")


def test_workers_that_can_not_start_are_told_of_at_once(
    make_subject: MakeSubject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "orjson.py").write_text("raise SystemExit('a broken installation')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Pool(FAKES, 2) as pool:
        pool.load(make_subject())
        with pytest.raises(WorkersBroken, match="it ended with exit code 1") as caught:
            pool.engine_facts("wasmtime")
    assert caught.value.found == "a broken installation"


def test_there_is_a_worker_for_each_cpu_up_to_eight() -> None:
    assert 1 <= default_processes() <= 8
