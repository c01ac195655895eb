"""Reads and writes streams of fluxMsgs: NDJSON for people, CBOR sequences (RFC 8742) for machines."""

from __future__ import annotations

from array import array
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise
from pathlib import PurePath
from typing import Final, Protocol

from plugbay.errors import InvalidMessage
from plugbay.message import Message
from plugbay.message.cbor import decode, decode_scanned, encode
from plugbay.message.ndjson import from_line, to_line, to_line_judged
from plugbay.message.scanner import MAX_BUFFER_BYTES, Kind, Scan, Scanner

PORTION_ITEMS: Final = 8192
"""Items of one portion: a bad one costs some kilobytes, so a chunk of nothing else must not be judged at once."""
_MAP_HEADS: Final = range(0xA0, 0xC0)


class StreamFormat(StrEnum):
    """How a stream is written down."""

    NDJSON = "ndjson"
    CBOR = "cbor"

    @classmethod
    def of_bytes(cls, start: bytes) -> StreamFormat:
        """The format of a stream that starts so: a CBOR map's head is never the first character of a JSON text."""
        return cls.CBOR if start[:1] and start[0] in _MAP_HEADS else cls.NDJSON

    @classmethod
    def of_path(cls, path: str) -> StreamFormat | None:
        """The format that a file name's ending promises; None when it promises nothing."""
        ending = PurePath(path).suffix.lower()
        return {".cbor": cls.CBOR, ".cborseq": cls.CBOR, ".ndjson": cls.NDJSON, ".jsonl": cls.NDJSON}.get(ending)


@dataclass(frozen=True, slots=True)
class BadItem:
    """Input that is no message: which line or item it was (from 1), why, and the text where there is one."""

    number: int
    error: InvalidMessage
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """Some messages in CBOR, in the order of the input, with the bad ones that lay between.

    ``numbers`` has the line or item number of each payload. There are at most ``PORTION_ITEMS`` in all.
    """

    payloads: Sequence[bytes]
    numbers: Sequence[int]
    bad: Sequence[BadItem] = ()


class Reader(Protocol):
    """Turns chunks of input into portions; how the input is cut into chunks makes no difference to what is read."""

    def feed(self, chunk: bytes) -> Iterator[Portion]:
        """The messages that are whole after this chunk; an empty chunk is the end. Raises no InvalidMessage.

        The portions are read as they are asked for: take all before the next chunk.
        """
        ...

    @property
    def broken(self) -> bool:
        """Whether nothing more can be read, because it is unknown where the next message starts."""
        ...

    def close(self) -> None:
        """Free what the reader holds."""
        ...


