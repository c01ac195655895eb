"""Types that the tests of host functions declare."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, NewType, NotRequired, Required, TypedDict

from pydantic import BaseModel, Field

Sku = NewType("Sku", str)


class Color(Enum):
    RED = "red"
    ONE = 1


@dataclass
class Item:
    sku: Sku
    price: float
    tags: list[str] = field(default_factory=list[str])


@dataclass
class Order:
    id: int
    items: list[Item]
    note: str | None = None
    color: Color = Color.RED
    size: Literal["s", "m", 3] = "m"
    extra: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if self.id < 0:
            raise ValueError("an id is not negative")


@dataclass
class Tree:
    name: str
    children: list[Tree] = field(default_factory=list["Tree"])


@dataclass
class Private:
    _hidden: int = 0


@dataclass
class Counted:
    first: int
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.total = self.first * 2


@dataclass
class Unknown:
    when: complex


@dataclass
class Unresolved:
    when: Missing  # type: ignore[name-defined] # noqa: F821 # pyright: ignore[reportUndefinedVariable] # the point


class Point(TypedDict):
    x: int
    y: NotRequired[int]


class Partial(TypedDict, total=False):
    a: Required[int]
    b: str


class Person(BaseModel):
    name: str
    age: int = Field(ge=0)


class Loose:
    """Reads and writes JSON as pydantic does, without being of it."""

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def model_validate_json(cls, data: bytes) -> Loose:
        if not data.startswith(b'"'):
            raise ValueError("not loose enough")
        return cls(data.decode())

    def model_dump_json(self) -> str:
        return self.text


@dataclass
class Plus:
    left: Plus | Times | int
    sign: Literal["+"]


@dataclass
class Times:
    left: Plus | Times | int
    sign: Literal["*"]
