"""What a guest may reach outside its sandbox, granted by name."""

from __future__ import annotations

from dataclasses import dataclass

from plugbay.errors import ConfigInvalid
from plugbay.functions.grants import parse_function_patterns
from plugbay.services.hosts import parse_patterns
from plugbay.services.paths import PathGrant

AMBIENT = frozenset({"log", "outputs", "clock", "randomness"})
"""Services that reveal and change nothing outside the sandbox; each is bounded by a limit and can be taken away."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Permissions of one plugin. Whatever is not named here is refused.

    A guest always has its own memory and result. ``Permissions()`` adds the ambient services (its log lines, its
    outputs, the clock, randomness), and nothing that reaches other data or machines.
    """

    log: bool = True
    """Log lines reach the outcome and the host's log."""
    outputs: bool = True
    """Messages beside the result (``emit``)."""
    clock: bool = True
    """The current time."""
    randomness: bool = True
    """Cryptographically secure random bytes."""
    state: bool = False
    """Read and write the plugin's own state namespace."""
    http: tuple[str, ...] = ()
    """Hosts (``api.example.com``, ``*.example.com``, ``127.0.0.1:8080``) that HTTP requests may go to.

    A wildcard never leads to a private or loopback address: for those the name or the address stands in the list by
    itself. Link-local (cloud metadata), multicast and reserved addresses must be listed themselves, since whoever runs
    a name's DNS could point it there. :class:`~plugbay.services.HostPattern` has the rules of the globs; what is none
    raises :class:`~plugbay.errors.ConfigInvalid`.
    """
    functions: tuple[str, ...] = ()
    """Host functions written in Python that it may call: ``lookup``, ``namespace.lookup``, or globs of them."""
    paths: tuple[PathGrant, ...] = ()
    """Folders that it may open files in, where its ABI offers files at all (Extism's does)."""

    def __post_init__(self) -> None:
        parse_patterns(self.http)
        parse_function_patterns(self.functions)
        wrong = [grant for grant in self.paths if not isinstance(grant, PathGrant)]  # pyright: ignore[reportUnnecessaryIsInstance] # a user's list may hold texts
        if wrong:
            raise ConfigInvalid(f"{wrong[0]!r} is no PathGrant", expected="PathGrant", found=type(wrong[0]).__name__)
        guests = [grant.guest.rstrip("/") for grant in self.paths]
        twice = sorted({guest for guest in guests if guests.count(guest) > 1})
        if twice:
            raise ConfigInvalid(
                f"two folders are granted as {twice[0] or '/'}: the plugin could only see one of them",
                found=twice[0] or "/",
                hint="give each a path of its own: HOST:GUEST",
            )

    @classmethod
    def none(cls) -> Permissions:
        """Not even the ambient services."""
        return cls(log=False, outputs=False, clock=False, randomness=False)
