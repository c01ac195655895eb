"""Checks encoded results in bulk: plain fluxMsgs pass undecoded, everything else is decoded and judged."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

from plugbay.errors import InvalidOutput, TooManyMessages
from plugbay.guest_output import read_messages
from plugbay.message.message import PORT_OUT
from plugbay.outcome import Disposition, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugbay.limits import Limits
    from plugbay.message.scanner import Scanner


def check_encoded(
    results: Sequence[bytes | Outcome], scanner: Scanner, *, plugin: str, limits: Limits
) -> list[bytes | Outcome]:
    """The same results, each encoded one checked: kept when it is one fluxMsg, else decoded to its outcome."""
    outputs = [result for result in results if isinstance(result, bytes)]
    joined = b"".join(outputs)
    scan = scanner.scan(joined, message_limit_bytes=limits.output_bytes)
    every_one_plain = scan.kinds.tobytes().count(0) == len(outputs)
    if limits.messages_out and every_one_plain and scan.ends == array("I", accumulate(map(len, outputs))):
        return list(results)
    return [_judged(result, scanner, plugin, limits) if isinstance(result, bytes) else result for result in results]


def _judged(output: bytes, scanner: Scanner, plugin: str, limits: Limits) -> bytes | Outcome:
    scan = scanner.scan(output, message_limit_bytes=limits.output_bytes)
    if limits.messages_out and scan.kinds.tobytes() == b"\0" and scan.consumed == len(output):
        return output
    try:
        messages = read_messages(output, plugin, most=limits.messages_out)
    except (InvalidOutput, TooManyMessages) as error:
        return Outcome(Disposition.ERROR, error=error)
    return Outcome(Disposition.OK if messages else Disposition.DROP, tuple((PORT_OUT, item) for item in messages))
