"""What is wrong with a config, in the words of an error message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plugbay_adapters.reflow.jsontext import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jsonschema_rs import ValidationError

_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that is not as the schema wants it; ``where`` is its path as text, ``path`` the same step by step."""

    where: str
    expected: str
    found: str
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return f"expected {self.expected}, found {self.found}"


def problem_of(error: ValidationError) -> Problem:
    """A validator's error. Texts of the config are not repeated: they may be secret."""
    path = tuple(error.instance_path)
    facts: dict[str, Any] = error.kind.as_dict()
    keyword = error.kind.name
    found = name_of(error.instance)
    if keyword == "required":
        path, found = (*path, str(facts["property"])), "nothing"
        expected = "a value"
    elif keyword == "additionalProperties":
        expected = "only the keys that the schema names"
        found = _shorten(", ".join(map(str, facts["unexpected"])))
    elif keyword == "type":
        expected = " or ".join(facts["types"])
    elif keyword == "enum":
        expected = _shorten(f"one of {', '.join(map(repr, facts['options'][:20]))}")
    elif keyword in _PHRASES:
        expected = _shorten(f"{_PHRASES[keyword]} {next(iter(facts.values()))}")
    else:
        expected = _shorten(f"what {keyword} asks for ({error.message})")
    return Problem(spell(path), expected, found, path)


def spell(path: Sequence[str | int]) -> str:
    """A path as text, such as ``.retries[2].delay``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return _shorten(text)


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 3]}..."


_PHRASES = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "minLength": "a text of at least this many characters:",
    "maxLength": "a text of at most this many characters:",
    "minItems": "at least this many items:",
    "maxItems": "at most this many items:",
    "multipleOf": "a multiple of",
    "pattern": "text that matches",
    "format": "text of the format",
    "const": "exactly",
}
