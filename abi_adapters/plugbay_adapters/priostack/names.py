"""Which export a function's name means: itself, or its other spelling (ABI sheet, "Names")."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from plugbay.errors import ConfigInvalid, MissingExport

if TYPE_CHECKING:
    from collections.abc import Collection

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINT: Final = re.compile(r"(?<=[A-Za-z0-9])_+([A-Za-z0-9])")
_MOST_COMPARED: Final = 1000
"""Names that are compared with a mistyped one: a hostile module may export a hundred thousand."""


def resolve_export(name: str, functions: Collection[str], *, plugin: str | None = None) -> str:
    """The one of ``functions`` that ``name`` means: itself, its snake_case or its camelCase.

    Raises :class:`MissingExport` with names that are near when there is none, and :class:`ConfigInvalid` when two of
    the spellings are exported: nobody could tell which one the author meant.
    """
    spellings = dict.fromkeys((name, snake_case(name), camel_case(name)))
    found = [spelling for spelling in spellings if spelling in functions]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigInvalid(
            f"{name} may mean {' or '.join(found)}, and the module exports them all",
            plugin=plugin,
            function=name,
            found=", ".join(found),
            hint="export only one of them",
        )
    raise MissingExport(
        f"there is no function {name}",
        plugin=plugin,
        function=name,
        expected=" or ".join(spellings),
        hint=_hint(name, functions),
    )


def snake_case(name: str) -> str:
    """``createUser`` and ``CreateUser`` as ``create_user``, ``parseURL`` as ``parse_url``."""
    return _HUMP.sub("_", name).lower()


def camel_case(name: str) -> str:
    """``create_user`` and ``CreateUser`` as ``createUser``; underscores in front stay."""
    bare = name.lstrip("_")
    joined = _JOINT.sub(lambda match: match[1].upper(), bare)
    return name[: len(name) - len(bare)] + joined[:1].lower() + joined[1:]


def _hint(name: str, functions: Collection[str]) -> str:
    if not functions:
        return "the module has no function to call"
    known = sorted(functions)
    near = get_close_matches(name, known[:_MOST_COMPARED], n=3)
    if near:
        return f"did you mean {' or '.join(near)}?"
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""
    return f"it has {', '.join(known[:8])}{more}"
