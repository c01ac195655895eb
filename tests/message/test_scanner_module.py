"""The scanner's module: how it is built, compiled and loaded."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import wasmtime

import plugbay.message.scanner as scanner_module
from plugbay.message.scanner import Kind, Scanner

FOLDER = Path(scanner_module.__file__).parent
EMPTY = bytes.fromhex("a0")
BUILD = (
    "build-exe scanner.zig -target wasm32-freestanding -mcpu=generic+bulk_memory -O ReleaseFast "
    "-fno-entry -fstrip --stack 262144 --export=buffer --export=scan --export=report --export=ends --export=kinds"
)


def test_the_module_may_come_compiled() -> None:
    seen: list[bytes] = []

    def load(wasm: bytes) -> tuple[wasmtime.Engine, wasmtime.Module]:
        seen.append(wasm)
        engine = wasmtime.Engine()
        return engine, wasmtime.Module.deserialize(engine, wasmtime.Module(engine, wasm).serialize())

    with Scanner(load) as scanner:
        assert list(scanner.scan(EMPTY).kinds) == [Kind.MESSAGE]
    assert seen == [(FOLDER / "scanner.wasm").read_bytes()]


def test_a_forked_child_can_compile_it() -> None:
    program = """
        import os
        from plugbay.message.scanner import Scanner
        Scanner().close()
        child = os.fork()
        if child == 0:
            os._exit(7 if list(Scanner().scan(b"\\xa0").ends) == [1] else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "7\n", done.stderr


def test_the_committed_module_is_the_one_whose_digest_is_recorded() -> None:
    digest = hashlib.sha256((FOLDER / "scanner.wasm").read_bytes()).hexdigest()
    assert (FOLDER / "scanner.wasm.sha256").read_text() == f"{digest}  scanner.wasm\n"


def test_the_build_command_is_the_documented_one() -> None:
    assert BUILD in " ".join((scanner_module.__doc__ or "").split())


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="needs ziglang")
def test_the_committed_module_is_what_the_source_builds(tmp_path: Path) -> None:
    for source in FOLDER.glob("*.zig"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    command = [sys.executable, "-m", "ziglang", *BUILD.split(), "-femit-bin=scanner.wasm"]
    environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": str(tmp_path / "cache")}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=300)
    assert (tmp_path / "scanner.wasm").read_bytes() == (FOLDER / "scanner.wasm").read_bytes()


def test_the_module_imports_nothing() -> None:
    module = wasmtime.Module(wasmtime.Engine(), (FOLDER / "scanner.wasm").read_bytes())
    assert module.imports == []
