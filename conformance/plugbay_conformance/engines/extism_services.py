"""What the referee offers an Extism plugin: a fixed clock, seeded randomness, canned HTTP, Reflow's store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from plugbay.errors import BadHostCall, PermissionDenied
from plugbay.functions import host_function
from plugbay.services import HostServices, HttpClient, HttpResponse
from plugbay.state import MemoryStore
from plugbay_conformance.engines.contract import SentRequest
from plugbay_conformance.engines.random_stream import RandomStream
from plugbay_conformance.extism.json_values import NotJson, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugbay.functions import HostFunction
    from plugbay.limits import Limits
    from plugbay.permissions import Permissions
    from plugbay_conformance.engines.contract import CannedResponse, Setting

_MOST_KEPT = 1024 * 1024
"""Bytes that are kept of what a plugin sends and requests; a plugin that floods loses the rest."""


class RefereeServices(HostServices):
    """Services whose clock, randomness and HTTP are those of a :class:`Setting`."""

    __slots__ = ("_clock", "_random")

    def __init__(
        self, plugin: str, permissions: Permissions, limits: Limits, setting: Setting, http: CannedHttp
    ) -> None:
        super().__init__(plugin, permissions, limits, MemoryStore(), http)
        self._clock = setting.clock
        self._random = RandomStream(setting.random_seed)

    def now_ns(self) -> int:
        """The setting's time."""
        return self._clock

    def random(self, n: int) -> bytes:
        """The next bytes of the setting's stream."""
        return self._random.take(n)


class CannedHttp(HttpClient):
    """Answers requests from a list and remembers them; no request leaves the process."""

    def __init__(self, responses: Sequence[CannedResponse]) -> None:
        super().__init__()
        self._responses = {response.url: response for response in responses}
        self._requests: list[SentRequest] = []
        self._bytes = 0

    def request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        **_bounds: Any,
    ) -> HttpResponse:
        """The canned response. Raises :class:`PermissionDenied` for a URL that has none."""
        self._bytes += len(url) + len(body)
        if self._bytes <= _MOST_KEPT:
            named = {name.lower(): value for name, value in headers}
            self._requests.append(SentRequest(url, method, named, body))
        canned = self._responses.get(url)
        if canned is None:
            raise PermissionDenied(f"HTTP to {url[:200]} was not granted")
        return HttpResponse(canned.status, [(name.lower(), text) for name, text in canned.headers.items()], canned.body)

    def take_requests(self) -> list[SentRequest]:
        """The requests since they were last taken."""
        taken, self._requests = self._requests, []
        self._bytes = 0
        return taken


class ReflowStore:
    """Reflow's side of one session: the state by key, as JSON text, and what was sent.

    What is no JSON fails the plugin's call with :class:`~plugbay.errors.BadHostCall`.
    """

    def __init__(self, state: Mapping[str, bytes]) -> None:
        self._state = dict(state)
        self._sent: list[dict[str, object]] = []
        self._bytes = 0

    def functions(self) -> dict[str, HostFunction]:
        """The three host functions, by ``namespace.name``."""

        @host_function(name="__get_state")
        def get_state(key: str) -> bytes:
            return self._state.get(key, b"null")

        @host_function(name="__set_state")
        def set_state(key: str, value: bytes) -> None:
            _read(value, "__set_state", "value")
            self._state[key] = value

        @host_function(name="__send_output")
        def send_output(outputs: bytes) -> None:
            self._send(outputs)

        return {function.qualified_name: function for function in (get_state, set_state, send_output)}

    def state(self) -> dict[str, object]:
        """The values by key."""
        return {key: read_json(value) for key, value in self._state.items()}

    def take_sent(self) -> list[dict[str, object]]:
        """What was sent since it was last taken."""
        taken, self._sent = self._sent, []
        self._bytes = 0
        return taken

    def _send(self, outputs: bytes) -> None:
        value = _read(outputs, "__send_output", "outputs")
        if not isinstance(value, dict):
            raise BadHostCall("__send_output was given JSON that is no object", parameter="outputs")
        self._bytes += len(outputs)
        if self._bytes <= _MOST_KEPT:
            self._sent.append(cast("dict[str, object]", value))


def _read(data: bytes, function: str, parameter: str) -> object:
    try:
        return read_json(data)
    except NotJson as error:
        raise BadHostCall(f"{function} was given what is no JSON: {error}", parameter=parameter) from None
