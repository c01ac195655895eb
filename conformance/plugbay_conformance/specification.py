"""The specification: numbered requirements, read from the Markdown that people read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SPEC_VERSION = "1"
"""Version of the specification that this suite judges by: the folder ``spec/v1``."""


class Level(StrEnum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One numbered sentence of the specification.

    ``profiles`` are those of its ABI that it belongs to. ``text`` and ``reason`` are Markdown of a few sentences;
    ``source`` names where the rule comes from.
    """

    id: str
    abi: str
    level: Level
    profiles: tuple[str, ...]
    title: str
    text: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Specification:
    """The requirements of one ABI, in their order in the text."""

    version: str
    abi: str
    title: str
    profiles: tuple[str, ...]
    requirements: tuple[Requirement, ...]

    def of_profile(self, profile: str) -> tuple[Requirement, ...]:
        """The requirements of a profile, in the order of the text."""
        return tuple(requirement for requirement in self.requirements if profile in requirement.profiles)
