"""The wasm features that a guest may use, pinned to what its ABI's own host accepts."""

from __future__ import annotations

from functools import cache

import wasmtime

from plugbay.errors import ConfigInvalid, InvalidBinary, UnsupportedFeature

CORE_2 = frozenset({"bulk-memory", "multi-value", "reference-types", "simd"})
"""Toggles that make up WebAssembly core 2.0, which fluxrig's runtime takes (mutable globals and the like have none)."""
EXTENDED_CONST = "extended-const"
"""Initialisers that compute. wasmtime can't switch them off, so the module reader's word counts (it reads globals)."""
_TOGGLED = frozenset({"multi-memory", "relaxed-simd", "tail-call"})
OPTIONAL = _TOGGLED | {EXTENDED_CONST}
"""Proposals beyond core 2.0 that a user may allow by name; others would change what a driver can serve."""
_ALL = CORE_2 | _TOGGLED | {"threads", "memory64", "exceptions", "function-references", "gc", "wide-arithmetic"}


def check_features(wasm: bytes, allowed: frozenset[str], *, shown: frozenset[str] = frozenset(), origin: str) -> None:
    """Validate a module against core 2.0 and the ``allowed`` proposals; ``shown`` are those that its reader saw.

    Raises :class:`UnsupportedFeature` when only a proposal stands in the way, :class:`InvalidBinary` when the module is
    malformed under any, :class:`ConfigInvalid` for a proposal that can't be allowed.
    """
    unknown = allowed - OPTIONAL
    if unknown:
        raise ConfigInvalid(
            f"no such wasm feature to allow: {', '.join(sorted(unknown))}",
            hint=f"choose from {', '.join(sorted(OPTIONAL))}",
        )
    reason = _refusal(wasm, (CORE_2 | allowed) - {EXTENDED_CONST})
    if reason is None and EXTENDED_CONST in shown - allowed:
        reason = f"a global's initialiser computes ({EXTENDED_CONST})"
    if reason is None:
        return
    if _refusal(wasm, _ALL) is None:
        raise UnsupportedFeature(
            f"{origin} uses a wasm feature beyond core 2.0: {reason}",
            expected="core 2.0",
            hint="build it for core 2.0 (fluxrig's runtime takes nothing newer), or allow the feature by name",
        )
    raise InvalidBinary(f"{origin} is not valid WebAssembly: {reason}")


def _refusal(wasm: bytes, features: frozenset[str]) -> str | None:
    try:
        wasmtime.Module.validate(_validator(features), wasm)
    except wasmtime.WasmtimeError as error:
        return str(error).rsplit("Caused by:", maxsplit=1)[-1].strip()
    return None


@cache
def _validator(features: frozenset[str]) -> wasmtime.Engine:
    config = wasmtime.Config()
    config.parallel_compilation = False
    for feature in sorted(_ALL):
        setattr(config, f"wasm_{feature.replace('-', '_')}", feature in features)
    config.wasm_component_model = False
    return wasmtime.Engine(config)
