"""libextism's log of failed calls, read for the causes that its C API does not tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

BACKTRACE: Final = "error while executing at wasm backtrace:"
"""How the text of an error begins that stopped the guest."""
_PLUGIN: Final = re.compile(r'\s+plugin="([0-9a-f-]{36})"\s*\Z')
_CAUSES: Final = "\n\nCaused by:\n"
_NATIVE_FRAMES: Final = "\n\nStack backtrace:\n"
"""Follow when the environment has ``RUST_BACKTRACE``."""
_NUMBER: Final = re.compile(r"^ +\d+: ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """What the log says of a call: whether the guest was stopped in the middle, and the innermost cause of it."""

    stopped: bool
    cause: str

    @classmethod
    def read(cls, text: str) -> Report:
        """The report in an error as libextism prints it."""
        text, _, _ = text.partition(_NATIVE_FRAMES)
        head, _, causes = text.partition(_CAUSES)
        innermost = _NUMBER.split(causes)[-1] if causes else head
        return cls(head.startswith(BACKTRACE), "\n".join(line.strip() for line in innermost.strip().splitlines()))


class Journal:
    """Reports of failed calls, by plugin; ``drain`` empties libextism's log, one text per event. Thread-safe.

    It stays empty when another part of the program took libextism's one log for itself.
    """

    def __init__(self, drain: Callable[[], list[str]]) -> None:
        self._drain = drain
        self._lock = Lock()
        self._kept: dict[str, str] = {}

    def take(self, plugin: str, function: str) -> Report | None:
        """The report of the plugin's last call, of ``function``; None when there is none, or the log is another's."""
        with self._lock:
            for event in self._drain():
                found = _PLUGIN.search(event)
                if found is not None:
                    self._kept[found[1]] = event[: found.start()]
            event = self._kept.pop(plugin, "")
        _, told, text = event.partition(f": call to {function} encountered an error: ")
        return Report.read(text) if told else None
