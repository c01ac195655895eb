"""The doctor finds nothing wrong with a sound installation, and whatever is wrong with another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import plugbay_adapters.fluxrig
from plugbay import Limits, PlugbayPlugins
from plugbay.contracts import Engine
from plugbay.doctor import DoctorReport, Place, examination, examine
from plugbay.doctor.attacks import attacks
from plugbay.doctor.clinic import Clinic
from plugbay.engines.wasmtime.plugin import plugbay_engines
from plugbay.errors import ConfigInvalid, DeadlineExceeded, PlugbayError
from plugbay.hookspecs import hookimpl
from plugbay.outcome import Disposition, Outcome
from plugbay.plugin import Plugin

ENDS = {
    "endless_loop": ("deadline-exceeded", "deadline"),
    "fuel_burner": ("out-of-fuel", "fuel"),
    "memory_bomb": ("out-of-memory", "memory_pages"),
    "table_bomb": (None, None),
    "recursion": ("guest-trap", "stack_bytes"),
    "log_flood": ("too-many-logs", "log_bytes"),
    "emit_flood": ("too-many-messages", "messages_out"),
    "huge_output": ("output-too-large", "output_bytes"),
    "wild_pointer": ("pointer-out-of-bounds", None),
    "wild_scribble": ("guest-trap", None),
    "forbidden_services": (None, None),
    "extism_endless_loop": ("deadline-exceeded", "deadline"),
    "extism_var_flood": ("variable-store-full", "var_bytes"),
    "extism_forged_handle": ("invalid-handle", None),
    "extism_network": ("permission-denied", None),
    "priostack_endless_loop": ("deadline-exceeded", "deadline"),
    "priostack_lying_buffer": ("pointer-out-of-bounds", None),
    "priostack_wild_abort": ("guest-error", None),
}
LEFT_OUT = tuple(f"no adapter for {abi}: its hostile guests were left out" for abi in ("extism", "priostack"))


@pytest.fixture(scope="module")
def report() -> DoctorReport:
    return examine()


def test_a_sound_installation_passes(report: DoctorReport) -> None:
    assert report.problems == ()
    assert report.passed
    assert report.ticker_alive


@pytest.mark.parametrize("place", Place)
def test_each_guest_is_stopped_by_what_it_was_to_meet(report: DoctorReport, place: Place) -> None:
    results = [result for result in report.attacks if result.place is place]
    assert {result.guest: (result.stopped_by, result.limit) for result in results} == ENDS
    assert all(result.passed and result.next_served and result.milliseconds > 0 for result in results)


def test_the_details_say_what_happened(report: DoctorReport) -> None:
    details = {result.guest: result.detail for result in report.attacks}
    assert details["table_bomb"] == "ended by itself with 100000 elements"
    assert "state was not granted" in details["forbidden_services"]


def test_the_report_tells_what_is_installed(report: DoctorReport) -> None:
    versions = dict(report.versions)
    assert {"python", "platform", "plugbay", "wasmtime", "cbor2"} <= versions.keys()
    engines = {engine.name: engine.version for engine in report.engines}
    assert engines.keys() == {"wasmtime", "extism"}
    assert engines["wasmtime"] == versions["wasmtime"]
    assert {adapter.name: adapter.engines for adapter in report.adapters} == {
        "fluxrig": ("wasmtime",),
        "extism": ("wasmtime", "extism"),
        "reflow": ("wasmtime", "extism"),
        "priostack": ("wasmtime",),
    }
    hooks = {plugin.name: (plugin.package, plugin.hooks) for plugin in report.plugins}
    assert hooks["fluxrig"] == (f"plugbay {versions['plugbay']}", ("plugbay_adapters",))


def test_the_report_is_plain_for_json(report: DoctorReport, cache_folder: Path) -> None:
    facts = json.loads(json.dumps(report.to_dict()))
    assert facts["passed"] is True
    assert facts["cache"]["folder"] == str(cache_folder)
    assert facts["versions"]["python"].startswith("CPython")
    assert facts["attacks"][0]["place"] == "this process"


def test_the_given_limits_are_the_ones_attacked() -> None:
    limits = Limits(
        deadline=0.1, memory_pages=20, table_elements=50, log_bytes=3000, messages_out=7, output_bytes=70_000
    )
    report = examine(limits=limits)
    assert report.problems == ()
    details = {result.guest: result.detail for result in report.attacks}
    assert "0.1 s" in details["endless_loop"]
    assert "20 pages" in details["memory_bomb"]
    assert "50 elements" in details["table_bomb"]
    assert "3000 bytes" in details["log_flood"]
    assert "more than 7 messages" in details["emit_flood"]
    assert "70000 bytes" in details["huge_output"]


def test_limits_that_even_an_honest_guest_breaks_are_a_problem() -> None:
    report = examine(limits=Limits(deadline=0.1, memory_pages=1))
    assert not report.passed
    assert "memory_pages" in report.problems[0] or "pages" in report.problems[0]
    assert report.attacks == ()


def test_without_an_adapter_there_is_nothing_to_test_with() -> None:
    class Engines:
        plugbay_engines = staticmethod(hookimpl(plugbay_engines))

    plugins = PlugbayPlugins([Engines()], entry_points=False)
    try:
        report = examine(plugins)
    finally:
        plugins.close()
    assert report.problems == ("no adapter to test with: the hostile guests speak fluxrig",)
    assert report.notes == LEFT_OUT
    assert (report.adapters, report.attacks) == ((), ())


def test_without_an_adapter_its_guests_are_left_out() -> None:
    class Fluxrig:
        plugbay_engines = staticmethod(hookimpl(plugbay_engines))
        plugbay_adapters = staticmethod(plugbay_adapters.fluxrig.plugbay_adapters)

    plugins = PlugbayPlugins([Fluxrig()], entry_points=False)
    try:
        report = examine(plugins, Limits(deadline=0.5))
    finally:
        plugins.close()
    assert report.passed
    assert report.notes == LEFT_OUT
    others = {guest for guest in ENDS if not guest.startswith(("extism", "priostack"))}
    assert {result.guest for result in report.attacks} == others


def _answering(error: PlugbayError | None) -> Callable[..., Outcome]:
    process = Plugin.process

    def answer(self: Plugin, message: Any, port: str = "in") -> Outcome:
        outcome = process(self, message, port)
        if self.name != "log-flood" or outcome.error is None:
            return outcome
        return Outcome(Disposition.ERROR if error else Disposition.DROP, error=error)

    return answer


@pytest.mark.parametrize("error", [None, DeadlineExceeded("late", limit="deadline")])
def test_a_guest_that_ends_otherwise_than_expected_fails_the_report(
    monkeypatch: pytest.MonkeyPatch, error: PlugbayError | None
) -> None:
    monkeypatch.setattr(Plugin, "process", _answering(error))
    report = examine(limits=Limits(deadline=0.1))
    assert [result.guest for result in report.attacks if not result.passed] == ["log_flood"] * 2
    assert len(report.problems) == 2
    assert report.problems[0].startswith("log_flood in this process: it was to be stopped by log_bytes, but:")


def test_a_guest_that_serves_no_more_fails_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def serves(_clinic: Clinic, plugin: Plugin) -> bool:
        return plugin.name != "recursion"

    monkeypatch.setattr(Clinic, "_serves", serves)
    report = examine(limits=Limits(deadline=0.1))
    assert "recursion in this process: the next message was not served" in report.problems


def test_a_child_that_hangs_is_a_problem_and_not_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PlugbayError("a forked child hung")

    monkeypatch.setattr(examination, "in_forked_child", fail)
    report = examine(limits=Limits(deadline=0.1))
    assert report.problems == ("the hostile guests could not be tried: a forked child hung",)
    assert {result.place for result in report.attacks} == {Place.PROCESS}


def test_a_platform_without_fork_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.fork")
    report = examine(limits=Limits(deadline=0.5))
    assert report.passed
    assert report.notes == ("this platform has no fork: nothing was tried in a child",)


def test_a_cache_that_others_can_write_to_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    monkeypatch.setenv("PLUGBAY_CACHE_DIR", str(tmp_path))
    report = examine(limits=Limits(deadline=0.1))
    assert len(report.problems) == 1
    assert "the cache can't be used" in report.problems[0]


def test_every_guest_has_a_file_and_every_file_a_guest() -> None:
    folder = Path(examination.__file__).parent / "guests"
    names = {attack.guest for attack in attacks()} | {"honest", "frame", "extism_frame", "priostack_frame"}
    assert {path.stem for path in folder.iterdir() if path.suffix == ".wat"} == names
    assert set(ENDS) == {attack.guest for attack in attacks()}


def test_an_engine_whose_library_is_missing_is_a_problem() -> None:
    class Missing:
        name = "missing"

        @property
        def version(self) -> str:
            raise ConfigInvalid("the library of the engine can't be loaded")

        def close(self) -> None:
            pass

    class Registers:
        @hookimpl
        def plugbay_engines(self) -> list[Engine]:
            return [Missing()]

    report = examine(PlugbayPlugins([Registers()], entry_points=False))
    assert "the library of the engine can't be loaded" in report.problems
    assert [(engine.name, engine.version) for engine in report.engines] == [("missing", "missing")]


def test_a_package_that_is_missing_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "PACKAGES", ("plugbay", "no-such-package"))
    versions = dict(examine(PlugbayPlugins(entry_points=False)).versions)
    assert versions["no-such-package"] == "missing"
