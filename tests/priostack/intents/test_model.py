"""Both queues against a plain model, step by step, with random events, failures, crashes and clocks."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.priostack.intents.workbench import START, Workbench, intent

if TYPE_CHECKING:
    from plugbay_adapters.priostack.bundle.documents import Intent

INTENTS = [
    intent("plain", "s"),
    intent("cool", "s", cooldown=10, retries=1),
    intent("hasty", "t", expires_in=4, retries=2),
    intent("both", "t", expires_in=6, cooldown=5),
]
SECOND = 10**9


@dataclass
class ModelRun:
    intent: Intent
    due: int
    state: str
    attempts: int = 0
    deaths: int = 0


@dataclass
class ModelIntent:
    turn: int = -1
    started: int | None = None


@dataclass
class Model:
    """What the documentation says, without a thought of speed. Times are nanoseconds."""

    now: int = START
    runs: list[ModelRun] = field(default_factory=list[ModelRun])
    intents: dict[str, ModelIntent] = field(default_factory=dict[str, ModelIntent])
    served: int = 0

    def fire(self, sensor: str) -> list[ModelRun]:
        made: list[ModelRun] = []
        for one in INTENTS:
            if one.sensor != sensor:
                continue
            known = self.intents.setdefault(one.name, ModelIntent(self.served))
            due, state = self.now, "waiting"
            if one.cooldown:
                self.expire(one)
                length = round(one.cooldown * SECOND)
                if any(run.intent is one and run.state == "waiting" for run in self.runs):
                    due, state = self.now + length, "skipped"
                elif known.started is not None and self.now < known.started + length:
                    due, state = known.started + length, "skipped"
            made.append(ModelRun(one, due, state))
        self.runs += made
        return made

    def expire(self, one: Intent) -> None:
        for run in self.runs:
            if run.intent is one and run.state == "waiting" and one.expires_in is not None:
                run.state = "expired" if run.due + round(one.expires_in * SECOND) <= self.now else "waiting"

    def claim(self) -> ModelRun | None:
        left = {run.intent.name for run in self.runs if run.state in ("waiting", "retrying")}
        order = {name: position for position, name in enumerate(self.intents)}
        for name in sorted(left, key=lambda name: (self.intents[name].turn, order[name])):
            one = next(one for one in INTENTS if one.name == name)
            self.expire(one)
            runs = [run for run in self.runs if run.intent is one and run.state in ("waiting", "retrying")]
            due = [(run.due, position, run) for position, run in enumerate(runs) if run.due <= self.now]
            if due:
                return self._start(min(due, key=lambda entry: entry[:2])[2])
        return None

    def _start(self, run: ModelRun) -> ModelRun:
        known = self.intents[run.intent.name]
        self.served += 1
        known.turn = self.served
        if run.state == "waiting":
            known.started = self.now
        run.state = "running"
        run.attempts += 1
        return run

    def crash(self, run: ModelRun) -> None:
        run.deaths += 1
        run.state, run.due = ("retrying", self.now) if run.deaths < 5 else ("failed", run.due)

    def fail(self, run: ModelRun) -> None:
        failures = run.attempts - run.deaths
        if failures > run.intent.retries:
            run.state = "failed"
        else:
            run.state, run.due = "retrying", self.now + 2 ** (run.attempts - 1) * SECOND

    def set_back(self, by: int) -> None:
        self.now -= by
        for run in self.runs:
            run.due -= by if run.state in ("waiting", "retrying") else 0
        for known in self.intents.values():
            if known.started is not None:
                known.started -= by


class QueueAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.benches = [
            Workbench(url, *INTENTS) for url in ("memory:", f"sqlite:{Path(self.folder.name) / 'queue.db'}")
        ]
        self.model = Model()
        self.events: list[tuple[list[str], list[ModelRun]]] = []
        self.crashed: ModelRun | None = None

    def teardown(self) -> None:
        for bench in self.benches:
            bench.close()
        self.folder.cleanup()

    @rule(sensor=st.sampled_from("st"))
    def fire(self, sensor: str) -> None:
        expected = self.model.fire(sensor)
        fired = [bench.fire(sensor, {}) for bench in self.benches]
        for event in fired:
            assert [(run.intent, run.state.text) for run in event.runs] == [
                (run.intent.name, run.state) for run in expected
            ]
        self.events.append(([event.id for event in fired], expected))

    @rule(outcome=st.sampled_from(["done", "done", "failed", "crashed"]))
    def step(self, outcome: str) -> None:
        if self.crashed is not None:
            self.model.crash(self.crashed)
            self.crashed = None
        run = self.model.claim()
        for bench in self.benches:
            bench.functions = {one.name: lambda _: self._end(outcome) for one in INTENTS}
            before = len(bench.calls)
            if run is not None and outcome == "crashed":
                with pytest.raises(KeyboardInterrupt):
                    bench.engine.step()
            else:
                assert bench.engine.step() == (run is not None)
            assert [name for name, _ in bench.calls[before:]] == ([run.intent.name] if run else [])
        if run is None:
            return
        if outcome == "failed":
            self.model.fail(run)
        elif outcome == "crashed":
            self.crashed = run
        else:
            run.state = "done"

    @staticmethod
    def _end(outcome: str) -> bytes:
        match outcome:
            case "failed":
                raise RuntimeError("broken")
            case "crashed":
                raise KeyboardInterrupt
            case _:
                return b"{}"

    @rule(seconds=st.sampled_from([0.001, 1, 2, 3.5, 5, 10, 30]))
    def pass_time(self, seconds: float) -> None:
        self.model.now += round(seconds * SECOND)
        for bench in self.benches:
            bench.clock.now += seconds

    @rule(hours=st.integers(1, 5))
    def set_the_clock_back(self, hours: int) -> None:
        # Both sides see the same present first: a queue only knows the times at which something changed.
        self.fire("s")
        self.model.set_back(hours * 3600 * SECOND)
        for bench in self.benches:
            bench.clock.now -= hours * 3600
        self.fire("s")

    @rule()
    def tend(self) -> None:
        for one in INTENTS:
            self.model.expire(one)
        for bench in self.benches:
            bench.engine.tend()

    @invariant()
    def runs_are_where_the_model_has_them(self) -> None:
        for position, bench in enumerate(self.benches):
            for ids, expected in self.events:
                event = bench.engine.event(ids[position])
                assert event is not None
                found = [(run.intent, run.state.text, run.attempts) for run in event.runs]
                assert found == [(run.intent.name, run.state, run.attempts) for run in expected]
                assert event.finished == all(run.state in ("done", "failed", "expired", "skipped") for run in expected)

    @invariant()
    def counts_are_what_the_runs_add_up_to(self) -> None:
        for bench in self.benches:
            report = bench.engine.report()
            for one in report.intents:
                counts = one.counts.to_dict()
                del counts["slow"]
                for state, count in counts.items():
                    mine = [run for run in self.model.runs if run.intent.name == one.intent and run.state == state]
                    assert count == len(mine), (one.intent, state)
            assert report.waiting == sum(run.state in ("waiting", "retrying") for run in self.model.runs)


TestQueueAgainstModel = QueueAgainstModel.TestCase
TestQueueAgainstModel.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
