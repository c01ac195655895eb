"""The kinds of values that cross between a guest and a host function."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plugbay.module.info import ValType

USER_NAMESPACE: Final = "extism:host/user"
"""The import module of host functions that name no other."""


class Kind(StrEnum):
    """What a parameter or a result is in wasm.

    The first four are bytes in the guest's shared memory and travel as a handle, where 0 is null. A kind is also the
    marker that picks it: ``Annotated[int, Kind.INT32]``.
    """

    BYTES = "bytes"
    STR = "str"
    JSON = "json"
    MODEL = "model"
    INT = "int"
    INT32 = "int32"
    FLOAT = "float"
    FLOAT32 = "float32"
    BOOL = "bool"

    @property
    def wasm(self) -> ValType:
        """The value type that stands in the import's signature; integers are signed."""
        return _WASM.get(self, "i64")

    @property
    def handle(self) -> bool:
        """Whether it travels as a handle to bytes."""
        return self in _HANDLES


Json: Final = Kind.JSON
"""Marks a type that travels as JSON though it could go otherwise: ``Annotated[int | str, Json]``."""

_HANDLES: Final = frozenset({Kind.BYTES, Kind.STR, Kind.JSON, Kind.MODEL})
_WASM: Final[dict[Kind, ValType]] = {Kind.INT32: "i32", Kind.FLOAT: "f64", Kind.FLOAT32: "f32", Kind.BOOL: "i32"}
