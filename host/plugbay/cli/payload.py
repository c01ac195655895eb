"""The input of a call, as the options name it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plugbay.errors import ConfigInvalid, InvalidMessage, StreamUnusable

if TYPE_CHECKING:
    from typing import BinaryIO

    from plugbay.message import Message

STANDARD_INPUT = "-"


def require_one_input(**options: object) -> None:
    """Refuse options that exclude each other. Raises :class:`ConfigInvalid`."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
    if len(given) > 1:
        raise ConfigInvalid(
            f"{' and '.join(given)} exclude each other", found=", ".join(given), hint="give one of them"
        )


def read_payload(text: str | None, file: str | None, *, most: int) -> bytes:
    """The bytes of ``--input`` or ``--input-file``; empty without either.

    Of a file at most ``most`` + 1 bytes are read, so that one without an end is refused by the call. Raises
    :class:`StreamUnusable`.
    """
    if text is not None:
        return os.fsencode(text)
    if file is None:
        return b""
    try:
        if file == STANDARD_INPUT:
            return _standard_input().read(most + 1)
        with Path(file).open("rb") as opened:
            return opened.read(most + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StreamUnusable(f"the input {file} can't be read: {reason}", found=file) from error


def read_message(line: str) -> Message:
    """The message in ``--message``. Raises :class:`InvalidMessage`."""
    from plugbay.message.ndjson import from_line

    try:
        return from_line(line.encode())
    except UnicodeEncodeError as error:
        raise InvalidMessage(f"--message is not UTF-8: {error.reason}") from error


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] # None when the shell closed it
        raise OSError("standard input is closed")
    return sys.stdin.buffer
