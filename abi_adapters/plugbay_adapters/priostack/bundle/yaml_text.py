"""Reads YAML strictly, with the line of every key and value, and within bounds whatever the text is.

What is taken is less than YAML: one document, no tags, keys that are texts and unique. Scalars stay texts, so none of
YAML 1.1's implicit types can surprise anyone. Aliases share a node and copy nothing; merge keys are counted.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import yaml

from plugbay_adapters.priostack.bundle.nodes import Entry, Listing, Node, Scalar, Table
from plugbay_adapters.priostack.bundle.problem import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 256 * 1024
"""Bytes of one file: thousands of endpoints, and no more than half a second of parsing."""
MOST_DEPTH: Final = 16
"""Values inside values; the format itself needs five."""
MOST_MERGED: Final = 10_000
"""Entries that all the merge keys of a file may copy."""

_MERGE: Final = "<<"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LINE_END: Final = re.compile(r"\r\n?")
_HINTS: Final = (
    ("'\\t'", "indent with spaces: YAML allows no tabs there"),
    ("mapping values are not allowed", "check the indentation, and quote a text with a colon and a space in it"),
    ("cannot start any token", "quote a text that begins with one of % @ ` | > & * ! { ["),
    ("expected a comment or a line break", "quote a text that begins with > or |, such as '> 100/s'"),
    ("expected chomping or indentation", "quote a text that begins with > or |, such as '> 100/s'"),
    ("alphabetic or numeric character", "quote a text that begins with & or *"),
    ("stream", "a quote, bracket or brace is not closed"),
    ("expected ',' or", "close each quote, bracket and brace, and quote a text with a colon in it"),
    ("<block end>", "check the indentation, and quote a text that begins with { or ["),
)
"""Ways out by what the parser says."""


class _Stop(Exception):
    """The file can't be read on from here."""

    def __init__(self, line: int, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason
        self.hint = hint


def read_yaml(data: bytes, file: str, problems: list[Problem]) -> Node | None:
    """The value of a YAML file, or None when it can't be read; what is wrong is added to ``problems``."""
    try:
        text = _decoded(data)
        return _Reader(text, file, problems).read()
    except _Stop as stop:
        problems.append(Problem(Place(file, stop.line), stop.reason, stop.hint))
        return None


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise _Stop(0, f"the file has over {MOST_BYTES // 1024} KiB", "split it into several services")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Stop(line, f"the file is not UTF-8: byte {data[error.start]:#04x}", "save it as UTF-8") from None
    return _LINE_END.sub("\n", text)


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read."""

    line: int
    anchor: str | None
    is_table: bool
    items: list[Node] = field(default_factory=list[Node])
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    merges: list[tuple[int, Node]] = field(default_factory=list[tuple[int, Node]])
    key: Scalar | None = None
    """The key whose value comes next."""


class _Reader:
    """Builds nodes from the parser's events; a stack of its own, so that no depth can exhaust Python's."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._text = text
        self._file = file
        self._problems = problems
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._merged = 0
        self._root: Node | None = None

    def read(self) -> Node:
        for event in self._events():
            self._take(event)
        if self._root is None or (isinstance(self._root, Scalar) and self._root.is_nothing):
            raise _Stop(0, "the file is empty", "begin with name:")
        return self._root

    def _events(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self._text, Loader=yaml.SafeLoader)
        except yaml.reader.ReaderError as error:
            line = self._text.count("\n", 0, error.position) + 1
            code = error.character if isinstance(error.character, int) else ord(error.character)
            raise _Stop(line, f"the character U+{code:04X} is not allowed in YAML", "remove it") from None
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error) from None

    def _syntax(self, error: yaml.MarkedYAMLError) -> _Stop:
        told = ", ".join(filter(None, (error.problem, error.context)))
        mark = error.problem_mark or error.context_mark
        if error.context_mark is not None and "stream" in (error.problem or ""):
            mark = error.context_mark  # where it was opened: the end of the file says nothing
        hint = next((hint for part, hint in _HINTS if part in (error.problem or "")), None)
        return _Stop(self._line(mark.index) if mark is not None else 0, f"this is no YAML: {told}", hint)

    def _take(self, event: yaml.Event) -> None:
        assert event.start_mark is not None, "the parser marks every event"
        line = self._line(event.start_mark.index)
        match event:
            case yaml.DocumentStartEvent() if self._root is not None:
                raise _Stop(line, "a second document begins here", "a file has one document; remove what follows ---")
            case yaml.ScalarEvent():
                self._check_tag(event.tag, line)
                self._check_whole(event.value, line)
                self._add(Scalar(event.value, line, event.style is None), event.anchor)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._check_tag(event.tag, line)
                self._open(_Open(line, event.anchor, isinstance(event, yaml.MappingStartEvent)))
            case yaml.SequenceEndEvent():
                done = self._stack.pop()
                self._add(Listing(tuple(done.items), done.line), done.anchor)
            case yaml.MappingEndEvent():
                done = self._stack.pop()
                self._merge(done)
                self._add(Table(done.entries, done.line), done.anchor)
            case yaml.AliasEvent():
                self._add(self._aliased(event.anchor, line), None)
            case _:
                pass

    def _open(self, opened: _Open) -> None:
        if self._awaits_key:
            raise _Stop(opened.line, "a list or mapping can't be a key", "quote a text that begins with { or [")
        if len(self._stack) == MOST_DEPTH:
            raise _Stop(opened.line, f"values are nested deeper than {MOST_DEPTH} levels")
        self._stack.append(opened)

    def _add(self, node: Node, anchor: str | None) -> None:
        """Put a finished node where it belongs."""
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if not parent.is_table:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = self._as_key(node)
        else:
            self._put(parent, parent.key, node)
            parent.key = None

    def _as_key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            raise _Stop(node.line, "a list or mapping can't be a key")
        return node

    def _put(self, table: _Open, key: Scalar, value: Node) -> None:
        if key.plain and key.text == _MERGE:
            table.merges.append((key.line, value))
            return
        first = table.entries.get(key.text)
        if first is None:
            table.entries[key.text] = Entry(key.text, key.line, value)
        else:
            self._problem(key.line, f"the key {short(key.text)} is here twice, first on line {first.line}")

    def _merge(self, table: _Open) -> None:
        """Copy what merge keys name; an entry of the mapping's own wins, then the one named first (YAML 1.1, merge)."""
        for line, value in table.merges:
            for source in value.items if isinstance(value, Listing) else (value,):
                if not isinstance(source, Table):
                    self._problem(line, "<< takes a mapping, or a list of them", "name one with an alias: <<: *name")
                    continue
                self._merged += len(source.entries)
                if self._merged > MOST_MERGED:
                    raise _Stop(line, f"merge keys copy more than {MOST_MERGED:,} entries")
                for key, entry in source.entries.items():
                    table.entries.setdefault(key, entry)

    def _aliased(self, anchor: str | None, line: int) -> Node:
        node = None if anchor is None else self._anchors.get(anchor)
        if node is None:
            raise _Stop(line, f"the alias *{anchor} names nothing before it", "quote a text that begins with *")
        return node

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag is not None:
            self._problem(line, f"the tag {short(tag)} is not allowed", "remove it, or quote a text that begins with !")

    def _check_whole(self, text: str, line: int) -> None:
        half = _SURROGATE.search(text)
        if half is not None:  # no UTF-8 has it, so neither JSON nor HTTP could tell it
            escape = f"\\u{ord(half[0]):04x}"
            self._problem(line, f"{escape} is half a character", "write the character itself, or \\U and its 8 digits")

    @property
    def _awaits_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_table and self._stack[-1].key is None

    def _line(self, index: int) -> int:
        # The parser's own count also takes NEL and the separators of lines and paragraphs for line ends; editors don't.
        return bisect_left(self._line_ends, index) + 1

    def _problem(self, line: int, reason: str, hint: str | None = None) -> None:
        self._problems.append(Problem(Place(self._file, line), reason, hint))


def short(text: str) -> str:
    """A text of a file as a reason quotes it: in quotes, on one line, not too long."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


_SHOWN: Final = 60
