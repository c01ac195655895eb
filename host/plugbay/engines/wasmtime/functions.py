"""The exports that a driver calls through a table, put there when they are first called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import wasmtime

_KINDS: Final[dict[tuple[str, ...], int]] = {(): 0, ("i32",): 1, ("i64",): 2, ("f32",): 3, ("f64",): 4}
"""Kinds of functions without parameters, by their results."""
CALLABLE_RESULTS: Final = frozenset(_KINDS)
"""The results that a function of the table may have."""


class FunctionTable:
    """The driver's table. A guest may have a hundred thousand exports: only those that are called take a slot."""

    def __init__(self, store: wasmtime.Store, table: wasmtime.Table, exports: Mapping[str, Any]) -> None:
        self._store = store
        self._table = table
        self._exports = exports
        self._size = table.size(store)
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """What a driver takes for the export ``name``: its slot, plus its kind << 8.

        The export must be a function without parameters and with :data:`CALLABLE_RESULTS`.
        """
        number = self._numbers.get(name)
        if number is None:
            if len(self._numbers) == self._size:
                self._numbers.clear()
            function = self._exports[name]
            slot = len(self._numbers)
            self._table.set(self._store, slot, function)
            results = tuple(map(str, function.type(self._store).results))
            number = self._numbers[name] = slot + (_KINDS[results] << 8)
        return number
