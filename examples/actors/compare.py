"""Compares actors that were built elsewhere with the committed ones: the same bytes, and the same behaviour.

Both get the same calls, made from a seed, on libextism: messages, settings and states that are right and that are not.
All that a call returns, sends, logs and stores must be equal, and the Rust and Go actors must agree as well. Equal
bytes are not asked for, since another version of a compiler makes other bytes; they are only reported.

    examples/actors/build.sh /tmp/actors && python examples/actors/compare.py /tmp/actors
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
CALLS: Final = 400
INTEGERS: Final = (0, 1, -1, 7, 99, 1000, 1001, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**63)
ODD: Final[tuple[Any, ...]] = (None, True, "7", 1.5, [], {})


def number(chance: random.Random) -> Any:
    """A small number mostly, sometimes one at an edge, sometimes none at all."""
    kind = chance.random()
    if kind < 0.8:
        return chance.randint(-200, 200)
    return chance.choice(INTEGERS) if kind < 0.95 else chance.choice(ODD)


def context(chance: random.Random, payload: dict[str, Any], config: dict[str, Any], state: Any) -> dict[str, Any]:
    """The input of ``process``, as Reflow makes it; sometimes without settings or state."""
    node = {"node_id": "n1", "component": "C", "resolved_env": {}, "config": config, "namespace": None}
    whole = {"payload": payload, "config": node, "state": state}
    if chance.random() < 0.1:
        del whole[chance.choice(["payload", "config", "state"])]
    return whole


def some(chance: random.Random, fields: dict[str, Any]) -> dict[str, Any]:
    """Some of the fields."""
    return {name: value for name, value in fields.items() if chance.random() < 0.4}


def counter_call(chance: random.Random) -> dict[str, Any]:
    """A call of the counter."""
    config = some(chance, {"initial_value": number(chance), "step": number(chance)} | some(chance, {"extra": 1}))
    if chance.random() < 0.3:
        return {"function": "validate_config", "input": config}
    flow = {"type": "Flow", "data": None}
    add = {"type": chance.choice(["Integer"] * 9 + ["String"]), "data": number(chance)}
    ports = {"increment": flow, "decrement": flow, "reset": flow, "add": add} | some(chance, {"odd": flow})
    state = chance.choice([None, {}, {"count": number(chance)}, {"count": number(chance), "other": 1}])
    return {"function": "process", "input": context(chance, some(chance, ports), config, state)}


def async_output_call(chance: random.Random) -> dict[str, Any]:
    """A call of the actor that reports while it works."""
    config = some(chance, {"chunk": chance.randint(-1, 20), "limit": number(chance)})
    readings = [
        number(chance) if chance.random() < 0.1 else chance.randint(0, 150) for _ in range(chance.randint(0, 60))
    ]
    port = "in" if chance.random() < 0.95 else "out"
    return {"function": "process", "input": context(chance, {port: {"type": "Array", "data": readings}}, config, None)}


ACTORS = {"counter": counter_call, "async-output": async_output_call}


def calls(actor: str, count: int, seed: int) -> list[dict[str, Any]]:
    """The calls that an actor is given."""
    chance = random.Random(f"{actor} {seed}")
    fixed: list[dict[str, Any]] = [{"function": "get_metadata"}, {"function": "process", "text": "no JSON"}]
    if actor == "counter":
        fixed += [{"function": "get_version"}, {"function": "validate_config", "text": ""}]
    return fixed + [ACTORS[actor](chance) for _ in range(count)]


def answers(module: Path, made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the module does with the calls on libextism."""
    lines = "".join(json.dumps(call) + "\n" for call in made)
    command = [sys.executable, str(HERE / "reference.py"), str(module)]
    # libextism would collect a backtrace for each failing call: 50 ms each.
    environment = {**os.environ, "RUST_BACKTRACE": "0"}
    done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_any_language(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what each language does its own way: the texts of errors, and base64 around a result."""
    output = answer["output"]
    if isinstance(output, str) and output.startswith("ey"):  # base64 of {" is eyJ
        output = json.loads(base64.b64decode(output))
    return answer | {"output": output, "error": answer["error"] is not None}


class Comparison:
    """Compares lists of answers, prints a line for each comparison, and counts what differs."""

    def __init__(self, made: list[dict[str, Any]]) -> None:
        self._made = made
        self.differing = 0

    def compare(self, title: str, first: list[dict[str, Any]], second: list[dict[str, Any]], note: str = "") -> None:
        """Compares two lists of answers to the calls, and shows the first differences on standard error."""
        triples = zip(self._made, first, second, strict=True)
        found = [(call, one, other) for call, one, other in triples if one != other]
        print(f"{title:<26} {len(self._made)} calls, {len(found)} differ{note}")
        for call, one, other in found[:3]:
            print(f"  {json.dumps(call)}\n    {one}\n    {other}", file=sys.stderr)
        self.differing += len(found)


def compare_actor(actor: str, folder: Path, made: list[dict[str, Any]]) -> int:
    """Compares an actor's modules with the committed ones and its languages with each other; returns what differs."""
    comparison = Comparison(made)
    rebuilt: list[list[dict[str, Any]]] = []
    for language in ("rust", "go"):
        name = f"{actor}-{language}.wasm"
        found = answers(folder / name, made)
        digests = [hashlib.sha256((where / name).read_bytes()).hexdigest()[:12] for where in (HERE, folder)]
        note = "the same bytes" if digests[0] == digests[1] else f"other bytes, {digests[0]} and {digests[1]}"
        comparison.compare(name, answers(HERE / name, made), found, f"; {note}")
        rebuilt.append([in_any_language(answer) for answer in found])
    comparison.compare(f"{actor}, rust and go", rebuilt[0], rebuilt[1])
    return comparison.differing


def main() -> None:
    """Compares the four modules of a folder with the committed ones; the exit code is 1 when behaviour differs."""
    parser = argparse.ArgumentParser(description="Compare rebuilt actors with the committed ones.")
    parser.add_argument("folder", type=Path, help="where the rebuilt modules are")
    parser.add_argument("--count", type=int, default=CALLS, help="random calls for each module")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    differing = sum(compare_actor(actor, options.folder, calls(actor, options.count, options.seed)) for actor in ACTORS)
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
