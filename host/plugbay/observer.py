"""Who is told what happens in the host: metrics, tracing, audit logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from plugbay.contracts import Claim
    from plugbay.module.info import ModuleInfo
    from plugbay.outcome import Outcome


@runtime_checkable
class Observer(Protocol):
    """Told after the fact, in the thread where it happened; what it raises is logged and goes no further.

    Raw calls are not observed: they have no outcome.
    """

    def plugin_loaded(self, plugin: str, info: ModuleInfo, claim: Claim) -> None:
        """A plugin was loaded or reloaded."""
        ...

    def message_processed(self, plugin: str, port: str, outcome: Outcome) -> None:
        """A typed message led to this outcome."""
        ...

    def plugin_closed(self, plugin: str) -> None:
        """A plugin was closed."""
        ...
