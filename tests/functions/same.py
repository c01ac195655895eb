"""Host functions that return what they are given, one for each way to declare a parameter."""

from __future__ import annotations

from typing import Annotated, Any

from tests.functions.models import Counted, Loose, Order, Partial, Person, Point, Tree

from plugbay.functions import Json, Kind, host_function


@host_function
def same_bytes(value: bytes) -> bytes:
    return value


@host_function
def same_text(value: str) -> str:
    return value


@host_function
def same_int(value: int) -> int:
    return value


@host_function
def same_int32(value: Annotated[int, Kind.INT32]) -> Annotated[int, Kind.INT32]:
    return value


@host_function
def same_float(value: float) -> float:
    return value


@host_function
def same_float32(value: Annotated[float, Kind.FLOAT32]) -> Annotated[float, Kind.FLOAT32]:
    return value


@host_function
def same_bool(value: bool) -> bool:
    return value


@host_function
def same_json(value: Annotated[Any, Json]) -> Any:
    return value


@host_function
def same_dict(value: dict[str, Any]) -> dict[str, Any]:
    return value


@host_function
def same_list(value: list[int]) -> list[int]:
    return value


@host_function
def same_order(value: Order) -> Order:
    return value


@host_function
def same_orders(value: list[Order]) -> list[Order]:
    return value


@host_function
def same_counted(value: Counted) -> Counted:
    return value


@host_function
def same_tree(value: Tree) -> Tree:
    return value


@host_function
def same_point(value: Point) -> Point:
    return value


@host_function
def same_partial(value: Partial) -> Partial:
    return value


@host_function
def same_person(value: Person) -> Person:
    return value


@host_function
def same_persons(value: dict[str, Person]) -> dict[str, Person]:
    return value


@host_function
def same_loose(value: Loose) -> Loose:
    return value


@host_function
def same_maybe(value: str | None) -> str | None:
    return value
