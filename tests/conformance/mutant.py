"""A mutant: a guest that is right but for one thing, so that the suite can be judged by what it catches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module that breaks ``requirement``.

    ``build`` gives its bytes. ``also`` names requirements that can't be kept while this one is broken, and ``why`` says
    why that is so; empty where the mutant breaks one thing alone, as it should.
    """

    name: str
    requirement: str
    abi: str
    profile: str
    build: Callable[[], bytes]
    also: frozenset[str] = frozenset()
    why: str = ""
