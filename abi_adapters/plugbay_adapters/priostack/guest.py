"""A live module of byte functions beside its driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.engines.wasmtime.byte_functions import DrivenFunctions
from plugbay.engines.wasmtime.mailbox import CODE_MASK, HAS_RECORDS, Record, Status
from plugbay.errors import GuestError
from plugbay_adapters.priostack.errortext import SILENT, abort_text, error_in

if TYPE_CHECKING:
    from plugbay.engines.wasmtime.mailbox import Row


class ByteFunctions(DrivenFunctions):
    """One live module, of any convention (see :class:`~plugbay.byte_guest.ByteGuest`)."""

    def _result(self, row: Row) -> bytes:
        text = self._take_records(self._guest.answers.records(row)) if row.status & HAS_RECORDS else None
        code = row.status & CODE_MASK
        if code == Status.ERROR:
            raise GuestError(text or SILENT, plugin=self._plugin, function=self._selected)
        output = self._guest.answers.output(row)
        error = error_in(output) if code == Status.MAYBE_ERROR else None
        if error is not None:
            raise GuestError(error.text, plugin=self._plugin, function=self._selected, found=error.value)
        return output

    def _report(self, kind: int, data: bytes) -> str | None:
        return abort_text(data) if kind == Record.ABORT else data.decode("utf-8", "replace") or SILENT
