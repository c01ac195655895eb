"""A module in wasmtime-py as its documentation shows it, kept within the subject's limits."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import wasmtime

from plugbay.engines.wasmtime.epoch import TICK_SECONDS, process_ticker
from plugbay.limits import PAGE_BYTES
from plugbay.module.info import FuncType
from plugbay.peers.contract import PeerFailed

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from plugbay.module.info import ModuleInfo
    from plugbay.peers.contract import Subject

_TYPES = {"i32": wasmtime.ValType.i32, "i64": wasmtime.ValType.i64, "f64": wasmtime.ValType.f64}


@contextmanager
def ordinary_instance(
    subject: Subject, seconds: float, served: Mapping[str, FuncType]
) -> Generator[tuple[wasmtime.Store, dict[str, Any]]]:
    """The store and the exports of an instance whose imports ``served``, by ``module.name``, do nothing and answer 0.

    For measuring only: the memory limit holds, and all calls together get ``seconds`` and the deadline beyond. Raises
    :class:`PeerFailed`, also for what wasmtime raises inside the ``with``.
    """
    limits = subject.limits
    config = wasmtime.Config()
    config.epoch_interruption = True
    engine = wasmtime.Engine(config)
    process_ticker().register(engine)
    store = wasmtime.Store(engine)
    try:
        store.set_limits(memory_size=limits.memory_pages * PAGE_BYTES)
        module = wasmtime.Module(engine, subject.data)
        store.set_epoch_deadline(math.ceil((seconds + limits.deadline) / TICK_SECONDS) + 1)
        yield store, _exports(store, module, subject.info, served)
    except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
        raise PeerFailed(f"the peer failed: {str(error).strip().splitlines()[-1].strip()}") from error
    finally:
        process_ticker().unregister(engine)
        store.close()


def imports_beyond(info: ModuleInfo, served: Mapping[str, FuncType]) -> list[str]:
    """The imports of a module that are not served."""
    return sorted({f"{item.module}.{item.name}" for item in info.imports} - served.keys())


def _exports(
    store: wasmtime.Store, module: wasmtime.Module, info: ModuleInfo, served: Mapping[str, FuncType]
) -> dict[str, Any]:
    linker = wasmtime.Linker(store.engine)
    for item in {(item.module, item.name) for item in info.imports}:
        kind = served.get(".".join(item))
        if kind is not None:
            type_ = wasmtime.FuncType([_TYPES[v]() for v in kind.params], [_TYPES[v]() for v in kind.results])
            linker.define_func(*item, type_, _answer_zero if kind.results else _do_nothing)
    return dict(linker.instantiate(store, module).exports(store).items())


def _do_nothing(*_arguments: int) -> None:
    """Serves an import without a result."""


def _answer_zero(*_arguments: int) -> int:
    """Serves an import with one."""
    return 0
