"""Layout of the mailbox, the memory that a driver shares with the host.

A driver is a small wasm module beside the guest. It owns the mailbox, and the host touches no other memory. Bytes 0 to
63 are the header, little-endian u32 words; input starts at :data:`INPUT`.

A single call: the input lies at ``INPUT``; the driver answers in the header's row. A batch: ``count`` u32 lengths at
``INPUT``, the inputs end to end, then ``count`` rows. A row is four words: where the output starts, its length, the
status, and where the message's area ends. The area of a message starts where that of the one before it ended; what lies
in it before and after the output are records: u32 kind, u32 length, bytes.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from plugbay.limits import Limits
    from plugbay.permissions import Permissions

INPUT = 64
"""Offset of the input, in bytes."""
ROW_BYTES = 16
BATCH_BYTES = 8 * 1024 * 1024
"""A batch holds inputs and rows up to this many bytes, and takes no further message once its outputs hold as many."""
RECORD_HEADER_BYTES = 8


class Word(IntEnum):
    """Indices of the header's u32 words. The first four are the row of a single call."""

    OUTPUT_START = 0
    OUTPUT_LENGTH = 1
    STATUS = 2
    AREA_END = 3
    TOP = 4
    """Where the next record or output goes."""
    SERIAL = 5
    """Counts messages for ever; the deadline watch sees by it that a batch gets on."""
    INDEX = 6
    """The message of a batch that is being processed; the count of finished ones afterwards."""
    CAUSE = 7
    """Why the driver trapped on purpose (:class:`Cause`), else 0."""
    DETAIL = 8
    """A number that belongs to the cause: an exit code, a size."""
    MAX_OUTPUT = 9
    MAX_LOG = 10
    MAX_MESSAGES = 11
    HIGH_WATER = 12
    """A batch stops early, without an error, once the mailbox is filled to this offset."""
    REFUSED = 13
    """Bits of :class:`Refused`."""
    AREA_START = 14
    """Where the area of a single call starts."""
    OPEN = 15
    """1 while a message runs, and after one that broke its ABI; on entry to the driver the other words are old.

    While it runs, the first two are 0 until the output lies in the area.
    """


class Status(IntEnum):
    """Low byte of a row's status. From 16 on the guest broke its ABI and the instance is not used again."""

    OUTPUT = 0
    DROPPED = 1
    REJECTED = 2
    ERROR = 3
    """The guest reported an error; its text is a record."""
    RETURN_CODE = 4
    """The guest returned a code that means failure; the output is the code, an i32."""
    MAYBE_ERROR = 5
    """An output that may be how the ABI's guests report an error: the host looks at it."""
    ALLOCATION_FAILED = 16
    ALLOCATION_OUT_OF_BOUNDS = 17
    OUTPUT_OUT_OF_BOUNDS = 18
    OUTPUT_OVERLAPS_INPUT = 19
    OUTPUT_TOO_LARGE = 20
    OUTPUT_MISTYPED = 21
    """The result is an object of another type, whose runtime id is the row's length."""


HAS_RECORDS = 0x100
"""Bit of a status: the message's area holds records."""
CODE_MASK = 0xFF
"""The bits of a status that hold a :class:`Status`."""


class Row(NamedTuple):
    """What the driver says of one message. Offsets are bytes of the mailbox."""

    area_start: int
    output_start: int
    output_length: int
    status: int
    area_end: int


class Cause(IntEnum):
    """Why a driver trapped on purpose."""

    NONE = 0
    TOO_MANY_LOGS = 1
    TOO_MANY_MESSAGES = 2
    OUTPUT_TOO_LARGE = 3
    OUTPUTS_DENIED = 4
    EXIT = 5
    MAILBOX_FULL = 6
    ALLOCATION_OUT_OF_BOUNDS = 7
    INVALID_HANDLE = 8
    HEAP_FULL = 9
    OUTPUT_OUT_OF_BOUNDS = 10
    VARIABLES_DISABLED = 11
    VARIABLES_FULL = 12


class Refused(IntEnum):
    """Bits of ``Word.REFUSED``: ambient services that were taken away."""

    LOG = 1
    OUTPUTS = 2


class Record(IntEnum):
    """Kinds of records."""

    DEBUG = 1
    INFO = 2
    WARN = 3
    ERROR = 4
    TRACE = 5
    EMIT = 16
    REJECT = 17
    STDOUT = 18
    STDERR = 19
    GUEST_ERROR = 20
    """An error text; the last one counts, and an empty one takes it back."""
    ABORT = 21
    """An error in UTF-16 and where it was: u32 line, u32 column, u32 bytes of the text, the text, the file's name."""


class Service(IntEnum):
    """Operations of the host that a driver asks for through ``host.service``.

    Those from :data:`OWN_SERVICES` on are the adapter's own.
    """

    STATE_GET = 1
    STATE_PUT = 2
    HTTP = 3
    CLOCK = 4
    RANDOM = 5
    SLEEP = 6
    FILES = 7


OWN_SERVICES = 128
"""Operations from here on are an adapter's own; what is refused there fails the call."""


def rows_offset(frames_size: int) -> int:
    """Where the rows of a batch lie: after its frames, on the next 8 bytes."""
    return (INPUT + frames_size + 7) & -8


def write_limits(header: Any, limits: Limits, permissions: Permissions) -> None:
    """Tell the driver, in the header's words, what the guest may use and what was taken away."""
    header[Word.MAX_OUTPUT] = limits.output_bytes
    header[Word.MAX_LOG] = limits.log_bytes
    header[Word.MAX_MESSAGES] = limits.messages_out
    header[Word.HIGH_WATER] = 2 * BATCH_BYTES
    header[Word.REFUSED] = (0 if permissions.log else Refused.LOG) | (0 if permissions.outputs else Refused.OUTPUTS)
