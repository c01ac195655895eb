from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from plugbay import Claim, Host, Message, Observer, Outcome, PlugbayPlugins
from plugbay.errors import UnknownAbi
from plugbay.hookspecs import hookimpl
from plugbay.module.info import ModuleInfo


class Recorder:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []

    def plugin_loaded(self, plugin: str, info: ModuleInfo, claim: Claim) -> None:
        self.seen.append(("loaded", plugin, info.digest, claim.abi))

    def message_processed(self, plugin: str, port: str, outcome: Outcome) -> None:
        self.seen.append(("processed", plugin, port, str(outcome.disposition)))

    def plugin_closed(self, plugin: str) -> None:
        self.seen.append(("closed", plugin))


class Failing(Recorder):
    """An observer that is broken."""

    def plugin_loaded(self, plugin: str, info: ModuleInfo, claim: Claim) -> None:
        raise RuntimeError("loaded")

    def message_processed(self, plugin: str, port: str, outcome: Outcome) -> None:
        raise RuntimeError("processed")

    def plugin_closed(self, plugin: str) -> None:
        raise RuntimeError("closed")


class Registered:
    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    @hookimpl
    def plugbay_observers(self) -> list[Observer]:
        return list(self._observers)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def observed(recorder: Recorder) -> Iterator[Host]:
    plugins = PlugbayPlugins([Registered(recorder)])
    with Host(plugins=plugins) as host:
        yield host
    plugins.close()


def test_an_observer_sees_a_plugins_life(observed: Host, recorder: Recorder, gear: Callable[..., bytes]) -> None:
    plugin = observed.load(gear(), name="gear")
    first = plugin.info.digest
    plugin.process(Message.new())
    plugin.reload(gear("(i64.const 0)"))
    second = plugin.info.digest
    plugin.process_many([Message.new(), Message.new()])
    plugin.close()
    plugin.close()
    assert recorder.seen == [
        ("loaded", "gear", first, "fluxrig"),
        ("processed", "gear", "in", "ok"),
        ("loaded", "gear", second, "fluxrig"),
        ("processed", "gear", "in", "drop"),
        ("processed", "gear", "in", "drop"),
        ("closed", "gear"),
    ]


def test_an_observer_sees_failures_too(observed: Host, recorder: Recorder, gear: Callable[..., bytes]) -> None:
    plugin = observed.load(gear("(unreachable)"), name="gear")
    plugin.process(Message.new())
    assert recorder.seen[-1] == ("processed", "gear", "in", "error")


def test_raw_calls_are_not_observed(observed: Host, recorder: Recorder, echo_gear: bytes) -> None:
    plugin = observed.load(echo_gear)
    before = len(recorder.seen)
    plugin.call("process", b"x")
    plugin.call_many("process", [b"x", b"y"])
    assert len(recorder.seen) == before


def test_while_somebody_observes_messages_are_not_passed_undecoded(observed: Host, echo_gear: bytes) -> None:
    assert observed.load(echo_gear).process_encoded([Message.new().to_cbor()]) is None


def test_closing_the_host_closes_its_plugins_in_sight_of_the_observer(recorder: Recorder, echo_gear: bytes) -> None:
    plugins = PlugbayPlugins([Registered(recorder)])
    with Host(plugins=plugins) as host:
        host.load(echo_gear, name="gear")
    assert recorder.seen[-1] == ("closed", "gear")
    plugins.close()


def test_a_module_that_is_refused_was_never_loaded(
    observed: Host, recorder: Recorder, wat: Callable[[str], bytes]
) -> None:
    with pytest.raises(UnknownAbi):
        observed.load(wat("(module)"))
    assert recorder.seen == []


def test_a_broken_observer_stops_nothing_and_nobody_else(
    recorder: Recorder, echo_gear: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    plugins = PlugbayPlugins([Registered(Failing(), recorder)])
    with caplog.at_level(logging.ERROR, "plugbay.plugin"), Host(plugins=plugins) as host:
        plugin = host.load(echo_gear)
        assert plugin.process(Message.new()).error is None
    assert [entry[0] for entry in recorder.seen] == ["loaded", "processed", "closed"]
    assert [record.message for record in caplog.records] == ["the observer Failing failed"] * 3
    plugins.close()
