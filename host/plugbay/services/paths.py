"""Folders of the host that a plugin may reach."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from plugbay.errors import ConfigInvalid

_READ_ONLY = "ro:"
_GUEST = re.compile(r"/|/?[^/\0]+(/[^/\0]+)*/?")


@dataclass(frozen=True, slots=True)
class PathGrant:
    """The folder ``host`` of this machine, which the plugin sees as ``guest``; read only unless ``writable``.

    Raises :class:`~plugbay.errors.ConfigInvalid` for a name that no folder has. Whether there is such a folder is
    judged when the plugin is loaded.
    """

    host: str
    guest: str
    writable: bool = False

    def __post_init__(self) -> None:
        if not self.host or "\0" in self.host or not _GUEST.fullmatch(self.guest) or ".." in self.guest.split("/"):
            raise ConfigInvalid(
                f"{self.host!r} as {self.guest!r} is no folder that a plugin could be granted",
                found=f"{self.host}:{self.guest}",
                expected="a folder of the host and the path that the plugin sees, without ..",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The grant that ``[ro:]HOST[:GUEST]`` spells; without GUEST the plugin sees the folder under its own name.

        Raises :class:`~plugbay.errors.ConfigInvalid`.
        """
        host, _, guest = text.removeprefix(_READ_ONLY).partition(":")
        return cls(host, guest or host, writable=not text.startswith(_READ_ONLY))
