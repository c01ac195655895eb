"""The native library: loaded late, in one process, and left as it was found."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engines.extism.conftest import Load

from plugbay.engines.extism.journal import Journal, Report
from plugbay.engines.extism.plugin import plugbay_engines
from plugbay.errors import GuestError, HostFunctionFailed
from plugbay.functions import host_function

FORK = Path(__file__).parent / "fork_script.py"
ROUNDS = 400
STEP_KIB = 5 * 1024
ID = "d742830a-6e2a-40c2-a042-75068a93d32e"
BODY = """
  (memory 2)
  (func (export "f") (call $answer (call $upper (call $copy))))
  (func (export "e") (call $error (call $copy)))
"""


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def test_the_engine_registers_itself_and_loads_nothing() -> None:
    assert [engine.name for engine in plugbay_engines()] == ["extism"]
    loaded = "sorted({'extism', 'extism_sys'} & set(sys.modules))"
    assert python(f"import sys, plugbay.engines.extism.plugin as p; p.plugbay_engines(); print({loaded})") == "[]"


def test_a_process_that_uses_no_libextism_does_not_load_it() -> None:
    loaded = "sorted({'extism', 'extism_sys'} & set(sys.modules))"
    assert python(f"import sys, plugbay; plugbay.PlugbayPlugins(); print({loaded})") == "[]"


def test_a_libextism_that_is_missing_is_missed_by_its_engine_only() -> None:
    code = """
import sys
from plugbay import PlugbayPlugins
from plugbay.errors import ConfigInvalid
sys.modules["extism_sys"] = None
engine = PlugbayPlugins().engines["extism"]
try:
    engine.version
except ConfigInvalid as error:
    print(error.reason, "|", error.hint)
"""
    told = python(code)
    assert told.startswith("the extism engine can't load libextism: ")
    assert "pip install extism-sys" in told


def test_the_list_of_functions_that_the_package_never_frees_is_not_used() -> None:
    code = "import sys, plugbay.engines.extism.library as l; print(l.load_library().version, 'extism' in sys.modules)"
    assert python(code).endswith(" False")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_is_told_at_once_and_nothing_hangs() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", FORK],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "child\nparent\n"), done.stderr


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_guests_that_are_closed_leave_nothing_behind(load: Load) -> None:
    @host_function
    def upper(data: bytes) -> bytes:
        if data == b"no":
            raise ValueError
        return data.upper()

    imports = '(import "extism:host/user" "upper" (func $upper (param i64) (result i64)))'
    loaded = load(BODY, imports=imports, functions=(upper,))

    def one_life() -> None:
        guest = loaded.guest()
        assert guest.invoke("f", b"abc") == b"ABC"
        with pytest.raises(GuestError):
            guest.invoke("e", b"no")
        with pytest.raises(HostFunctionFailed):
            guest.invoke("f", b"no")
        guest.close()
        guest.close()

    for _ in range(100):
        one_life()
    gc.collect()
    before = resident_kib()
    for _ in range(ROUNDS):
        one_life()
    gc.collect()
    assert resident_kib() - before < STEP_KIB
    assert loaded.code.idle == 1


def test_code_of_guests_that_outlive_it_is_freed_with_them(load: Load) -> None:
    loaded = load('(func (export "f"))')
    first, second = loaded.guest(), loaded.guest()
    first.close()
    loaded.code.close()
    assert second.invoke("f", b"") == b""
    second.close()
    assert loaded.code.idle == 0


def event(text: str, plugin: str = ID) -> str:
    return f'2026-11-21T10:56:08Z ERROR extism::plugin: call to f encountered an error: {text} plugin="{plugin}"\n'


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("no", Report(stopped=False, cause="no")),
        ("two\nlines", Report(stopped=False, cause="two\nlines")),
        (
            "error while executing at wasm backtrace:\n    0:     0x22 - <unknown>!f\n\nCaused by:\n    wasm trap: x",
            Report(stopped=True, cause="wasm trap: x"),
        ),
        (
            "error while executing at wasm backtrace:\n  0: 0x2 - a!f\n\nCaused by:\n    0: outer\n    1: inner\n\n"
            "Stack backtrace:\n   0: native",
            Report(stopped=True, cause="inner"),
        ),
    ],
)
def test_reports_are_read_from_the_log(text: str, report: Report) -> None:
    assert Journal(lambda: [event(text)]).take(ID, "f") == report


def test_reports_go_to_the_plugin_that_they_are_of() -> None:
    other = ID.replace("d", "a")
    events = [event("mine"), event("theirs", other), "something else\n"]
    journal = Journal(lambda: [events.pop(0)] if events else [])
    journal_of_all = Journal(lambda: [events.pop(0) for _ in list(events)])
    assert journal_of_all.take(other, "f") == Report(stopped=False, cause="theirs")
    assert journal_of_all.take(ID, "g") is None
    assert journal_of_all.take(ID, "f") is None, "a report is told once"
    assert journal.take(ID, "f") is None
