"""Whether a guest may call a host function: by name, refused unless granted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from plugbay.errors import ConfigInvalid, PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugbay.functions.function import HostFunction

# No other wildcard of fnmatch may be among these.
_PATTERN: Final = re.compile(r"(?:(?P<namespace>[A-Za-z0-9_$:/.*-]+)\.)?(?P<name>[A-Za-z0-9_$*-]+)")


@dataclass(frozen=True, slots=True)
class FunctionPattern:
    """One grant: ``name`` in every namespace, or ``namespace.name``, where ``*`` stands for any characters."""

    name: str
    namespace: str = "*"

    @classmethod
    def parse(cls, text: str) -> FunctionPattern:
        """The grant that a text spells. Raises :class:`~plugbay.errors.ConfigInvalid`."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ConfigInvalid(
                f"{text!r} is no host function that could be granted", found=text, expected="NAME, or NAMESPACE.NAME"
            )
        return cls(match["name"], match["namespace"] or "*")

    def matches(self, function: HostFunction) -> bool:
        """Whether it grants the function."""
        return fnmatchcase(function.name, self.name) and fnmatchcase(function.namespace, self.namespace)


def parse_function_patterns(texts: Iterable[str]) -> tuple[FunctionPattern, ...]:
    """The grants of a permission list; one text in place of a list raises :class:`~plugbay.errors.ConfigInvalid`."""
    if isinstance(texts, str):
        raise ConfigInvalid(
            "functions takes a list of names, not one text", found=texts, hint=f"functions=({texts!r},)"
        )
    return tuple(map(FunctionPattern.parse, texts))


def check_function(function: HostFunction, grants: Sequence[FunctionPattern], plugin: str) -> None:
    """Raise :class:`~plugbay.errors.PermissionDenied` unless a grant names the function."""
    if not any(grant.matches(function) for grant in grants):
        raise PermissionDenied(
            f"the host function {function.qualified_name} was not granted",
            plugin=plugin,
            function=function.qualified_name,
            hint=f"Permissions(functions=({function.name!r},)), or --allow-function {function.name}",
        )
