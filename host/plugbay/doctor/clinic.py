"""Runs the hostile guests against a host's limits, one after the other, each beside an honest guest."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from plugbay.doctor.attacks import FLUXRIG, HONEST, attacks, guest_module
from plugbay.doctor.report import AttackResult, Place
from plugbay.errors import PlugbayError
from plugbay.host import Host
from plugbay.message import Message
from plugbay.permissions import Permissions

if TYPE_CHECKING:
    from types import TracebackType

    from plugbay.doctor.attacks import Attack
    from plugbay.limits import Limits
    from plugbay.outcome import Outcome
    from plugbay.plugin import Plugin
    from plugbay.plugins import PlugbayPlugins

_HOSTILE_BYTES: Final = 256


class Clinic:
    """A host with the honest guest and every hostile one whose ABI is installed. Close it, or use it with ``with``.

    Raises :class:`PlugbayError` when a guest can't be loaded under the limits.
    """

    def __init__(self, plugins: PlugbayPlugins, limits: Limits) -> None:
        self.limits = limits.with_changes(fuel=None)
        self._calm = Message.new(data={"calm": True})
        self._cue = Message.new(data={"cue": "x" * _HOSTILE_BYTES})
        self._host = Host(plugins=plugins, limits=self.limits, permissions=Permissions())
        try:
            self._honest = self._load(HONEST, FLUXRIG, self.limits)
            self._guests = [
                (attack, self._load(attack.guest, attack.abi, self._limits_for(attack)))
                for attack in attacks()
                if attack.abi in plugins.adapters
            ]
        except BaseException:
            self._host.close()
            raise

    def examine(self, place: Place) -> list[AttackResult]:
        """Let every guest attack, in this process."""
        return [self._attack(attack, plugin, place) for attack, plugin in self._guests]

    def close(self) -> None:
        """Close the host."""
        self._host.close()

    def __enter__(self) -> Clinic:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _load(self, guest: str, abi: str, limits: Limits) -> Plugin:
        return self._host.load(guest_module(guest, abi), abi=abi, name=guest.replace("_", "-"), limits=limits)

    def _limits_for(self, attack: Attack) -> Limits:
        return self.limits if attack.fuel is None else self.limits.with_changes(fuel=attack.fuel)

    def _attack(self, attack: Attack, plugin: Plugin, place: Place) -> AttackResult:
        started = perf_counter()
        outcome = plugin.process(self._cue)
        milliseconds = (perf_counter() - started) * 1000
        served = self._serves(plugin) and self._serves(self._honest)
        error = outcome.error
        return AttackResult(
            attack.guest,
            place,
            attack.tries,
            attack.meets,
            stopped_by=error.code if error is not None else None,
            limit=error.limit if error is not None else None,
            detail=_detail(outcome),
            milliseconds=milliseconds,
            next_served=served,
            passed=served and attack.ends_well(outcome, self.limits),
        )

    def _serves(self, plugin: Plugin) -> bool:
        """Whether the plugin echoes the next message."""
        outcome = plugin.process(self._calm)
        return [message.data for _, message in outcome.messages] == [self._calm.data]


def _detail(outcome: Outcome) -> str:
    """What became of the attack, in a sentence."""
    if isinstance(outcome.error, PlugbayError):
        return outcome.error.reason
    refused = next((record.text.partition("\n")[0] for record in outcome.logs), None)
    if refused is not None:
        return refused
    sizes = [message.flags for _, message in outcome.messages]
    return f"ended by itself with {sizes[0]} elements" if sizes else "ended by itself"
