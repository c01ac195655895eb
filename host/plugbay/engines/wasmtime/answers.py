"""What a driver leaves in the mailbox, as the host reads it: rows, outputs and records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.mailbox import HAS_RECORDS, Row, Word

if TYPE_CHECKING:
    from plugbay.engines.wasmtime.unchecked import Crossing


class Answers:
    """The answers in one mailbox. Each holds until the next crossing."""

    def __init__(self, crossing: Crossing) -> None:
        self._header = crossing.header
        self._read = crossing.read

    def row(self) -> Row:
        """The row of a single call, which is in the header."""
        header = self._header
        return Row(
            header[Word.AREA_START],
            header[Word.OUTPUT_START],
            header[Word.OUTPUT_LENGTH],
            header[Word.STATUS],
            header[Word.AREA_END],
        )

    def output(self, row: Row) -> bytes:
        """The output of a row."""
        return self._read(row.output_start, row.output_length)

    def records(self, row: Row) -> bytes:
        """The records of a row, end to end, in order."""
        if not row.status & HAS_RECORDS:
            return b""
        return self._around(row.area_start, row.output_start, row.output_length, row.area_end)

    def unfinished(self) -> bytes:
        """The records of the message that runs, so far; none when none runs."""
        header = self._header
        if not header[Word.OPEN]:
            return b""
        start, top, output = header[Word.AREA_START], header[Word.TOP], header[Word.OUTPUT_START]
        if not start <= output < top:
            return self._read(start, top - start)
        return self._around(start, output, header[Word.OUTPUT_LENGTH], top)

    def _around(self, start: int, output: int, length: int, end: int) -> bytes:
        """An area without the output that lies in it."""
        after = output + length
        return self._read(start, output - start) + self._read(after, end - after)
