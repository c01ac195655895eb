"""The specification: numbered requirements, read from the Markdown that people read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

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

    def requirement(self, id: str) -> Requirement | None:  # noqa: A002 # the fact's name in reports
        """The requirement of that id, None when there is none."""
        return next((requirement for requirement in self.requirements if requirement.id == id), None)


def load_specification(abi: str) -> Specification:
    """The specification of an ABI (``fluxrig``, ``extism``, ``priostack``), read from its Markdown.

    Raises :class:`~plugbay_conformance.errors.SpecificationInvalid`, and :class:`FileNotFoundError` when the
    installation is incomplete.
    """
    from plugbay_conformance.specification_text import parse_specification

    name = f"{abi}.md"
    text = (_folder() / name).read_text("utf-8")
    return parse_specification(text, abi, f"spec/v{SPEC_VERSION}/{name}")


def _folder() -> Traversable | Path:
    """The specification's folder: in a wheel inside the package, in a checkout beside it."""
    packaged = files(__package__ or "plugbay_conformance") / "spec" / f"v{SPEC_VERSION}"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "spec" / f"v{SPEC_VERSION}"
