"""A worker answers lines, ends with its run whatever it is at, and imports nothing from the current folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.conformance.fakes import CONTRACT, FAKES, case_id

from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.running.wire import to_text

pytestmark = pytest.mark.usefixtures("fakes_importable")


class Line:
    """A worker, spoken to as a run does."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "plugbay_conformance.running.worker", *astuple(FAKES)[:3]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
        )

    def say(self, **values: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(orjson.dumps(values) + b"\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        assert self.process.stdout is not None
        return orjson.loads(self.process.stdout.readline())

    def judge(self, name: str) -> None:
        self.say(
            do="judge",
            case=case_id(name),
            engine="wasmtime",
            host=SPECIFICATION,
            profile="core",
            contract=asdict(CONTRACT),
            seed=1,
        )


@pytest.fixture
def line(tmp_path: Path, gear: Callable[..., bytes]) -> Iterator[Line]:
    (tmp_path / "orjson.py").write_text("raise SystemExit('imported from the current folder')")
    line = Line(tmp_path)
    assert line.hear() == {"ready": True}
    line.say(do="subject", name="gear.wasm", abi="fluxrig", module=to_text(gear()))
    with line.process:
        yield line
        line.process.kill()


def test_it_answers_each_line_with_one(line: Line) -> None:
    line.say(do="engine", engine="wasmtime")
    assert line.hear() == {"facts": {"name": "wasmtime", "version": "1.2.3"}}
    line.say(do="engine", engine="wazero")
    assert line.hear() == {"error": {"reason": "wazero is not here", "hint": "install Go"}}
    line.say(do="contract", engine="wasmtime", profile="core")
    assert line.hear() == {"contract": None}
    line.judge("fails")
    assert line.hear()["result"]["status"] == "failed"


def test_what_anything_prints_is_no_answer(line: Line) -> None:
    line.judge("floods_streams")
    assert line.hear()["result"]["status"] == "passed"


@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_when_its_input_does(line: Line, busy: bool) -> None:
    if busy:
        line.judge("hangs")
    assert line.process.stdin is not None
    line.process.stdin.close()
    assert line.process.wait(30) == 0


def test_a_line_that_makes_no_sense_ends_it(line: Line) -> None:
    line.say(do="nothing that there is")
    assert line.process.wait(30) == 1
