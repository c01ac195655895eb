"""Takes the entries of one mapping of a bundle's file, by name; what is wrong with them is collected with its line.

A value that is missing or wrong comes back as an empty one, so that reading goes on and finds the next mistake: a
document is used only when there was none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.bundle.nodes import Entry, Listing, Node, Scalar, Table, kind_of
from plugbay_adapters.priostack.bundle.problem import Place, Problem
from plugbay_adapters.priostack.bundle.suggestions import suggestion
from plugbay_adapters.priostack.bundle.yaml_text import short
from plugbay_adapters.priostack.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_TEXT: Final = 10_000
"""Characters of a description."""
MOST_SECONDS: Final = 366 * 86_400.0
"""The longest duration."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_RULE: Final = "letters, digits, dots, dashes and underscores, at most 64, a letter or digit first"
_COUNT: Final = re.compile(r"[0-9]{1,9}")


class Fields:
    """The entries of one mapping. ``what`` names it in reasons: ``the bundle``, ``an endpoint``."""

    def __init__(self, table: Table, what: str, file: str, problems: list[Problem]) -> None:
        self._table = table
        self._what = what
        self._file = file
        self._problems = problems
        self._asked: list[str] = []

    @property
    def place(self) -> Place:
        """Where the mapping begins."""
        return Place(self._file, self._table.line)

    def place_of(self, key: str) -> Place:
        """Where the value of a key stands; where the mapping begins when the key is missing."""
        entry = self._table.entries.get(key)
        return Place(self._file, self.place.line if entry is None else entry.value.line)

    def wrong(self, key: str, reason: str, hint: str | None = None) -> None:
        """Collect a mistake in the value of a key."""
        self._problems.append(Problem(self.place_of(key), reason, hint))

    def text(self, key: str, *, required: bool = False, most: int = MOST_TEXT) -> str:
        """A text as it is written."""
        node = self._value(key, required=required)
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            hint = "quote a text that begins with { or ["
            self.wrong(key, f"{key} must be a text, not {kind_of(node)}", hint)
            return ""
        if required and not node.text:
            self.wrong(key, f"{key} is empty")
        if len(node.text) > most:
            self.wrong(key, f"{key} is longer than {most:,} characters")
            return ""
        return node.text

    def line_of_text(self, key: str, *, required: bool = False, most: int = 200) -> str:
        """A text without line ends or other characters that can't be printed."""
        text = self.text(key, required=required, most=most)
        if not text.isprintable():
            self.wrong(key, f"{key} has a character that can't be printed: {short(text)}", "write it on one line")
            return ""
        return text

    def name(self, key: str) -> str:
        """A required name."""
        text = self.text(key, required=True)
        if text and not NAME.fullmatch(text):
            self.wrong(key, f"{key} can't be {short(text)}", f"a name has {NAME_RULE}")
            return ""
        return text

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """One of some required texts."""
        text = self.text(key, required=True)
        if text and text not in choices:
            self.wrong(key, f"{key} can't be {short(text)}", suggestion(text, choices, what=f"{key}s"))
            return ""
        return text

    def duration(self, key: str, *, zero: bool = False) -> float | None:
        """Seconds; None when the key is missing. ``zero`` says whether it may be none at all."""
        text = self.text(key)
        if not text:
            return None
        try:
            seconds = parse_duration(text)
        except ValueError as error:
            self.wrong(key, f"{key}: {error}")
            return None
        if seconds > MOST_SECONDS or (seconds == 0 and not zero):
            self.wrong(key, f"{key} can't be {short(text)}", f"write {'0s' if zero else 'more than 0s'} to 366d")
            return None
        return seconds

    def count(self, key: str, most: int) -> int:
        """A whole number from 0, which a missing key means, to ``most``."""
        text = self.text(key)
        if not text:
            return 0
        if not _COUNT.fullmatch(text) or int(text) > most:
            self.wrong(key, f"{key} can't be {short(text)}", f"write a whole number from 0 to {most}")
            return 0
        return int(text)

    def table(self, key: str) -> Table | None:
        """A mapping; None when the key is missing."""
        node = self._value(key, required=False)
        if node is None or isinstance(node, Table):
            return node
        self.wrong(key, f"{key} must be a mapping, not {kind_of(node)}")
        return None

    def tables(self, key: str, *, most: int, required: bool = False, first: str = "name") -> list[Table]:
        """The mappings of a list, at most ``most``, each with the key ``first``; empty when the key is missing."""
        node = self._value(key, required=required)
        if node is None:
            return []
        if not isinstance(node, Listing):
            hint = "begin each of them with - on a line of its own"
            self.wrong(key, f"{key} must be a list, not {kind_of(node)}", hint)
            return []
        if required and not node.items:
            self.wrong(key, f"{key} is empty")
        if len(node.items) > most:
            self.wrong(key, f"{key} has more than {most:,} items")
            return []
        return [table for item in node.items if (table := self._as_table(item, key, first)) is not None]

    def close(self) -> None:
        """Collect the keys that nobody asked for."""
        for key, entry in self._table.entries.items():
            if key not in self._asked:
                hint = suggestion(key, self._asked, what="keys")
                self._problems.append(Problem(Place(self._file, entry.line), f"{self._what} has no {short(key)}", hint))

    def _as_table(self, item: Node, key: str, first: str) -> Table | None:
        if isinstance(item, Table):
            return item
        reason = f"an item of {key} must be a mapping, not {kind_of(item)}"
        self._problems.append(Problem(Place(self._file, item.line), reason, f"begin it with - {first}:"))
        return None

    def _value(self, key: str, *, required: bool) -> Node | None:
        self._asked.append(key)
        entry: Entry | None = self._table.entries.get(key)
        if entry is None:
            if required:
                self._problems.append(Problem(self.place, f"{self._what} needs {key}"))
            return None
        if isinstance(entry.value, Scalar) and entry.value.is_nothing:
            if required:
                self.wrong(key, f"{key} has no value", "quote null if the text is meant" if entry.value.text else None)
            return None
        return entry.value
