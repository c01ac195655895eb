"""An Extism plugin, or an actor, called through Extism's Python SDK."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import orjson

from plugbay.peers.contract import PeerFailed

if TYPE_CHECKING:
    from plugbay.peers.contract import Subject

REFLOW: Final = "reflow"
EXTISM_ABIS: Final = frozenset({"extism", REFLOW})
_ENV, _USER, _WASI = "extism:host/env", "extism:host/user", "wasi_snapshot_preview1"
_HANDLES: Final = {"__get_state": (1, 1), "__set_state": (2, 0), "__send_output": (1, 0)}
"""Reflow's host functions, with how many handles each takes and returns."""


def why_no_extism(subject: Subject) -> str | None:
    """Why :func:`extism_calls` can't drive a plugin; None when it can."""
    if subject.data[:1] != b"\0":
        return "the peer takes a module, not a manifest"
    served = {f"{_USER}.{name}" for name in _HANDLES}
    beyond = {f"{item.module}.{item.name}" for item in subject.info.imports if item.module not in (_ENV, _WASI)}
    missing = sorted(beyond - served)
    return f"the plugin imports {', '.join(missing)}; the peer has no such function" if missing else None


@contextmanager
def extism_calls(subject: Subject, seconds: float) -> Generator[Callable[[str, bytes], bytes]]:  # noqa: ARG001 # each call has the deadline
    """The plugin in the SDK, kept between the calls, with its config, its memory limit and its deadline as a timeout.

    For measuring only: Reflow's host functions are there and do nothing. Raises :class:`PeerFailed`, also for what the
    SDK raises inside the ``with``.
    """
    try:
        sdk: Any = import_module("extism")  # it has no types
    except (ImportError, OSError) as error:
        raise PeerFailed(f"the peer can't be loaded: {error}") from error
    limits = subject.limits
    manifest = {
        "wasm": [{"data": subject.data}],
        "memory": {"max_pages": limits.memory_pages, "max_var_bytes": limits.var_bytes},
        "timeout_ms": max(1, round(limits.deadline * 1000)),
        "config": {
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in subject.config.items()
        },
    }
    uses_wasi = any(item.module == _WASI for item in subject.info.imports)
    try:
        with sdk.Plugin(manifest, wasi=uses_wasi, functions=_functions(sdk)) as plugin:
            yield plugin.call
    except sdk.Error as error:
        raise PeerFailed(f"the peer failed: {(str(error).strip().splitlines() or ['no reason given'])[0]}") from error


def _functions(sdk: Any) -> list[Any]:
    handle = sdk.ValType.PTR
    return [
        sdk.host_fn(name, signature=([handle] * takes, [handle] * returns))(_answer_nothing)
        for name, (takes, returns) in _HANDLES.items()
    ]


def _answer_nothing(_plugin: Any, _inputs: Any, outputs: Any, *_: Any) -> None:
    """A null handle where an answer is due, which actors read as a missing value."""
    for output in outputs:
        output.value = 0
