"""How a host function's body is run when not simply in the calling thread, and how long it is waited for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Never, Protocol

from plugbay.errors import ConfigInvalid, DeadlineExceeded

if TYPE_CHECKING:
    from concurrent.futures import Future

    from plugbay.functions.call import FunctionCall

Body = Callable[..., Any]
"""The Python function that was decorated."""


class Runner(Protocol):
    """Runs bodies elsewhere and waits for them, no longer than the call may take."""

    def run(self, call: FunctionCall, body: Body, values: Sequence[Any]) -> Any:
        """What ``body(*values)`` returns, or raises. Raises :class:`~plugbay.errors.DeadlineExceeded`."""
        ...


class NoRunner:
    """The runner of a function that belongs to no host yet."""

    def run(self, call: FunctionCall, body: Body, values: Sequence[Any]) -> Never:  # noqa: ARG002 # the protocol's
        """Raise :class:`~plugbay.errors.ConfigInvalid`."""
        raise ConfigInvalid(
            "async and threaded host functions run in threads of a host, and this one belongs to none",
            plugin=call.plugin,
            hint="hand it to Host(functions=[…]), or call it directly",
        )


def wait_for(future: Future[Any], call: FunctionCall) -> Any:
    """The result of a future, or what it raised; :class:`~plugbay.errors.DeadlineExceeded` when it comes too late."""
    remaining = call.remaining()
    try:
        return future.result(None if remaining == math.inf else remaining)
    except TimeoutError:
        if future.done():  # it is the function's own, or came in the last moment
            return future.result()
        raise DeadlineExceeded(
            "a host function took longer than the call may",
            plugin=call.plugin,
            limit="deadline",
            hint="raise Limits(deadline=…), or let the function watch call.remaining()",
        ) from None
