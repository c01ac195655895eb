"""What `plugbay inspect` shows of byte functions: each with its type and its convention, for people and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.priostack.conftest import SHAPES, Shape

from plugbay import Host
from plugbay.inspection import inspect_module

TYPES = {
    "packed": "(i32, i32) -> (i64)",
    "packed-pointer-free": "(i32, i32) -> (i64)",
    "multi-value": "(i32, i32) -> (i32, i32)",
    "retptr": "(i32, i32, i32) -> ()",
    "buffers": "(i32) -> (i32)",
}
ADD = '(func (export "add") (param i64 i64) (result i64) (i64.const 0))'


def inspect(module: Path, *options: str) -> str:
    command = [sys.executable, "-m", "plugbay", "inspect", str(module), *options]
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_the_metadata_lists_every_function_with_its_type(host: Host, shape: Shape) -> None:
    found = inspect_module(host, shape.build(extra=ADD))
    (function,) = found.metadata["byte_functions"]
    assert (function["name"], function["convention"]) == ("echo", shape.convention)
    assert function["type"] == TYPES[shape.name]
    assert found.metadata["other_functions"] == [{"name": "add", "type": "(i64, i64) -> (i64)"}]
    assert found.metadata["convention"] == shape.convention
    assert found.functions == {"echo"}
    assert found.default_function == "echo"


def test_inspect_shows_them_for_people_and_as_json(tmp_path: Path, shape: Shape) -> None:
    module = tmp_path / "module.wasm"
    module.write_bytes(shape.build(extra=ADD))
    lines = [" ".join(line.split()) for line in inspect(module).splitlines()]
    assert "Byte functions" in lines
    assert any(line.startswith("echo (i32") and line.endswith(shape.convention) for line in lines)
    assert "add (i64, i64) -> (i64)" in lines[lines.index("Other functions, which can't be called") :]
    document = json.loads(inspect(module, "--json"))
    assert document["abi"] == "priostack"
    assert document["profile"] == shape.convention
    assert [item["name"] for item in document["metadata"]["byte_functions"]] == ["echo"]


def test_of_very_many_functions_the_first_are_shown_to_people(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(5000)]
    more = "".join(f'(export "{name}" (func $more))' for name in names)
    module = tmp_path / "module.wasm"
    module.write_bytes(
        SHAPES[0].build(extra=f"(func $more (param i32 i32) (result i64) (i64.const 0)) {more}", name="first")
    )
    shown = inspect(module)
    assert len(shown.splitlines()) < 400
    assert shown.count("… and") == 3, "exports, functions, byte functions"
    assert len(json.loads(inspect(module, "--json"))["metadata"]["byte_functions"]) == 5001


def test_nothing_of_it_runs(host: Host, shape: Shape) -> None:
    assert inspect_module(host, shape.build(extra='(func (export "_initialize") (unreachable))')).hostable
