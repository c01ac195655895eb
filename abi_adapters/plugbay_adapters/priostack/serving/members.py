"""The members of a JSON object as they are spelled, so that some can be left out and no number loses a digit."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.serving.refusal import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE: Final = re.compile(r"[ \t\n\r]*")


def object_members(text: str) -> Iterator[tuple[str, str]]:
    """Each member's name, and the text of the whole member, of a JSON text that is known to be an object.

    Raises :class:`RequestRefused` (400) for one that is nested too deeply to be walked.
    """
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)  # numbers are only skipped, whatever their length
    at = _after_space(text, _after_space(text, 0) + 1)
    while text[at] == '"':
        begin = at
        name, at = decoder.raw_decode(text, at)
        at = _after_space(text, _after_space(text, at) + 1)
        try:
            _, at = decoder.raw_decode(text, at)
        except RecursionError:
            raise RequestRefused(400, "the body is nested too deeply") from None
        yield name, text[begin:at]
        at = _after_space(text, at)
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None, "it matches nothing, too"
    return match.end()
