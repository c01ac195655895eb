"""Looks at the bytes of CBOR (RFC 8949) one head after the other, and tells each rule that they break.

It is written apart from the decoders that plugbay uses, so that a mistake of theirs does not hide in a verdict, and
without recursion, since what it reads comes from anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

MAX_DEPTH: Final = 32
"""Containers inside each other, the message counted."""
_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE: Final = 31
_BREAK: Final = 0xFF
_MOST_FLAWS: Final = 100
_HOPELESS: Final = 1_000
"""Containers inside each other at which the search ends: what is inside makes no difference any more."""


class Rule(StrEnum):
    """What the bytes of an answer must keep, each the matter of one requirement."""

    ITEM = "one well-formed item and nothing after it"
    UTF8 = "text in valid UTF-8"
    KEYS = "keys that are text and stand once"
    PLAIN = "only the values that a fluxMsg knows"
    DEPTH = "at most 32 containers inside each other"
    PREFERRED = "the preferred form"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One broken rule: at which byte, and a sentence without a full stop."""

    rule: Rule
    offset: int
    sentence: str


def flaws_of(data: bytes) -> tuple[Flaw, ...]:
    """The first hundred flaws in these bytes, in order; the search ends at one of :attr:`Rule.ITEM`, and far down."""
    walk = _Walk(data)
    found: list[Flaw] = []
    try:
        for flaw in walk.flaws():
            found.append(flaw)
            if len(found) == _MOST_FLAWS:
                break
    except _MalformedError as malformed:
        found.append(Flaw(Rule.ITEM, malformed.offset, str(malformed)))
    return tuple(found)


class _MalformedError(Exception):
    def __init__(self, offset: int, sentence: str) -> None:
        super().__init__(sentence)
        self.offset = offset


@dataclass(slots=True)
class _Open:
    """A container whose items are being read; ``left`` is None when its end is a break."""

    is_map: bool
    left: int | None
    at_key: bool = True
    keys: set[bytes] = field(default_factory=set[bytes])


@dataclass(frozen=True, slots=True)
class _Head:
    at: int
    major: int
    info: int
    argument: int


class _Walk:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._open: list[_Open] = []

    def flaws(self) -> Iterator[Flaw]:
        yield from self._item()
        while self._open and len(self._open) < _HOPELESS:
            top = self._open[-1]
            if self._ends(top):
                self._open.pop()
            else:
                yield from self._entry(top)
        if not self._open and self._at < len(self._data):
            raise _MalformedError(self._at, f"{len(self._data) - self._at} bytes follow the item")

    def _ends(self, top: _Open) -> bool:
        if top.left is not None:
            return top.left == 0
        if self._at < len(self._data) and self._data[self._at] == _BREAK:
            if top.is_map and not top.at_key:
                raise _MalformedError(self._at, "a map ends after a key")
            self._at += 1
            return True
        return False

    def _entry(self, top: _Open) -> Iterator[Flaw]:
        """The next key, value or element of the innermost container."""
        if top.left is not None:
            top.left -= 1
        if not top.is_map:
            yield from self._item()
        elif top.at_key:
            top.at_key = False
            yield from self._key(top)
        else:
            top.at_key = True
            yield from self._item()

    def _key(self, top: _Open) -> Iterator[Flaw]:
        start = self._at
        if self._at < len(self._data) and self._data[self._at] >> 5 != _TEXT:
            yield Flaw(Rule.KEYS, start, "a key that is no text")
            yield from self._item()
            return
        head = self._head()
        yield from self._about_head(head)
        key = yield from self._string(head)
        if key in top.keys:
            yield Flaw(Rule.KEYS, start, f"the key {key.decode('utf-8', 'replace')!r} stands twice")
        top.keys.add(key)

    def _item(self) -> Iterator[Flaw]:
        head = self._head()
        yield from self._about_head(head)
        match head.major:
            case 2 | 3:
                yield from self._string(head)
            case 4 | 5:
                yield from self._enter(head)
            case 6:
                yield Flaw(Rule.PLAIN, head.at, f"tag {head.argument}")
                self._open.append(_Open(is_map=False, left=1))  # towers of tags are read without recursion
            case 7 if head.info not in (20, 21, 22, 25, 26, 27):
                yield Flaw(Rule.PLAIN, head.at, f"simple value {head.argument}")
            case 1 if head.argument >= 2**63:
                yield Flaw(Rule.PLAIN, head.at, f"integer {-1 - head.argument}, below -2^63")
            case _:
                pass

    def _enter(self, head: _Head) -> Iterator[Flaw]:
        is_map = head.major == _MAP
        count = None if head.info == _INDEFINITE else head.argument * (2 if is_map else 1)
        self._open.append(_Open(is_map, count))
        if len(self._open) == MAX_DEPTH + 1:
            yield Flaw(Rule.DEPTH, head.at, f"more than {MAX_DEPTH} containers inside each other")

    def _string(self, head: _Head) -> Generator[Flaw, None, bytes]:
        pieces: list[bytes] = []
        for chunk in self._chunks(head):
            if chunk is not head:
                yield from self._about_head(chunk)
            start = self._at
            piece = self._take(chunk.argument)
            pieces.append(piece)
            if head.major == _TEXT and (flaw := _broken_utf8(piece, start)) is not None:
                yield flaw
        return b"".join(pieces)

    def _chunks(self, head: _Head) -> Iterator[_Head]:
        if head.info != _INDEFINITE:
            yield head
            return
        while self._at >= len(self._data) or self._data[self._at] != _BREAK:
            chunk = self._head()
            if chunk.major != head.major or chunk.info == _INDEFINITE:
                raise _MalformedError(chunk.at, "a chunk of a string is no string of that type")
            yield chunk
        self._at += 1

    def _head(self) -> _Head:
        at = self._at
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return _Head(at, major, info, info)
        if info < 28:
            argument = int.from_bytes(self._take(1 << info - 24), "big")
            if major == _SIMPLE and info == 24 and argument < 32:
                raise _MalformedError(at, f"the simple value {argument} in two bytes")
            return _Head(at, major, info, argument)
        if info == _INDEFINITE and major in (_BYTES, _TEXT, _ARRAY, _MAP):
            return _Head(at, major, info, 0)
        raise _MalformedError(at, f"a first byte of {first:#04x}" + (", a break" if first == _BREAK else ""))

    def _about_head(self, head: _Head) -> Iterator[Flaw]:
        if head.info == _INDEFINITE:
            yield Flaw(Rule.PREFERRED, head.at, "an indefinite length")
        elif head.major != _SIMPLE and head.info >= 24 and head.argument < _LEAST[head.info]:
            yield Flaw(Rule.PREFERRED, head.at, f"{head.argument} is written in {1 << head.info - 24} bytes")

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise _MalformedError(self._at, f"it ends {end - len(self._data)} bytes too early")
        piece = self._data[self._at : end]
        self._at = end
        return piece


_LEAST: Final = {24: 24, 25: 256, 26: 65536, 27: 2**32}
"""The smallest number that needs a head of that kind."""


def _broken_utf8(piece: bytes, start: int) -> Flaw | None:
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        return Flaw(Rule.UTF8, start + error.start, f"text that is no UTF-8 at byte {start + error.start}")
    return None
