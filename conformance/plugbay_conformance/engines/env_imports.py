"""The functions of the module ``env``: those of fluxrig gears, and those of byte functions."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Final

import cbor2

from plugbay_conformance.engines.contract import CannedResponse, GuestStopped, OutOfBounds, StopKind
from plugbay_conformance.engines.imports import NO_OBJECTS, THROW

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugbay_conformance.engines.surroundings import Surroundings

_INFO: Final = 2
_MOST_TEXT: Final = 65536
_U64: Final = 2**64 - 1


def encoded_response(response: CannedResponse) -> bytes:
    """What ``flux_req_http`` hands to the guest."""
    return cbor2.dumps({"status": response.status, "headers": dict(response.headers), "body": response.body})


class EnvImports:
    """Bodies by import; arguments and results are unsigned, an f64 is its bits."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def bodies(self) -> dict[str, Callable[..., int | None]]:
        """All of them by the import's name, those of wasm-bindgen by their role."""
        return {
            "log": self._log,
            "flux_log_info": partial(self._tell, "flux_log_info", _INFO),
            "emit": partial(self._tell, "emit", None),
            "flux_emit": partial(self._tell, "flux_emit", None),
            "reject": partial(self._tell, "reject", None),
            "flux_kv_get": self._get,
            "flux_kv_put": self._put,
            "flux_req_http": self._request,
            "now": self._now,
            "random": self._random,
            "seed": self._seed,
            "abort": self._abort,
            THROW: self._throw,
            NO_OBJECTS: self._no_objects,
        }

    def _log(self, level: int, at: int, size: int) -> None:
        self._tell("log", level, at, size)

    def _tell(self, function: str, level: int | None, at: int, size: int) -> None:
        self._around.note(function, (at, size), level=level)

    def _get(self, key_at: int, key_size: int) -> int:
        key = self._around.read("flux_kv_get", key_at, key_size)
        self._around.journal.note("flux_kv_get", key)
        value = self._around.state.get(key) if self._around.setting.grants_state else None
        return 0 if value is None else self._around.hand_over("flux_kv_get", value)

    def _put(self, key_at: int, key_size: int, value_at: int, value_size: int) -> int:
        key = self._around.read("flux_kv_put", key_at, key_size)
        value = self._around.read("flux_kv_put", value_at, value_size)
        self._around.journal.note("flux_kv_put", key, value)
        return 0 if self._around.setting.grants_state and self._around.state.put(key, value) else 1

    def _request(self, url_at: int, url_size: int, body_at: int, body_size: int) -> int:
        url = self._around.read("flux_req_http", url_at, url_size)
        self._around.note("flux_req_http", (url_at, url_size), (body_at, body_size))
        canned = next((item for item in self._around.setting.responses if item.url.encode() == url), None)
        return 0 if canned is None else self._around.hand_over("flux_req_http", encoded_response(canned))

    def _now(self) -> int:
        self._around.journal.note("now")
        return self._around.setting.clock & _U64

    def _random(self, at: int, size: int) -> None:
        self._around.fill_randomly("random", at, size)
        self._around.journal.note("random")

    def _seed(self) -> int:
        """The bits of a number from 1 to 2, of which AssemblyScript uses the lower ones."""
        self._around.journal.note("seed")
        drawn = int.from_bytes(self._around.random.take(8), "little")
        return 0x3FF0000000000000 | drawn >> 12

    def _no_objects(self) -> None:
        """Makes JavaScript's table for objects ready: there are none."""

    def _throw(self, at: int, size: int) -> None:
        text = self._around.read(THROW, at, size)
        self._around.journal.note(THROW, text)
        raise GuestStopped(StopKind.TRAP, f"it threw: {_shown(text)}")

    def _abort(self, message: int, file: int, line: int, column: int) -> None:
        texts = self._text(message), self._text(file)
        self._around.journal.note("abort", *texts)
        place = f" at {_shown(texts[1])}:{line}:{column}" if texts[1] else ""
        raise GuestStopped(StopKind.TRAP, f"it aborted: {_shown(texts[0])}{place}")

    def _text(self, at: int) -> bytes:
        """A String of AssemblyScript's as UTF-8; nothing for null, and for a pointer to none."""
        try:
            memory = self._around.require_memory()
            (size,) = struct.unpack("<I", memory.read(at - 4, 4))
            memory.check(at, size)
            return memory.read(at, min(size, _MOST_TEXT) & ~1).decode("utf-16-le", "replace").encode()
        except OutOfBounds:
            return b""


def _shown(text: bytes) -> str:
    return text[:500].decode("utf-8", "replace")
