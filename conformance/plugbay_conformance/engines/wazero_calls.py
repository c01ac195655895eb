"""Sessions of Extism plugins on wazero, by Extism's Go SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugbay_conformance.engines.contract import (
    CallOutcome,
    CallStatus,
    GuestStopped,
    LogLine,
    Repeated,
    SentRequest,
)
from plugbay_conformance.engines.wazero_process import decoded
from plugbay_conformance.engines.wazero_sessions import PREPARE_SECONDS, WazeroSession
from plugbay_conformance.extism.json_values import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence


class WazeroCalls(WazeroSession):
    """A :class:`~plugbay_conformance.engines.contract.CallSession`."""

    def call(self, function: str, payload: bytes) -> CallOutcome:
        """Call an export with bytes."""
        try:
            found: dict[str, Any] = self.ask("call", export=function, data=payload)["outcome"]
        except GuestStopped as stopped:
            return CallOutcome(CallStatus.ENGINE, error=stopped.reason)
        return CallOutcome(CallStatus(found["status"]), decoded(found["output"]), found["error"], found["code"])

    def repeat(self, function: str, payloads: Sequence[bytes], count: int) -> Repeated:
        """Call an export ``count`` times, the payloads in turn; the SDK does not tell the pages."""
        reply = self.ask("repeat", seconds=PREPARE_SECONDS, export=function, payloads=list(payloads), count=count)
        return Repeated(reply["bulk"]["done"], 0, 0, reply["bulk"]["digest"])

    def logs(self) -> list[LogLine]:
        """What was logged since the last time."""
        lines = self.recall("logs").get("logs", ())
        return [LogLine(line["level"], decoded(line["text"]).decode(errors="replace")) for line in lines]

    def requests(self) -> list[SentRequest]:
        """The HTTP requests since the last time."""
        return [
            SentRequest(item["url"], item["method"], item["headers"], decoded(item["body"]))
            for item in self.recall("requests").get("requests", ())
        ]

    def sent(self) -> list[dict[str, object]]:
        """What ``__send_output`` was called with since the last time."""
        found: list[Any] = [read_json(decoded(item)) for item in self.recall("sent").get("sent", ())]
        return found

    def state(self) -> dict[str, object]:
        """What is in the store."""
        return {key: read_json(decoded(value)) for key, value in self.recall("state").get("state", {}).items()}
