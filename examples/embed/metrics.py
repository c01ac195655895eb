"""Counts what happens in a host, with an observer: the place for Prometheus, OpenTelemetry or an audit log."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from plugbay import Host, Message, PlugbayPlugins
from plugbay.hookspecs import hookimpl

if TYPE_CHECKING:
    from plugbay import Claim, Observer, Outcome
    from plugbay.module.info import ModuleInfo

GEAR = Path(__file__).parent.parent / "fraud" / "fraud.wasm"


class Metrics:
    """An observer that counts outcomes and errors."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def plugin_loaded(self, plugin: str, info: ModuleInfo, claim: Claim) -> None:
        """Called after a load or reload."""
        self.counts[f"loaded {plugin} ({claim.abi} {claim.profile}, {info.size} bytes)"] += 1

    def message_processed(self, plugin: str, port: str, outcome: Outcome) -> None:
        """Called after each typed message, in the thread that processed it."""
        self.counts[f"{plugin}.{port} {outcome.disposition}"] += 1
        if outcome.error is not None:
            self.counts[f"{plugin} {outcome.error.code}"] += 1

    def plugin_closed(self, plugin: str) -> None:
        """Called after a plugin was closed."""
        self.counts[f"closed {plugin}"] += 1


class MetricsPlugin:
    """Brings the observer into a host."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics

    @hookimpl
    def plugbay_observers(self) -> list[Observer]:
        """The one observer."""
        return [self.metrics]


def main() -> None:
    """Process three messages that are no payments, then print the counts."""
    metrics = Metrics()
    plugins = PlugbayPlugins([MetricsPlugin(metrics)])
    with Host(plugins=plugins) as host, host.load(GEAR) as plugin:
        plugin.process_many([Message.new({"number": number}) for number in range(3)])
    plugins.close()
    for what, count in metrics.counts.items():
        print(f"{count} x {what}")


if __name__ == "__main__":
    main()
