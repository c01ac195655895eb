"""Reads a specification from its Markdown; what is not written exactly as it must be is refused with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from plugbay_conformance.errors import SpecificationInvalid
from plugbay_conformance.specification import SPEC_VERSION, Level, Requirement, Specification

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIXES: Final[Mapping[str, str]] = {"fluxrig": "FLX", "extism": "EXT", "priostack": "PRI"}
"""How the ids of each ABI's requirements begin."""

_REQUIREMENT = re.compile(r"### ([A-Z]+)-(\d{3}) · (\S.*)")
_CELL_END = re.compile(r"(?<!\\)\|")
_PROFILES: Final = ("profile", "what it is")
_FACTS: Final = ("level", "profiles", "source")
_WHY: Final = "**Why:**"


def parse_specification(text: str, abi: str, path: str) -> Specification:
    """The specification that a Markdown text holds. ``path`` names it in errors.

    Raises :class:`SpecificationInvalid`.
    """
    lines = _Lines(text, path)
    title = _title(lines)
    profiles = _profiles(lines)
    requirements: list[Requirement] = []
    while not lines.ended:
        if lines.current.startswith("### "):
            requirements.append(_requirement(lines, abi, profiles, requirements))
        elif lines.current.startswith("## "):
            lines.take()
            lines.prose()
        else:
            lines.refuse("expected a group (## …) or a requirement (### …)")
    if not requirements:
        lines.refuse("the specification has no requirement")
    return Specification(SPEC_VERSION, abi, title, profiles, tuple(requirements))


class _Lines:
    """The text's lines and where reading is; empty lines between two parts are skipped."""

    def __init__(self, text: str, path: str) -> None:
        self._lines = text.split("\n")
        self._path = path
        self._at = 0
        self._skip_empty()

    @property
    def ended(self) -> bool:
        return self._at >= len(self._lines)

    @property
    def current(self) -> str:
        return "" if self.ended else self._lines[self._at].rstrip()

    def take(self) -> str:
        """The current line, and on to the next one that is not empty."""
        line = self.current
        self._at += 1
        self._skip_empty()
        return line

    def prose(self, until: str = "") -> str:
        """Everything up to the next heading, or to a line that begins with ``until``."""
        start = self._at
        fenced = False
        while not self.ended:
            line = self.current
            if not fenced and (line.startswith("#") or (until and line.startswith(until))):
                break
            fenced ^= line.startswith("```")
            self._at += 1
        return "\n".join(line.rstrip() for line in self._lines[start : self._at]).strip()

    def table(self, head: tuple[str, ...]) -> list[tuple[int, tuple[str, ...]]]:
        """The rows of the table that begins here, each with its line; its head must be that one."""
        start = self._at
        while self.current.startswith("|"):
            self._at += 1
        rows = [(number, _cells(self._lines[number])) for number in range(start, self._at)]
        if not rows or rows[0][1] != head:
            self.refuse(f"expected the table | {' | '.join(head)} |", at=start)
        if len(rows) < 2 or rows[1][1] != ("---",) * len(head):
            self.refuse(f"expected | {' | '.join(['---'] * len(head))} | below the table's head", at=start + 1)
        for number, row in rows[2:]:
            if len(row) != len(head) or not all(row):
                self.refuse(f"expected a row of {len(head)} filled cells", at=number)
        self._skip_empty()
        return rows[2:]

    @property
    def at(self) -> int:
        """The current line's number, from 0."""
        return self._at

    def refuse(self, reason: str, *, at: int | None = None, hint: str | None = None) -> NoReturn:
        """Raise :class:`SpecificationInvalid` for a line, the current one by default."""
        line = min(self._at if at is None else at, len(self._lines) - 1) + 1
        raise SpecificationInvalid(reason, path=self._path, line=line, hint=hint)

    def _skip_empty(self) -> None:
        while not self.ended and not self._lines[self._at].strip():
            self._at += 1


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL_END.split(inner))


def _title(lines: _Lines) -> str:
    if not lines.current.startswith("# "):
        lines.refuse("expected the title (# …)")
    title = lines.take().removeprefix("# ").strip()
    if not lines.prose():
        lines.refuse("expected a paragraph below the title")
    return title


def _profiles(lines: _Lines) -> tuple[str, ...]:
    if lines.current != "## Profiles":
        lines.refuse("expected ## Profiles")
    lines.take()
    rows = lines.table(_PROFILES)
    profiles = tuple(row[0] for _, row in rows)
    if not profiles or len(set(profiles)) < len(profiles):
        lines.refuse("expected the profiles, each once")
    lines.prose()
    return profiles


def _requirement(lines: _Lines, abi: str, profiles: tuple[str, ...], before: list[Requirement]) -> Requirement:
    at = lines.at
    heading = _REQUIREMENT.fullmatch(lines.current)
    if heading is None or heading[1] != PREFIXES[abi]:
        lines.refuse(f"expected ### {PREFIXES[abi]}-000 · Title", hint="three digits, and a middle dot (U+00B7)")
    lines.take()
    id_ = f"{heading[1]}-{heading[2]}"
    if before and id_ <= before[-1].id:
        lines.refuse(f"{id_} stands after {before[-1].id}", at=at, hint="ids rise, and none is used twice")
    level, own_profiles, source = _facts(lines, profiles)
    text = lines.prose(_WHY)
    if not text:
        lines.refuse(f"{id_} does not say what must hold")
    reason = lines.prose().removeprefix(_WHY).strip()
    if not reason:
        lines.refuse(f"{id_} gives no reason", hint=f"end it with a paragraph that begins {_WHY}")
    return Requirement(id_, abi, level, own_profiles, heading[3].strip(), text, source, reason)


def _facts(lines: _Lines, profiles: tuple[str, ...]) -> tuple[Level, tuple[str, ...], str]:
    at = lines.at
    rows = lines.table(_FACTS)
    if len(rows) != 1:
        lines.refuse("expected one row of level, profiles and source", at=at)
    line, (level, named, source) = rows[0]
    if level not in tuple(Level):
        lines.refuse(f"{level!r} is no level", at=line, hint="MUST or SHOULD")
    own = tuple(name.strip() for name in named.split(","))
    if unknown := [name for name in own if name not in profiles]:
        lines.refuse(f"there is no profile {unknown[0]!r}", at=line, hint=f"there are {', '.join(profiles)}")
    if len(set(own)) < len(own):
        lines.refuse("a profile is named twice", at=line)
    return Level(level), own, source
