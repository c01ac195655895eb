"""The guests of this folder are what they say, on libextism."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import extism  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs] # it has no types
import pytest

from plugbay.module.binary import read_module
from plugbay.module.wat import compile_text

GUESTS: Final = Path(__file__).parent / "guests"
VOWELS: Final = GUESTS / "c" / "vowels.wasm"
WASI: Final = "wasi_snapshot_preview1"

_SDK: Any = extism


def assembled(name: str) -> bytes:
    return compile_text((GUESTS / name).read_bytes(), name)


def plugin(module: bytes, config: dict[str, str] | None = None) -> Any:
    return _SDK.Plugin({"wasm": [{"data": module}], "config": config or {}}, wasi=True, functions=[])


def test_the_tinygo_actor_has_what_tinygo_adds() -> None:
    info = read_module(assembled("tinygo_actor.wat"), digest="")
    asyncify = {
        f"asyncify_{what}" for what in ("start_unwind", "stop_unwind", "start_rewind", "stop_rewind", "get_state")
    }
    added = {"memory", "_start", "malloc", "free", "calloc", "realloc"} | asyncify
    assert {export.name for export in info.exports} == added | {"get_metadata", "process"}
    assert {wanted.name for wanted in info.imports if wanted.module == WASI} == {
        "fd_write",
        "proc_exit",
        "clock_time_get",
        "args_sizes_get",
        "args_get",
        "random_get",
    }


def test_libextism_calls_an_actor_without_its_start_function() -> None:
    actor = plugin(assembled("tinygo_actor.wat"))
    answer = b'{"outputs":{"started":{"type":"Boolean","data":false}},"state":{"calls":%d}}'
    assert [actor.call("process", b"{}") for _ in range(2)] == [answer % 1, answer % 2]


def test_libextism_starts_a_fresh_instance_after_a_call_of_start() -> None:
    actor = plugin(assembled("tinygo_actor.wat"))
    actor.call("process", b"{}")
    assert actor.call("_start", b"") == b""
    assert b'"data":false}},"state":{"calls":1}' in actor.call("process", b"{}")


def test_a_panic_of_the_tinygo_actor_is_a_trap() -> None:
    with pytest.raises(_SDK.Error, match="wasm backtrace"):
        plugin(assembled("tinygo_actor.wat")).call("process", b"")


def test_the_assemblyscript_plugin_runs_its_start_function_first() -> None:
    guest = assembled("assemblyscript.wat")
    assert read_module(guest, digest="").start is not None
    assert plugin(guest).call("length_of_greeting", b"ab") == b"9"


def test_the_assemblyscript_plugin_tells_its_error() -> None:
    with pytest.raises(_SDK.Error, match=r"^too long$"):
        plugin(assembled("assemblyscript.wat")).call("length_of_greeting", b"abc")


def test_libextism_refuses_the_abort_of_assemblyscript() -> None:
    with pytest.raises(_SDK.Error, match="env::abort"):
        plugin(assembled("assemblyscript_abort.wat"))


def test_the_old_actor_exports_only_memory_and_process() -> None:
    guest = assembled("process_only.wat")
    assert {export.name for export in read_module(guest, digest="").exports} == {"memory", "process"}
    assert plugin(guest).call("process", b"{}") == b'{"outputs":{}}'


def test_the_c_plugin_counts_and_keeps_a_total() -> None:
    counter = plugin(VOWELS.read_bytes())
    assert [counter.call("count_vowels", text) for text in (b"Hello, World", b"AEIOU aeiou")] == [b"3", b"10"]
    assert counter.call("total", b"") == b"13"


def test_the_c_plugin_reads_its_config() -> None:
    counter = plugin(VOWELS.read_bytes(), {"vowels": "l"})
    assert counter.call("count_vowels", b"Hello, World") == b"3"


def test_the_c_plugin_fails_with_a_text() -> None:
    with pytest.raises(_SDK.Error, match=r"^there is no text$"):
        plugin(VOWELS.read_bytes()).call("count_vowels", b"")


@pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")
def test_the_c_source_builds_to_the_same_bytes(tmp_path: Path) -> None:
    built = tmp_path / "built.wasm"
    environment = {**os.environ, "PYTHON": sys.executable}
    subprocess.run([GUESTS / "c" / "build.sh", built], check=True, env=environment, timeout=120)
    assert built.read_bytes() == VOWELS.read_bytes()
