"""Reads and writes streams of fluxMsgs: NDJSON for people, CBOR sequences (RFC 8742) for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from plugbay.errors import InvalidMessage
from plugbay.message.cbor import decode, decode_scanned
from plugbay.message.ndjson import from_line, to_line
from plugbay.message.scanner import Kind, Scanner

CHUNK_BYTES: Final = 1024 * 1024
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
        ending = path.rsplit(".", maxsplit=1)[-1].lower()
        return {"cbor": cls.CBOR, "cborseq": cls.CBOR, "ndjson": cls.NDJSON, "jsonl": cls.NDJSON}.get(ending)


@dataclass(frozen=True, slots=True)
class BadItem:
    """Input that is no message: which line or item it was (from 1), why, and the text where there is one."""

    number: int
    error: InvalidMessage
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """Some messages in CBOR, numbered from ``first`` in the order of the input, with the bad ones that lay between.

    ``numbers`` has the line or item number of each payload.
    """

    payloads: Sequence[bytes]
    numbers: Sequence[int]
    bad: Sequence[BadItem] = ()
    size: int = 0


class Reader(Protocol):
    """Turns chunks of input into portions."""

    def feed(self, chunk: bytes) -> Portion:
        """The messages that are whole after this chunk; an empty chunk is the end. Raises no InvalidMessage."""
        ...

    @property
    def broken(self) -> bool:
        """Whether nothing more can be read, because it is unknown where the next message starts."""
        ...

    def close(self) -> None:
        """Free what the reader holds."""
        ...


class NdjsonReader:
    """Lines of JSON. A bad line is told by its number and the rest goes on; empty lines count but mean nothing."""

    broken = False

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = b""
        self._number = 0
        self._skipping = False

    def feed(self, chunk: bytes) -> Portion:
        """The messages of the lines that ended."""
        payloads: list[bytes] = []
        numbers: list[int] = []
        bad: list[BadItem] = []
        for line in self._lines(chunk):
            self._number += 1
            if line is None:
                error = InvalidMessage(
                    f"line {self._number} has over {self._max_bytes} bytes", expected=self._max_bytes
                )
                bad.append(BadItem(self._number, error))
            elif line.strip():
                try:
                    payloads.append(from_line(line).to_cbor())
                    numbers.append(self._number)
                except InvalidMessage as error:
                    error.reason = f"line {self._number}: {error.reason}"
                    bad.append(BadItem(self._number, error, line.decode("utf-8", "replace").rstrip("\r\n")))
        return Portion(payloads, numbers, bad, len(chunk))

    def close(self) -> None:
        """Nothing is held."""

    def _lines(self, chunk: bytes) -> Iterator[bytes | None]:
        """Whole lines; None for one that was too long to keep."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        if not chunk and rest:
            whole.append(rest)
            rest = b""
        for line in whole:
            too_long = self._skipping or len(line) > self._max_bytes
            self._skipping = False
            yield None if too_long else line
        if len(rest) > self._max_bytes:
            self._skipping = True
            rest = rest[:1]
        self._rest = rest


class CborReader:
    """A CBOR sequence. An item that is well-formed but no fluxMsg is bad alone; malformed CBOR ends the stream."""

    def __init__(self, scanner: Scanner, *, max_bytes: int) -> None:
        self.broken = False
        self._scanner = scanner
        self._max_bytes = max_bytes
        self._rest = b""
        self._number = 0
        self._offset = 0

    def feed(self, chunk: bytes) -> Portion:
        """The messages that are whole."""
        buffer = self._rest + chunk if self._rest else chunk
        scan = self._scanner.scan(buffer, message_limit_bytes=self._max_bytes)
        ends = scan.ends.tolist()
        payloads = [buffer[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        numbers: Sequence[int] = range(self._number + 1, self._number + 1 + len(ends))
        self._number += len(ends)
        bad: list[BadItem] = []
        if scan.kinds.tobytes().count(Kind.MESSAGE) != len(ends):
            bad = [
                BadItem(number, self._why(payload, number))
                for payload, number, kind in zip(payloads, numbers, scan.kinds, strict=True)
                if kind != Kind.MESSAGE
            ]
            good = [
                (payload, number)
                for payload, number, kind in zip(payloads, numbers, scan.kinds, strict=True)
                if kind == Kind.MESSAGE
            ]
            payloads, numbers = [payload for payload, _ in good], [number for _, number in good]
        self._rest = buffer[scan.consumed :]
        self._offset += scan.consumed
        if scan.error is not None or (not chunk and self._rest):
            bad.append(self._end(scan.error))
        return Portion(payloads, numbers, bad, len(chunk))

    def close(self) -> None:
        """Free the scanner."""
        self._scanner.close()

    def _why(self, payload: bytes, number: int) -> InvalidMessage:
        try:
            decode(payload)
        except InvalidMessage as error:
            error.reason = f"item {number}: {error.reason}"
            return error
        return InvalidMessage(f"item {number} is over the limit of {self._max_bytes} bytes", expected=self._max_bytes)

    def _end(self, error: tuple[int, str] | None) -> BadItem:
        self.broken = True
        self._number += 1
        if error is None:
            reason = f"item {self._number} at byte {self._offset} is cut off: {len(self._rest)} bytes of it are there"
        else:
            at, why = error
            reason = f"item {self._number} at byte {self._offset} can't be read: {why} at byte {self._offset + at}"
        hint = "where the next item starts is unknown, so nothing after this was read"
        return BadItem(self._number, InvalidMessage(reason, hint=hint))


def encoder(form: StreamFormat) -> Callable[[bytes], bytes]:
    """What turns an encoded, checked message into the bytes of an output stream."""
    if form is StreamFormat.CBOR:
        return lambda encoded: encoded
    return lambda encoded: to_line(decode_scanned(encoded))
