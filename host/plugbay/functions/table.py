"""The host functions of one host, by name, with the threads that they run in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Self

from plugbay.errors import ConfigInvalid
from plugbay.functions.function import HostFunction, Mode

if TYPE_CHECKING:
    from plugbay.functions.eventloop import LoopThread


class FunctionTable(Mapping[str, HostFunction]):
    """Host functions by ``namespace.name``; owns the event loop of the async ones, so close it.

    Raises :class:`~plugbay.errors.ConfigInvalid` for what is no host function and for two of one name.
    """

    def __init__(self, functions: Iterable[HostFunction] = ()) -> None:
        self._loop: LoopThread | None = None
        self._functions: dict[str, HostFunction] = {}
        for function in functions:
            self._add(function)

    def __getitem__(self, key: str) -> HostFunction:
        return self._functions[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the event loop; async functions that run are cancelled."""
        if self._loop is not None:
            self._loop.close()

    def _add(self, function: object) -> None:
        if not isinstance(function, HostFunction):
            raise ConfigInvalid(
                f"{function!r} is no host function", found=repr(function), hint="declare it with @host_function"
            )
        key = function.qualified_name
        if key in self._functions:
            first, second = _place(self._functions[key]), _place(function)
            raise ConfigInvalid(
                f"two host functions are called {key}: {first} and {second}",
                function=key,
                hint="give one another name: @host_function(name=…)",
            )
        self._functions[key] = self._bound(function)

    def _bound(self, function: HostFunction) -> HostFunction:
        # Imported here, since they cost a command line that has no such functions 10 ms.
        match function.mode:
            case Mode.DIRECT:
                return function
            case Mode.THREADED:
                from plugbay.functions.workers import WorkerThreads

                return function.run_by(WorkerThreads())
            case Mode.ASYNC:
                from plugbay.functions.eventloop import LoopThread

                self._loop = self._loop or LoopThread()
                return function.run_by(self._loop)


def _place(function: HostFunction) -> str:
    return f"{function.body.__module__}.{getattr(function.body, '__qualname__', function.name)}"
