"""What a guest may reach outside its sandbox, granted by name."""

from __future__ import annotations

from dataclasses import dataclass

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
    """Host globs (``api.example.com``, ``*.example.com``, ``127.0.0.1:8080``) that HTTP requests may go to.

    Private, loopback, link-local and multicast addresses are refused even if a glob matches their name, unless the
    address or the name itself stands in the list without a wildcard.
    """

    @classmethod
    def none(cls) -> Permissions:
        """Not even the ambient services."""
        return cls(log=False, outputs=False, clock=False, randomness=False)
