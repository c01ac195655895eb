"""Worker processes that judge cases side by side; one that hangs or dies costs the case that it was at."""

from __future__ import annotations

import os
import selectors
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from plugbay.errors import PlugbayError
from plugbay_conformance.engines.errors import EngineMissing
from plugbay_conformance.results import EngineFacts
from plugbay_conformance.running.faults import Fault, FaultKind
from plugbay_conformance.running.wire import (
    contract_from_wire,
    contract_to_wire,
    difference_from_wire,
    result_from_wire,
    to_text,
)
from plugbay_conformance.running.worker_process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugbay_conformance.case import GuestContract, Subject
    from plugbay_conformance.results import CaseResult, Difference
    from plugbay_conformance.running.parts import Parts
    from plugbay_conformance.running.plan import Comparison, Job

_T = TypeVar("_T")
_START_SECONDS: Final = 60.0
_ENGINE_SECONDS: Final = 600.0
"""Opening an engine may build its program first."""
CASE_SECONDS: Final = 30.0
"""Wall-clock time that a case may take."""
MOST_PROCESSES: Final = 8


def default_processes() -> int:
    """As many as this process may use CPUs, at most 8."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_PROCESSES)


class WorkersBroken(PlugbayError, RuntimeError):
    """Workers can't be started, or not used for what is no case: the installation is broken."""

    code = "workers-broken"


@dataclass(frozen=True, slots=True)
class _Task(Generic[_T]):
    tag: _T
    request: Mapping[str, Any]
    seconds: float


class Pool:
    """So many workers, started at once. One thread uses it."""

    def __init__(self, parts: Parts, processes: int, *, case_seconds: float = CASE_SECONDS) -> None:
        self._parts = parts
        self._case_seconds = case_seconds
        self._selector = selectors.DefaultSelector()
        self._workers: list[WorkerProcess] = []
        self._subject: Subject | None = None
        self._loading: dict[str, Any] = {}
        self._tasks: dict[WorkerProcess, _Task[Any]] = {}
        for _ in range(processes):
            self._hire()

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the workers' processes."""
        return tuple(worker.pid for worker in self._workers)

    def load(self, subject: Subject) -> None:
        """Judge that module from now on."""
        self._subject = subject
        self._loading = {
            "do": "subject",
            "name": subject.name,
            "abi": subject.abi,
            "module": to_text(subject.module),
        }

    def engine_facts(self, name: str) -> EngineFacts:
        """Name and version of an engine. Raises :class:`EngineMissing`."""
        answer = self._ask({"do": "engine", "engine": name}, _ENGINE_SECONDS)
        if isinstance(answer, Fault):
            raise EngineMissing(
                f"the engine {name} can't be used: the process that opened it failed: {answer.text}",
                found=answer.last_words[-500:] or None,
            )
        if error := answer.get("error"):
            raise EngineMissing(error["reason"], hint=error["hint"])
        return EngineFacts(**answer["facts"])

    def read_contract(self, subject: Subject, engine: str) -> GuestContract | None:
        """What the guest says about itself; None also for one that hangs or crashes its engine."""
        request = {"do": "contract", "engine": engine, "profile": subject.profile}
        answer = self._ask(request, self._case_seconds)
        return None if isinstance(answer, Fault) else contract_from_wire(answer["contract"])

    def judge(self, subject: Subject, jobs: Iterable[Job], seed: int) -> Iterator[tuple[Job, CaseResult | Fault]]:
        """What becomes of each job, in the order in which they end."""
        about = _about(subject, seed)
        tasks = [_Task(job, {"do": "judge", **asdict(job), **about}, self._case_seconds) for job in jobs]
        for job, answer in self._work(tasks):
            yield job, answer if isinstance(answer, Fault) else result_from_wire(answer["result"])

    def compare(
        self, subject: Subject, comparisons: Iterable[Comparison], seed: int
    ) -> Iterator[tuple[Comparison, tuple[Difference, ...] | Fault]]:
        """Where the engines of each comparison disagree, in the order in which they end."""
        about = _about(subject, seed)
        tasks = [
            _Task(comparison, {"do": "compare", **asdict(comparison), **about}, 2 * self._case_seconds)
            for comparison in comparisons
        ]
        for comparison, answer in self._work(tasks):
            yield (
                comparison,
                answer if isinstance(answer, Fault) else tuple(map(difference_from_wire, answer["differences"])),
            )

    def close(self) -> None:
        """End the workers, whatever they are at."""
        idle = [worker for worker in self._workers if worker.ready and worker not in self._tasks]
        for worker in idle:
            worker.finish()
        for worker in self._workers:
            self._forget(worker)
            worker.stop()
        self._workers.clear()
        self._selector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ask(self, request: Mapping[str, Any], seconds: float) -> Mapping[str, Any] | Fault:
        return next(answer for _, answer in self._work([_Task(None, request, seconds)]))

    def _work(self, tasks: Iterable[_Task[_T]]) -> Iterator[tuple[_T, Mapping[str, Any] | Fault]]:
        """Hand out tasks and give back each with its answer, as they come."""
        waiting = deque(tasks)
        while waiting or self._tasks:
            for worker in self._workers:
                if waiting and worker.ready and worker not in self._tasks:
                    self._give(worker, waiting.popleft())
            for worker, answer in self._events():
                task = self._tasks.pop(worker, None)
                worker.deadline = None
                if isinstance(answer, Fault):
                    self._replace(worker, answer)
                worker.ready = True
                if task is not None:
                    yield task.tag, answer

    def _give(self, worker: WorkerProcess, task: _Task[Any]) -> None:
        if worker.subject is not self._subject:
            worker.tell(self._loading)
            worker.subject = self._subject
        worker.begin(task.seconds)
        self._tasks[worker] = task
        worker.tell(task.request)

    def _events(self) -> Iterator[tuple[WorkerProcess, Mapping[str, Any] | Fault]]:
        """Wait until something happens: answers, ends, and time that is up."""
        deadlines = [worker.deadline for worker in self._workers if worker.deadline is not None]
        timeout = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        speaking = {key.data for key, _ in self._selector.select(timeout)}
        for worker in tuple(self._workers):
            said = worker.receive() if worker in speaking else None
            if said is not None:
                yield worker, replace(said, seconds=worker.spent()) if isinstance(said, Fault) else said
            elif worker.overrun():
                spent = worker.spent()
                yield worker, Fault(FaultKind.OVERRUN, f"no answer within {spent:.1f} s", seconds=spent)

    def _hire(self) -> None:
        worker = WorkerProcess(self._parts)
        worker.begin(_START_SECONDS)
        for stream in worker.streams:
            self._selector.register(stream, selectors.EVENT_READ, worker)
        self._workers.append(worker)

    def _replace(self, worker: WorkerProcess, fault: Fault) -> None:
        """Another worker in its place. Raises :class:`WorkersBroken` for one that never was ready."""
        self._forget(worker)
        self._workers.remove(worker)
        worker.stop()
        if not worker.ready:
            raise WorkersBroken(
                f"a worker can't be started: {fault.text}",
                found=fault.last_words[-500:] or None,
                hint="plugbay doctor examines the installation",
            )
        self._hire()

    def _forget(self, worker: WorkerProcess) -> None:
        for stream in worker.streams:
            with suppress(KeyError, ValueError):  # it closed this one before
                self._selector.unregister(stream)


def _about(subject: Subject, seed: int) -> dict[str, Any]:
    return {"profile": subject.profile, "contract": contract_to_wire(subject.contract), "seed": seed}
