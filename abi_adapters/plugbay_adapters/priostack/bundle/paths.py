"""Paths of endpoints: a service's basePath and an endpoint's own path, made one and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from plugbay_adapters.priostack.bundle.yaml_text import short

MOST_SEGMENTS: Final = 32
MOST_CHARACTERS: Final = 1024
_BRACED: Final = re.compile(r"\{([^{}]*)\}")
_PARAMETER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_LITERAL: Final = re.compile(r"[A-Za-z0-9._~!$&'()+,;=@:-]+")
"""What may stand in a path as it is (RFC 3986, section 3.3), without * in which somebody may see a wildcard."""


class PathInvalid(ValueError):
    """A path is wrong; the text is one sentence, ``hint`` the way out."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class EndpointPath:
    """A path with its parameters spelled ``{name}``, without a slash at the end."""

    text: str
    parameters: tuple[str, ...]


def shape_of(path: str) -> str:
    """A path without its parameters' names: two of one shape match the same requests."""
    return _BRACED.sub("{}", path)


def join_paths(base: str, path: str) -> EndpointPath:
    """The path of an endpoint under a service's basePath. Raises :class:`PathInvalid`."""
    segments = [*parse_segments(base), *parse_segments(path)]
    text = "/" + "/".join(segments)
    if len(segments) > MOST_SEGMENTS:
        raise PathInvalid(f"the path has more than {MOST_SEGMENTS} segments")
    if len(text) > MOST_CHARACTERS:
        raise PathInvalid(f"the path has more than {MOST_CHARACTERS:,} characters")
    parameters = tuple(_BRACED.findall(text))
    twice = next((name for name in parameters if parameters.count(name) > 1), None)
    if twice is not None:
        raise PathInvalid(f"the parameter {twice} is in {short(text)} twice", "give each its own name")
    return EndpointPath(text, parameters)


def parse_segments(path: str) -> list[str]:
    """The segments of a path, parameters spelled ``{name}``. One slash at the end means nothing.

    Raises :class:`PathInvalid`.
    """
    if not path.startswith("/"):
        raise PathInvalid(f"{short(path)} does not begin with a slash", f"write /{path}" if len(path) < 60 else None)
    if path == "/":
        return []
    return [_segment(segment, path) for segment in path[1:].removesuffix("/").split("/")]


def _segment(segment: str, path: str) -> str:
    if not segment:
        raise PathInvalid(f"{short(path)} has an empty segment", "remove one of the slashes")
    if segment in {".", ".."}:
        raise PathInvalid(f"{short(path)} has a segment {segment}", "write the path out")
    braced = _BRACED.fullmatch(segment)
    if braced is not None or segment.startswith(":"):
        return f"{{{_parameter(braced[1] if braced is not None else segment[1:], path)}}}"
    if not _LITERAL.fullmatch(segment):
        raise PathInvalid(f"{short(path)} has a segment {short(segment)}", _hint(segment))
    return segment


def _parameter(name: str, path: str) -> str:
    if not _PARAMETER.fullmatch(name):
        raise PathInvalid(
            f"{short(path)} has a parameter named {short(name)}",
            "a parameter's name has letters, digits and underscores, a letter or underscore first",
        )
    return name


def _hint(segment: str) -> str:
    if "{" in segment or "}" in segment:
        return "a parameter is a whole segment: /{id}/ or /:id/"
    if "*" in segment:
        return "there are no wildcards; a parameter takes one segment: /{name}"
    if "?" in segment or "#" in segment:
        return "leave the query out: its parameters reach the function anyway"
    return "a segment has letters, digits and -._~!$&'()+,;=@: only"