class NdjsonReader:
    """Lines of JSON. A bad line is told by its number and the rest goes on; empty lines count but mean nothing.

    A line of more than ``max_bytes`` is bad and is not kept. A byte order mark before the first line is skipped.
    """

    broken = False

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = b""
        self._number = 0
        self._skipping = False

    def feed(self, chunk: bytes) -> Iterator[Portion]:
        """The messages of the lines that ended."""
        lines = self._lines(chunk)
        while some := list(islice(lines, PORTION_ITEMS)):
            yield self._portion(some)

    def close(self) -> None:
        """Nothing is held."""

    def _portion(self, lines: Sequence[bytes | None]) -> Portion:
        payloads: list[bytes] = []
        numbers: list[int] = []
        bad: list[BadItem] = []
        for kept in lines:
            self._number += 1
            line = kept.removeprefix(BOM_UTF8) if kept is not None and self._number == 1 else kept
            if line is None:
                reason = f"line {self._number} has over {self._max_bytes} bytes"
                bad.append(BadItem(self._number, InvalidMessage(reason, expected=self._max_bytes)))
            elif line.strip():
                try:
                    payloads.append(from_line(line).to_cbor())
                    numbers.append(self._number)
                except InvalidMessage as error:
                    error.reason = f"line {self._number}: {error.reason}"
                    bad.append(BadItem(self._number, error, line.decode("utf-8", "replace").rstrip("\r\n")))
        return Portion(payloads, numbers, bad)

    def _lines(self, chunk: bytes) -> Iterator[bytes | None]:
        """Whole lines; None for one that was too long to keep."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        if not chunk and rest:
            whole.append(rest)
            rest = b""
        skipped = self._skipping
        self._skipping = len(rest) > self._max_bytes or (skipped and not whole)
        self._rest = rest[:1] if self._skipping else rest
        for line in whole:
            yield None if skipped or len(line) > self._max_bytes else line
            skipped = False


class CborReader:
    """A CBOR sequence. An item that is well-formed but no fluxMsg is bad alone.

    Malformed CBOR and an item of more than ``max_bytes`` end the stream.
    """

    def __init__(self, scanner: Scanner, *, max_bytes: int) -> None:
        self.broken = False
        self._scanner = scanner
        self._max_bytes = max_bytes
        self._rest = b""
        self._number = 0
        self._offset = 0

    def feed(self, chunk: bytes) -> Iterator[Portion]:
        """The messages that are whole."""
        buffer = self._rest + chunk if self._rest else chunk
        scan = self._scanner.scan(buffer, message_limit_bytes=MAX_BUFFER_BYTES)
        ends = scan.ends
        stop = self._stop(scan, len(buffer), at_end=not chunk)
        if len(buffer) > self._max_bytes:
            long = (index for index, (start, end) in enumerate(pairwise((0, *ends))) if end - start > self._max_bytes)
            whole = next(long, len(ends))
            if whole < len(ends):
                ends, stop = ends[:whole], self._too_long()
        start = 0
        for first in range(0, len(ends), PORTION_ITEMS):
            some = ends[first : first + PORTION_ITEMS]
            yield self._portion(buffer, start, some, scan.kinds[first : first + len(some)])
            start = some[-1]
        self._rest = buffer[start:]
        self._offset += start
        if stop is not None:
            self.broken = True
            yield Portion((), (), (self._end(stop),))

    def close(self) -> None:
        """Free the scanner."""
        self._scanner.close()

    def _portion(self, buffer: bytes, start: int, ends: Sequence[int], kinds: array[int]) -> Portion:
        payloads = [buffer[one:end] for one, end in pairwise((start, *ends))]
        numbers: Sequence[int] = range(self._number + 1, self._number + 1 + len(ends))
        self._number += len(ends)
        if kinds.tobytes().count(Kind.MESSAGE) == len(ends):
            return Portion(payloads, numbers)
        items = list(zip(payloads, numbers, kinds, strict=True))
        bad = [BadItem(number, _flaw(payload, number)) for payload, number, kind in items if kind != Kind.MESSAGE]
        good = [(payload, number) for payload, number, kind in items if kind == Kind.MESSAGE]
        return Portion([payload for payload, _ in good], [number for _, number in good], bad)

    def _stop(self, scan: Scan, size: int, *, at_end: bool) -> str | None:
        """Why nothing can be read after the whole items of the scan; None when more may come."""
        left = size - scan.consumed
        if scan.error is not None:
            at, why = scan.error
            # Cut elsewhere, the same input would have been too long before its flaw was seen.
            late = at - scan.consumed > self._max_bytes
            return self._too_long() if late else f"can't be read: {why} at byte {self._offset + at}"
        if left > self._max_bytes:
            return self._too_long()
        return f"is cut off: {left} bytes of it are there" if at_end and left else None

    def _too_long(self) -> str:
        return f"has over {self._max_bytes} bytes"

    def _end(self, why: str) -> BadItem:
        self._number += 1
        reason = f"item {self._number} at byte {self._offset} {why}"
        hint = "where the next item starts is unknown, so nothing after this was read"
        return BadItem(self._number, InvalidMessage(reason, hint=hint))


def _flaw(payload: bytes, number: int) -> InvalidMessage:
    try:
        decode(payload)
    except InvalidMessage as error:
        error.reason = f"item {number}: {error.reason}"
        return error
    raise AssertionError("the scanner and the decoder disagree")


def encoder(form: StreamFormat) -> Callable[[bytes], bytes]:
    """What turns an encoded, checked message into the bytes of an output stream."""
    if form is StreamFormat.CBOR:
        return lambda encoded: encoded
    return lambda encoded: to_line_judged(decode_scanned(encoded))


def sent_encoder(form: StreamFormat) -> Callable[[str, Message], bytes]:
    """What turns a message, with the port that it came out by, into the bytes of an output stream.

    It raises :class:`InvalidMessage` for one that no stream can hold.
    """
    if form is StreamFormat.CBOR:
        return lambda port, message: encode(message, port=port)
    return lambda port, message: to_line(message, port=port)
