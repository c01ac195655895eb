"""Ways out for a misspelt name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_COMPARED: Final = 500
"""Names that a misspelt one is compared with."""
_MOST_NAMED: Final = 12
_LONGEST: Final = 100
"""Characters of a name that is worth comparing."""


def suggestion(word: str, known: Iterable[str], *, what: str) -> str:
    """``did you mean …?`` when a known name is near, else the known names; ``what`` is what they are, in the plural."""
    names = list(dict.fromkeys(known))
    by_letters = {_letters(name): name for name in names[:_MOST_COMPARED]}
    letters = _letters(word[:_LONGEST])
    near = get_close_matches(letters, by_letters, n=1) or [one for one in by_letters if one.startswith(letters)]
    if letters and near:
        return f"did you mean {by_letters[near[0]]}?"
    if not names:
        return f"there are no {what}"
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{what} are {', '.join(names[:_MOST_NAMED])}{more}"


def _letters(name: str) -> str:
    """A name without what is most often mistaken in it: capitals and separators."""
    return name.lower().replace("-", "").replace("_", "")
