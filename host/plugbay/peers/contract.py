"""A peer: something else that answers the same calls of the same plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugbay.limits import Limits
    from plugbay.module.info import ModuleInfo

Call = Callable[[str, bytes], object]
"""A function's name and a payload."""


class PeerFailed(Exception):
    """The peer could not run the module; the text says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The plugin to run: the bytes of its source, what its module declares, and how plugbay hosts it."""

    data: bytes
    info: ModuleInfo
    limits: Limits
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Peer:
    """``open`` makes the calls possible for so many seconds; it and the calls raise :class:`PeerFailed`."""

    name: str
    open: Callable[[Subject, float], AbstractContextManager[Call]]
