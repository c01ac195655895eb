"""An environment in which a third party's adapter is installed, and modules of its ABI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ADAPTER = Path(__file__).parent / "textcase_adapter"
NOTE = '(import "textcase" "note" (func $note (param i32 i32)))'
MODULE = """
(module
  NOTE
  (memory (export "memory") 2)
  (data (i32.const 16) "shouting")
  (func (export "text_room") (param i32) (result i32) (i32.const 1024))
  (func (export "to_upper") (param $p i32) (param $n i32) (result i64) (local $i i32) (local $c i32)
    (call $note (i32.const 16) (i32.const 8))
    (loop $next
      (if (i32.lt_u (local.get $i) (local.get $n)) (then
        (local.set $c (i32.load8_u (i32.add (local.get $p) (local.get $i))))
        (if (i32.eq (local.get $c) (i32.const 33)) (then (unreachable)))  ;; !
        (if (i32.lt_u (i32.sub (local.get $c) (i32.const 97)) (i32.const 26)) (then
          (i32.store8 (i32.add (local.get $p) (local.get $i)) (i32.sub (local.get $c) (i32.const 32)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $p)) (i64.const 32)) (i64.extend_i32_u (local.get $n))))
  EXTRA)
"""
LOWER = """
  (func (export "to_same") (param $p i32) (param $n i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $p)) (i64.const 32)) (i64.extend_i32_u (local.get $n))))
"""
GEAR_EXPORTS = """
  (func (export "alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "free") (param i32 i32))
  (func (export "process") (param i32 i32) (result i64) (i64.const 0))
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables with which Python finds the installed adapter; built and installed without a network."""
    folder = tmp_path_factory.mktemp("third-party")
    source = folder / "source"
    shutil.copytree(ADAPTER, source)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run(
        [*install, "--no-build-isolation", "--no-deps", "--target", str(folder / "site"), str(source)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return os.environ | {"PYTHONPATH": str(folder / "site")}


@pytest.fixture(scope="session")
def module_folder(tmp_path_factory: pytest.TempPathFactory, wat: Callable[[str], bytes]) -> Path:
    """``upper.wasm`` with one case, ``two.wasm`` with two, ``both.wasm`` which is a fluxrig gear, too."""
    folder = tmp_path_factory.mktemp("modules")
    for name, extra in {"upper": "", "two": LOWER, "both": GEAR_EXPORTS}.items():
        text = MODULE.replace("EXTRA", extra).replace("NOTE", NOTE)
        if name == "both":
            text = text.replace(
                '(import "textcase" "note" (func $note (param i32 i32)))', "(func $note (param i32 i32))"
            )
        (folder / f"{name}.wasm").write_bytes(wat(text))
    return folder


@pytest.fixture
def python(environment: dict[str, str], module_folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a Python with the adapter installed, in the folder of the modules."""

    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=module_folder,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
