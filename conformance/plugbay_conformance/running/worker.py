"""``python -m plugbay_conformance.running.worker``: judges cases for a run, one line of JSON in, one line out.

A worker is started once and judges many cases. What it is told, by the key ``do``:

=========  ======================================================  ==================================================
``do``     with                                                    answer
=========  ======================================================  ==================================================
subject    ``name``, ``module`` (Base64), ``abi``                  none
engine     ``engine``                                              ``facts``, or ``error`` when it can't be opened
contract   ``engine``, ``profile``                                 ``contract``, null for no conformance guest
judge      ``case``, ``engine``, ``host``, ``profile``,            ``result``
           ``contract``, ``seed``
compare    ``case``, ``engines``, ``profile``, ``contract``,       ``differences``
           ``seed``
=========  ======================================================  ==================================================

It says ``{"ready": true}`` first, and ends when its input does, even in the middle of a case.
"""

from __future__ import annotations

import hashlib
import os
import queue
import sys
import threading
import time
import traceback
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from plugbay.errors import PlugbayError
from plugbay.module.binary import read_module
from plugbay_conformance.case import Subject
from plugbay_conformance.running.local import LocalJudge
from plugbay_conformance.running.memory import bound_memory
from plugbay_conformance.running.parts import Parts
from plugbay_conformance.running.plan import Comparison, Job
from plugbay_conformance.running.wire import (
    contract_from_wire,
    contract_to_wire,
    difference_to_wire,
    from_text,
    result_to_wire,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO


_GRACE: Final = 1.0
"""Seconds to close the engines in, once the input has ended."""


class Worker:
    """Answers the lines of a run."""

    def __init__(self, parts: Parts) -> None:
        self._local = LocalJudge(parts)
        self._subject: Subject | None = None
        self._verbs: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "engine": self._engine,
            "contract": self._contract,
            "judge": self._judge,
            "compare": self._compare,
        }

    def answer(self, line: bytes) -> bytes | None:
        """The line that answers another; None for one that has no answer."""
        told = orjson.loads(line)
        if told["do"] == "subject":
            self._subject = _subject(told)
            return None
        return orjson.dumps(self._verbs[told["do"]](told)) + b"\n"

    def close(self) -> None:
        """Close the engines."""
        self._local.close()

    def _engine(self, told: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return {"facts": asdict(self._local.engine_facts(told["engine"]))}
        except PlugbayError as error:
            return {"error": {"reason": error.reason, "hint": error.hint}}

    def _contract(self, told: Mapping[str, Any]) -> dict[str, Any]:
        return {"contract": contract_to_wire(self._local.read_contract(self._told(told), told["engine"]))}

    def _judge(self, told: Mapping[str, Any]) -> dict[str, Any]:
        job = Job(told["case"], told["engine"], told["host"])
        return {"result": result_to_wire(self._local.judge_one(self._told(told), job, told["seed"]))}

    def _compare(self, told: Mapping[str, Any]) -> dict[str, Any]:
        first, second = told["engines"]
        found = self._local.compare_one(self._told(told), Comparison(told["case"], (first, second)), told["seed"])
        return {"differences": [difference_to_wire(difference) for difference in found]}

    def _told(self, told: Mapping[str, Any]) -> Subject:
        assert self._subject is not None, "a run names the subject first"
        return replace(self._subject, profile=told["profile"], contract=contract_from_wire(told.get("contract")))


def _subject(told: Mapping[str, Any]) -> Subject:
    module = from_text(told["module"])
    info = read_module(module, hashlib.sha256(module).hexdigest())
    return Subject(told["name"], module, info, told["abi"], "")


def main(arguments: list[str]) -> int:
    """Answer until the input ends. ``arguments`` name where suite and engines come from."""
    answers = _own_output()
    bound_memory()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, lines), name="input", daemon=True).start()
    worker = Worker(Parts(*arguments))
    _say(answers, b'{"ready": true}\n')
    while line := lines.get():
        try:
            answer = worker.answer(line)
        except Exception:  # noqa: BLE001 # the run shows the end of it
            traceback.print_exc()
            return 1
        if answer is not None:
            _say(answers, answer)
    worker.close()
    return 0


def _own_output() -> int:
    """A descriptor for answers alone: what else is printed, by whatever library, goes to standard error."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def _say(descriptor: int, line: bytes) -> None:
    view = memoryview(line)
    while view:
        view = view[os.write(descriptor, view) :]


def _read(stream: BinaryIO, lines: queue.SimpleQueue[bytes]) -> None:
    """Hand on lines. When there are no more, the run has ended, and whatever goes on here is of no use soon."""
    for line in stream:
        lines.put(line)
    lines.put(b"")
    time.sleep(_GRACE)
    os._exit(0)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # the thread that reads holds the input, which an ordinary end of Python would wait for
