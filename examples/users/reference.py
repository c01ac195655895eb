"""What every user service answers, in Python: the JSON that serde reads into two texts, and how serde_json writes them.

The services answer as the one in Rust does, to the byte, also where two libraries of JSON differ: an array of two texts
stands for an object, a field may not come twice, a text that is read must be UTF-8 and one that is skipped need not be,
and nothing is nested too deeply.
"""

from __future__ import annotations

import re
from typing import Final

INVALID: Final = b'{"error": "Invalid input"}'
REQUIRED: Final = b'{"error": "Email and name are required"}'

SPACE: Final = re.compile(rb"[ \n\r\t]*")
STRING: Final = re.compile(rb'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)"')
SCALAR: Final = re.compile(rb"true|false|null|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
SIMPLE: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
SPECIAL: Final = re.compile(r'["\\\x00-\x1f]')
WRITTEN: Final = {'"': '\\"', "\\": "\\\\"} | {character: f"\\{letter}" for letter, character in SIMPLE.items()}


class _Invalid(Exception):
    """The input is no request."""


class _Reader:
    """Reads the input from the left."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def space(self) -> None:
        self._at = self._match(SPACE).end()

    def take(self, byte: bytes) -> bool:
        """Whether the byte comes next, which is then read, with the space around it."""
        self.space()
        if self._data[self._at : self._at + 1] != byte:
            return False
        self._at += 1
        self.space()
        return True

    def need(self, byte: bytes) -> None:
        if not self.take(byte):
            raise _Invalid

    def text(self) -> str:
        """A text, which has to be one."""
        raw = self._token(STRING)[1:-1]
        try:
            # Two escapes make one character: UTF-16 puts them together and refuses half of a pair.
            return ESCAPE.sub(_unescape, raw.decode()).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeError:
            raise _Invalid from None

    def skip(self) -> None:
        """Any value."""
        closing: list[bytes] = []
        while True:
            opened = b"]" if self.take(b"[") else b"}" if self.take(b"{") else b""
            if opened:
                closing.append(opened)
            else:
                self._token(STRING if self._data[self._at : self._at + 1] == b'"' else SCALAR)
            while closing and self.take(closing[-1]):
                closing.pop()
                opened = b""
            if not closing:
                return
            if not opened:
                self.need(b",")
            if closing[-1] == b"}":
                self._token(STRING)
                self.need(b":")

    def end(self) -> None:
        self.space()
        if self._at != len(self._data):
            raise _Invalid

    def _match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        found = pattern.match(self._data, self._at)
        if found is None:
            raise _Invalid
        return found

    def _token(self, pattern: re.Pattern[bytes]) -> bytes:
        found = self._match(pattern)
        self._at = found.end()
        return found.group()


def _unescape(escape: re.Match[str]) -> str:
    code, letter = escape.groups()
    return chr(int(code, 16)) if code else SIMPLE.get(letter, letter)


def _fields(reader: _Reader) -> dict[str, str]:
    if reader.take(b"["):
        email = reader.text()
        reader.need(b",")
        name = reader.text()
        reader.need(b"]")
        return {"email": email, "name": name}
    fields = dict[str, str]()
    reader.need(b"{")
    if reader.take(b"}"):
        return fields
    while True:
        key = reader.text()
        reader.need(b":")
        if key not in {"email", "name"}:
            reader.skip()
        elif key in fields:
            raise _Invalid
        else:
            fields[key] = reader.text()
        if reader.take(b"}"):
            return fields
        reader.need(b",")


def _written(text: str) -> str:
    return SPECIAL.sub(lambda found: WRITTEN.get(found.group(), f"\\u{ord(found.group()):04x}"), text)


def create_user(data: bytes) -> bytes:
    """The answer to a request."""
    reader = _Reader(data)
    try:
        fields = _fields(reader)
        reader.end()
        email, name = fields["email"], fields["name"]
    except (_Invalid, KeyError):
        return INVALID
    if not email or not name:
        return REQUIRED
    return f'{{"id":"user_123","email":"{_written(email)}","name":"{_written(name)}"}}'.encode()
