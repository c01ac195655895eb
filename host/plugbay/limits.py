"""What a guest may use, judged in one place."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from plugbay.errors import ConfigInvalid

PAGE_BYTES = 65536
"""Bytes in a page of linear memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one plugin; every one is enforced and each default is safe for a third party's plugin.

    All of them count per message unless the field says otherwise. Raises :class:`ConfigInvalid` that names every field
    out of range at once.
    """

    deadline: float = 1.0
    """Wall-clock seconds for one message, host calls included, and for start-up."""
    fuel: int | None = None
    """Fuel units for one message (about one per wasm instruction); None = not metered."""
    memory_pages: int = 512
    """Pages of 64 KiB that the guest's linear memory may have (of the plugin, not per message)."""
    module_bytes: int = 64 * 1024 * 1024
    """Bytes of the module file."""
    table_elements: int = 100_000
    """Elements that a table may have; what a module's tables have at the start counts together."""
    instances: int = 64
    """Instances that the plugin's pool may hold."""
    stack_bytes: int = 512 * 1024
    """Bytes of native stack that wasm frames may use."""
    input_bytes: int = 4 * 1024 * 1024
    """Bytes of one input."""
    output_bytes: int = 4 * 1024 * 1024
    """Bytes of all results of one message together."""
    messages_out: int = 1000
    """Messages sent for one input, fan-out and emitted ones together."""
    log_bytes: int = 64 * 1024
    """Bytes of log text."""
    state_bytes: int = 16 * 1024 * 1024
    """Bytes of keys and values in the plugin's state namespace (of the plugin, not per message)."""
    http_bytes: int = 1024 * 1024
    """Bytes of one HTTP response body."""
    var_bytes: int = 1024 * 1024
    """Bytes of one Extism instance's variables, each with 48 bytes beside its key and value; 0 allows none."""

    def __post_init__(self) -> None:
        wrong: list[str] = []
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if name == "fuel" and value is None:
                continue
            kinds = (int, float) if name == "deadline" else (int,)
            if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
                wrong.append(f"{name}={value!r} (from {least} to {most})")
        if wrong:
            raise ConfigInvalid(f"limits out of range: {', '.join(wrong)}", limit=wrong[0].partition("=")[0])

    def with_changes(self, **changes: Any) -> Self:
        """The same limits but for the named ones; names that don't exist raise :class:`ConfigInvalid`."""
        known = {field.name for field in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise ConfigInvalid(
                f"no such limit: {', '.join(unknown)}", limit=unknown[0], hint=f"limits are {', '.join(sorted(known))}"
            )
        return replace(self, **changes)


def limit_range(name: str) -> tuple[float, float]:
    """The least and the greatest value of a limit."""
    return _RANGES[name]


_GIB = 1024 * 1024 * 1024
_RANGES: dict[str, tuple[float, float]] = {
    "deadline": (0.001, 86_400),
    "fuel": (1, 2**63 - 1),
    "memory_pages": (0, 65_536),
    "module_bytes": (8, 2 * _GIB),
    "table_elements": (0, 10_000_000),
    "instances": (1, 100_000),
    "stack_bytes": (16 * 1024, 2 * 1024 * 1024),  # wasmtime aborts the process over 2 MiB
    "input_bytes": (0, _GIB),
    "output_bytes": (0, _GIB),
    "messages_out": (0, 1_000_000),
    "log_bytes": (0, 256 * 1024 * 1024),
    "state_bytes": (0, _GIB),
    "http_bytes": (0, _GIB),
    "var_bytes": (0, _GIB),
}
