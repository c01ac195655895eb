"""Finds intents as the bundle has them now."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugbay_adapters.priostack.bundle.documents import Intent

_log = logging.getLogger("plugbay.intents")


class IntentLookup:
    """The bundle's answers to which intents there are. One that fails is logged, and counts as "none" for now."""

    def __init__(
        self, intents_of: Callable[[str], Sequence[Intent]], all_intents: Callable[[], Sequence[Intent]] | None
    ) -> None:
        self._intents_of = intents_of
        self._all_intents = all_intents

    def listeners(self, sensor: str) -> Sequence[Intent]:
        """The intents that listen to a sensor."""
        try:
            return self._intents_of(sensor)
        except Exception:  # noqa: BLE001 # the queue is in the middle of a transaction, which must go on
            _log.exception("the intents of the sensor %r can't be told", sensor)
            return ()

    def intent_now(self, name: str, sensor: str) -> Intent | None:
        """The intent of that name that listens to the sensor; None when there is none."""
        return next((intent for intent in self.listeners(sensor) if intent.name == name), None)

    def all(self) -> Sequence[Intent]:
        """All intents, as far as the bundle tells them."""
        return () if self._all_intents is None else self._all_intents()
