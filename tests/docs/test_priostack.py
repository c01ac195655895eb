"""The page on byte functions shows the conventions and imports as they are hosted, and its sources build and run."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.priostack.conftest import COPY, SHAPES, Shape

from plugbay import Claim, Host, Limits, PluginOptions
from plugbay import errors as tree
from plugbay.engines.wasmtime.driver import Driver
from plugbay.errors import GuestError, PlugbayError
from plugbay.module.binary import read_module
from plugbay_adapters.priostack.adapter import PriostackAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.docs.conftest import Page

PAGE = "docs/priostack.md"
ROOT = Path(__file__).parents[2]
SOURCES = {"rust": "rust/*/src/*.rs", "c": "c/*.c", "go": "go/*.go", "ts": "assemblyscript/*.ts"}


def test_the_imports_are_those_that_the_drivers_serve(page_at: Callable[[str], Page]) -> None:
    listed = {f"env.{name.strip('`')}": kind.strip("`") for name, kind, _ in page_at(PAGE).rows("Imports")}
    limit = "(global $half i32 (i32.const 1))"
    provided = Driver.load("plugbay_adapters.priostack", "assemblyscript.wat", limit=limit).provides
    assert listed == {name: str(kind) for name, kind in provided.items()}


def test_the_conventions_are_those_that_the_adapter_looks_for(page_at: Callable[[str], Page]) -> None:
    rows = page_at(PAGE).rows("The conventions")
    assert len(rows) == 4
    shapes = (SHAPES[0], SHAPES[2], SHAPES[3], SHAPES[4])
    for (convention, function, exports), shape in zip(rows, shapes, strict=True):
        claim = PriostackAdapter().claim(read_module(shape.build(), ""), PluginOptions("p", Limits()))
        assert isinstance(claim, Claim)
        assert convention == f"`{claim.profile}`"
        assert f"exports echo{function.strip('`')}" in claim.evidence
        for name, kind in re.findall(r"`(\w+)` `(\([^`]+)`", exports):
            evidence = f"exports {name}{kind}"
            assert evidence in claim.evidence, evidence


def test_sources_in_other_languages_are_those_of_the_example(page_at: Callable[[str], Page]) -> None:
    shown = [block for block in page_at(PAGE).blocks if block.language in SOURCES]
    assert {block.language for block in shown} == set(SOURCES)
    for block in shown:
        files = (ROOT / "examples" / "users").glob(SOURCES[block.language])
        assert any(block.text in path.read_text("utf-8") for path in files), block.place


JOINED = re.compile(r"\\\n")
BIT = "(i32.or (i32.const 0x80000000) (i32.const 64)) (i32.const 3)"
THROW = '(import "wbg" "__wbindgen_throw" (func $throw (param i32 i32)))'
DATA = '(data (i32.const 64) "bad") (data (i32.const 96) "{\\"error\\":\\"bad\\"}")'
OBJECT = "(i32.store (i32.const 120) (i32.const 2)) (i32.const 128) (i32.const 0)"
# What a function does, by the first column of the page's table.
FUNCTIONS: dict[str, tuple[Shape, str, str]] = {
    "returns bytes": (SHAPES[0], COPY, ""),
    "returns an empty output": (SHAPES[0], "(call $none)", ""),
    "returns a JSON object whose only key is `error`": (SHAPES[0], "(call $copy (i32.const 96) (i32.const 15))", ""),
    "sets bit 63": (SHAPES[0], BIT, ""),
    "throws a text, or aborts with one": (SHAPES[2], "(call $throw (i32.const 64) (i32.const 3)) (unreachable)", THROW),
    "traps without a text": (SHAPES[0], "(unreachable)", ""),
    "returns what does not lie in its memory": (SHAPES[0], "(i32.const 65536) (i32.const 1)", ""),
    "returns an object that is no ArrayBuffer": (SHAPES[4], OBJECT, ""),
}


@pytest.mark.parametrize("does", FUNCTIONS)
def test_what_a_function_does_leads_to_what_the_page_says(
    does: str, host: Host, page_at: Callable[[str], Page]
) -> None:
    rows = dict(page_at(PAGE).rows("Errors"))
    assert set(rows) == set(FUNCTIONS)
    shape, body, imports = FUNCTIONS[does]
    plugin = host.load(shape.build(body, imports=imports, extra=DATA.replace('\\"', "\\22")))
    named = re.match(r"`(\w+)`", rows[does])
    if named is None:
        assert plugin.call("echo", b"x") == (b"" if "empty" in does else b"x")
        return
    with pytest.raises(PlugbayError) as caught:
        plugin.call("echo", b"x")
    assert type(caught.value) is getattr(tree, named[1])
    if isinstance(caught.value, GuestError):
        assert caught.value.reason == "bad"
        instance_goes_on = caught.value.__cause__ is None
        assert ("the instance goes on" in rows[does]) is instance_goes_on


def build_by(verb: str, page: Page, folder: Path) -> None:
    """Run the command of the page that begins so."""
    lines = [
        line for block in page.blocks if block.language == "sh" for line in JOINED.sub("", block.text).splitlines()
    ]
    (command,) = (line for line in lines if line.startswith(f"python -m ziglang {verb} "))
    subprocess.run([sys.executable, *command.split()[1:]], cwd=folder, check=True, capture_output=True)


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="the Zig compiler is not installed")
def test_the_function_in_zig_builds_and_runs(tmp_path: Path, host: Host, page_at: Callable[[str], Page]) -> None:
    (zig,) = (block.text for block in page_at(PAGE).blocks if block.language == "zig")
    (tmp_path / "shout.zig").write_text(zig, "utf-8")
    build_by("build-exe", page_at(PAGE), tmp_path)
    with host.load(tmp_path / "shout.wasm") as plugin:
        assert plugin.functions == {"shout"}
        assert plugin.call("shout", b"hello") == b"HELLO"
        assert plugin.call("shout", b"") == b""
        with pytest.raises(GuestError, match=r"^shout: A{100}$"):
            plugin.call("shout", b"a" * 100)


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="the Zig compiler is not installed")
def test_the_function_in_c_builds_and_runs(tmp_path: Path, host: Host, page_at: Callable[[str], Page]) -> None:
    (source,) = (block.text for block in page_at(PAGE).blocks if block.language == "c")
    (tmp_path / "echo.c").write_text(f'#include "packed.h"\n{source}', "utf-8")
    for name in ("packed.h", "packed.c"):
        shutil.copy(ROOT / "examples" / "users" / "c" / name, tmp_path)
    build_by("cc", page_at(PAGE), tmp_path)
    with host.load(tmp_path / "echo.wasm") as plugin:
        assert plugin.functions == {"echo"}
        assert plugin.call("echo", b"hello") == b"hello"
