"""The values of a YAML file, each with the line that it stands on; nothing is interpreted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})
"""How a plain scalar says that there is no value (YAML 1.1, null)."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as it is written: ``on``, ``010`` and ``1:30`` are those texts, not a boolean or numbers."""

    text: str
    line: int
    plain: bool
    """Whether it is written without quotes."""

    @property
    def is_nothing(self) -> bool:
        """Whether it stands for a value that was left out."""
        return self.plain and self.text in _NOTHING


@dataclass(frozen=True, slots=True)
class Listing:
    """A YAML sequence."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a table, with the line of the key, and its value."""

    key: str
    line: int
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A YAML mapping; its keys are texts, each there once."""

    entries: Mapping[str, Entry]
    line: int


Node = Scalar | Listing | Table


def kind_of(node: Node) -> str:
    """What a node is, for the reader of a mistake."""
    match node:
        case Scalar():
            return "nothing" if node.is_nothing else "a text"
        case Listing():
            return "a list"
        case Table():
            return "a mapping"
