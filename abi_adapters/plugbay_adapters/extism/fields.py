"""Reading a document field by field: what is wrong is collected with its path, and reported all at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from plugbay.errors import ConfigInvalid

REPORTED = 20
"""Problems of one document that are told; of more, only the number is."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong field: its path, what belongs there, and what was found, for people."""

    path: str
    expected: str
    found: str

    def __str__(self) -> str:
        if isinstance(self.found, Unknown):
            return f"{self.path} is {self.found} (known: {self.expected})"
        return f"{self.path} must be {self.expected}, not {self.found}"


class Problems:
    """What is wrong with a document; at most :data:`REPORTED` are kept."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._kept: list[Problem] = []
        self._more = 0

    def add(self, path: str, expected: str, found: object) -> None:
        """Note a field; ``found`` is its value, or a :class:`Said` about it."""
        if len(self._kept) < REPORTED:
            self._kept.append(Problem(path, expected, found if isinstance(found, Unknown) else shown(found)))
        else:
            self._more += 1

    def raise_if_any(self) -> None:
        """Raise :class:`ConfigInvalid` with everything noted; its facts are those of the first field."""
        if not self._kept:
            return
        more = f"; and {self._more} more" if self._more else ""
        first = self._kept[0]
        raise ConfigInvalid(
            f"the {self._document} is not valid: {'; '.join(map(str, self._kept))}{more}",
            function=first.path,
            expected=first.expected,
            found=first.found,
        )


class Said(str):
    """Words about a value, shown as they are."""

    __slots__ = ()


class Unknown(Said):
    """Said of a field that nobody knows; what was expected then are the names of those that are known."""

    __slots__ = ()


class Fields:
    """The fields of one object of a document. Whatever is wrong goes to ``problems``, and its value is then None."""

    def __init__(self, values: Mapping[Any, Any], path: str, problems: Problems) -> None:
        self._values = values
        self._path = path
        self._problems = problems

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def path(self, name: str) -> str:
        """The path of a field of this object."""
        return f"{self._path}.{name}" if self._path else name

    def refuse(self, name: str, expected: str, found: object = None) -> None:
        """Note a problem with a field; by default what was found is its value."""
        self._problems.add(self.path(name), expected, self._values.get(name) if found is None else found)

    def only(self, *known: str) -> None:
        """Note every field that has another name."""
        for name in self._values:
            if name not in known:
                path = self.path(name) if isinstance(name, str) and _NAME.fullmatch(name) else self.item(name)
                self._problems.add(path, ", ".join(known), Unknown("an unknown field"))

    def item(self, key: object) -> str:
        """The path of an entry whose key is the user's own."""
        return f"{self._path}[{shown(key)}]"

    def get(self, name: str) -> Any:
        """The value as it is; None when absent."""
        return self._values.get(name)

    def text(self, name: str) -> str | None:
        """A text, if there is one and it is not null."""
        value = self._values.get(name)
        if value is None or is_text(value):
            return value
        self.refuse(name, "text")
        return None

    def whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number of a range, if there is one and it is not null."""
        value = self._values.get(name)
        if value is None or (type(value) is int and least <= value <= most):
            return value
        self.refuse(name, f"a whole number from {least} to {most}")
        return None

    def object(self, name: str, expected: str, *, null: bool) -> Fields | None:
        """An object, if there is one; ``null`` says whether null stands for none."""
        value = self._values.get(name)
        if is_object(value):
            return Fields(value, self.path(name), self._problems)
        if name in self._values and not (null and value is None):
            self.refuse(name, expected)
        return None

    def list(self, name: str, expected: str, *, null: bool) -> Sequence[Any] | None:
        """A list, if there is one; ``null`` says whether null stands for none."""
        value = self._values.get(name)
        if _is_list(value):
            return value
        if name in self._values and not (null and value is None):
            self.refuse(name, expected)
        return None

    def texts(self) -> Iterator[tuple[str, str]]:
        """The entries of an object of texts by the user's own keys."""
        for key, value in self._values.items():
            if not is_text(key):
                self._problems.add(self.item(key), "text as a key", key)
            elif not is_text(value):
                self._problems.add(self.item(key), "text", value)
            else:
                yield key, value


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is text that can be written as UTF-8: JSON can spell half a surrogate pair, which is none."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_object(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it is an object of JSON, or a mapping in its place."""
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, tuple))


def shown(value: object) -> str:
    """A value for people, never long."""
    match value:
        case Said():
            return value[:_SHOWN]
        case str():
            return json.dumps(value[:_SHOWN]) + ("…" if len(value) > _SHOWN else "")
        case None | bool() | float():
            return json.dumps(value)
        case int():
            return str(value) if value.bit_length() <= 128 else f"a number of {value.bit_length()} bits"
        case bytes():
            return f"{len(value)} bytes"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return f"a {type(value).__name__}"[:_SHOWN]
