"""Which peer can run a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.peers.contract import Peer
from plugbay.peers.extism import EXTISM_ABIS, extism_calls, why_no_extism
from plugbay.peers.fluxrig import FLUXRIG, ordinary_wasmtime_calls, why_no_ordinary_calls
from plugbay.peers.priostack import PRIOSTACK, ordinary_byte_functions, why_no_byte_functions

if TYPE_CHECKING:
    from plugbay.peers.contract import Subject

_ORDINARY: Final = Peer("wasmtime-py, ordinary calls", ordinary_wasmtime_calls)
_BYTE_FUNCTIONS: Final = Peer(_ORDINARY.name, ordinary_byte_functions)
_EXTISM: Final = Peer("Extism's Python SDK, with the deadline", extism_calls)


def find_peer(abi: str, subject: Subject) -> Peer | str:
    """The peer for a plugin of that ABI, or why there is none."""
    if abi == FLUXRIG:
        return why_no_ordinary_calls(subject.info) or _ORDINARY
    if abi == PRIOSTACK:
        return why_no_byte_functions(subject.info) or _BYTE_FUNCTIONS
    if abi in EXTISM_ABIS:
        return why_no_extism(subject) or _EXTISM
    return f"no peer knows the ABI {abi}"
