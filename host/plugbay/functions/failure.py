"""An exception of a host function as the error of the guest's call, with a traceback that begins in the function."""

from __future__ import annotations

import inspect
import traceback
from typing import TYPE_CHECKING, Final

from plugbay.errors import HostFunctionFailed

if TYPE_CHECKING:
    from types import TracebackType

    from plugbay.functions.runner import Body

_REASON_CHARACTERS: Final = 300
_TRACEBACK_CHARACTERS: Final = 20_000


def failure_of(name: str, body: Body, error: Exception) -> HostFunctionFailed:
    """The error to raise ``from error``; ``name`` is how the function is called in the reason."""
    return HostFunctionFailed(f"{name} raised {_summary(error)}", traceback=traceback_text(body, error))


def traceback_text(body: Body, error: Exception) -> str:
    """The traceback from the function's own frame on; all of it when the function is not in it."""
    own = _from_body(body, error.__traceback__)
    text = "".join(traceback.format_exception(type(error), error, own or error.__traceback__))
    # The last frames and the exception itself tell most.
    return text if len(text) <= _TRACEBACK_CHARACTERS else f"…{text[-_TRACEBACK_CHARACTERS:]}"


def _from_body(body: Body, trace: TracebackType | None) -> TracebackType | None:
    code = getattr(inspect.unwrap(body), "__code__", None)
    while trace is not None and trace.tb_frame.f_code is not code:
        trace = trace.tb_next
    return trace


def _summary(error: Exception) -> str:
    """The exception's type and the first line of its text."""
    try:
        text = str(error).strip().partition("\n")[0]
    except Exception:  # noqa: BLE001 # a broken __str__ must not hide the exception
        text = "(its text can't be made)"
    if len(text) > _REASON_CHARACTERS:
        text = f"{text[:_REASON_CHARACTERS]}…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
