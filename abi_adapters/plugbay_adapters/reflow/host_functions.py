"""The three host functions that actors call, bound to one instance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from plugbay.errors import OutputTooLarge, PermissionDenied, TooManyMessages
from plugbay.functions import host_function
from plugbay_adapters.reflow.state import read_state_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.functions import HostFunction
    from plugbay.services import HostServices
    from plugbay_adapters.reflow.result import ResultReader
    from plugbay_adapters.reflow.values import Value

_NULL: Final = b"null"


@host_function(name="__get_state")
def _get_state(key: str) -> bytes:
    raise NotImplementedError(key)


@host_function(name="__set_state")
def _set_state(key: str, value: bytes) -> None:
    raise NotImplementedError(key, value)


@host_function(name="__send_output")
def _send_output(outputs: bytes) -> None:
    raise NotImplementedError(outputs)


SIGNATURES: Final[Mapping[str, HostFunction]] = {
    function.qualified_name: function for function in (_get_state, _set_state, _send_output)
}
"""Reflow's host functions by ``namespace.name``; only those bound to an instance can be called."""


class ActorFunctions:
    """What one instance's actor reaches: its state, and its outports while it runs (ABI sheet, "Host functions").

    ``sent`` are the values of the message that runs, each with its port, in the order in which they were sent.
    """

    def __init__(self, services: HostServices, results: ResultReader, *, plugin: str) -> None:
        self.sent: list[tuple[str, Value]] = []
        self._services = services
        self._results = results
        self._plugin = plugin
        self._bytes = 0

    def bound(self) -> dict[str, HostFunction]:
        """The functions, bound to this instance."""
        bodies: dict[str, Any] = {
            _get_state.qualified_name: self._get,
            _set_state.qualified_name: self._set,
            _send_output.qualified_name: self._send,
        }
        return {name: replace(function, body=bodies[name]) for name, function in SIGNATURES.items()}

    def begin(self) -> None:
        """Start a message."""
        self.sent = []
        self._bytes = 0

    def spend(self, size: int) -> None:
        """Count bytes that the message's results have. Raises :class:`~plugbay.errors.OutputTooLarge`."""
        most = self._services.limits.output_bytes
        self._bytes += size
        if self._bytes > most:
            raise OutputTooLarge(
                f"the results of one message are over {most} bytes",
                plugin=self._plugin,
                limit="output_bytes",
                expected=most,
                hint="raise Limits.output_bytes if so much is meant",
            )

    def _get(self, key: str) -> bytes:
        value = self._services.state_get(key)
        return _NULL if value is None else value

    def _set(self, key: str, value: bytes) -> None:
        self._services.state_put(key, read_state_value(value, key=key, plugin=self._plugin))

    def _send(self, outputs: bytes) -> None:
        most = self._services.limits.messages_out
        if not self._services.permissions.outputs:
            raise PermissionDenied(
                "sent a message beside its result, which is not granted",
                plugin=self._plugin,
                hint="grant it with Permissions(outputs=True)",
            )
        self.spend(len(outputs))
        self.sent += self._results.read_sent(outputs).items()
        if len(self.sent) > most:
            raise TooManyMessages.over(self._plugin, most)
