"""The exports that a driver calls through a table, put there when they are first called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import wasmtime

_NONE: Final[tuple[str, ...]] = ()
CALLABLE_RESULTS: Final[dict[tuple[str, ...], int]] = {_NONE: 0, ("i32",): 1, ("i64",): 2, ("f32",): 3, ("f64",): 4}
"""The results that a function without parameters may have, each with its kind."""
_KINDS: Final[dict[tuple[tuple[str, ...], tuple[str, ...]], int]] = {
    **{(_NONE, results): kind for results, kind in CALLABLE_RESULTS.items()},
    (("i32", "i32"), ("i64",)): 5,
    (("i32", "i32"), ("i32", "i32")): 6,
    (("i32", "i32", "i32"), _NONE): 7,
    (("i32",), ("i32",)): 8,
}
"""The kinds of all functions that a driver may be told to call, by their parameters and results."""


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

        The export must be a function of one of the types above; which of them it takes is the driver's business.
        """
        number = self._numbers.get(name)
        if number is None:
            if len(self._numbers) == self._size:
                self._numbers.clear()
            function = self._exports[name]
            slot = len(self._numbers)
            self._table.set(self._store, slot, function)
            type_ = function.type(self._store)
            signature = tuple(map(str, type_.params)), tuple(map(str, type_.results))
            number = self._numbers[name] = slot + (_KINDS[signature] << 8)
        return number
