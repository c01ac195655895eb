"""Strict readers of JSON values, made once from a type annotation."""

from __future__ import annotations

import threading
from contextlib import suppress
from enum import Enum
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    TypeGuard,
    Union,
    cast,
    get_args,
    get_origin,
    is_typeddict,
)

from plugbay.functions.mismatch import Mismatch, unexpected
from plugbay.functions.records import dataclass_reader, is_dataclass_type, is_pydantic, model_reader, typed_dict_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugbay.functions.records import Reader

_EXACT: Final = (str, int, bool, NoneType)
_NOTHING: Final = object()


def reader_of(annotation: Any) -> Reader:
    """A reader of JSON values of that type. Raises ``TypeError`` for a type that JSON has no form for.

    Known are ``Any``, ``None``, ``str``, ``int``, ``float`` (which takes an integer too), ``bool``, ``list[T]``,
    ``dict[str, T]``, unions (the first that fits), literals, enums by value, dataclasses, TypedDicts and pydantic's
    models.
    """
    shapes = _Shapes()
    return shapes.tried.afresh(shapes.reader(annotation))


class _Tried(threading.local):
    """What unions made of the containers of the value being read, by the ids of both.

    Without it a union inside the options of another would read a container once for each, and guests nest them: the
    time doubled with every level.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[int, int], Any] = {}

    def afresh(self, read: Reader) -> Reader:
        """The reader of a whole value, after which everything is forgotten."""

        def read_whole(value: Any) -> Any:
            before, self.found = self.found, {}
            try:
                return read(value)
            finally:
                self.found = before

        return read_whole


class _Shapes:
    """Remembers the records under way, since types may contain themselves."""

    def __init__(self) -> None:
        self.tried = _Tried()
        self._records: dict[Any, Reader] = {}

    def reader(self, annotation: Any) -> Reader:
        """A reader of one type."""
        annotation = _bare(annotation)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if annotation in (Any, object):
            return _anything
        if annotation in _EXACT:
            return _exactly(annotation)
        if annotation is float:
            return _number
        if list in (annotation, origin):
            return _list_of(self.reader(*arguments or (Any,)))
        if dict in (annotation, origin):
            keys, values = arguments or (str, Any)
            if _bare(keys) is not str:
                raise TypeError("the keys of a JSON object are str")
            return _dict_of(self.reader(values))
        if origin in (Union, UnionType):
            return _first_of({_name(option): self.reader(option) for option in arguments}, self.tried)
        if origin is Literal:
            return _one_of(arguments)
        return self._class(annotation)

    def _class(self, kind: Any) -> Reader:
        if _is_enum(kind):
            return _enum(kind)
        if is_pydantic(kind):
            return model_reader(kind)
        if is_dataclass_type(kind):
            return self._record(kind, dataclass_reader)
        if is_typeddict(kind):
            return self._record(kind, typed_dict_reader)
        raise TypeError(f"{_name(kind)} has no form in JSON")

    def _record(self, kind: Any, make: Callable[[Any, Callable[[Any], Reader]], Reader]) -> Reader:
        if kind not in self._records:
            self._records[kind] = lambda value: self._records[kind](value)
            self._records[kind] = make(kind, self.reader)
        return self._records[kind]


def _bare(annotation: Any) -> Any:
    """The type without ``Annotated`` and ``NewType`` around it."""
    if annotation is None:
        return NoneType
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    supertype = getattr(annotation, "__supertype__", None)
    return annotation if supertype is None else _bare(supertype)


def _is_enum(kind: object) -> TypeGuard[type[Enum]]:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _anything(value: Any) -> Any:
    return value


def _exactly(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:  # a bool is no int here
            raise unexpected(value, kind)
        return value

    return read


def _number(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is not int:  # JSON has one kind of number, and some write 4.0 as 4
        raise unexpected(value, float)
    return float(value)


def _list_of(read_item: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise unexpected(value, list)
        found = cast("list[object]", value)
        if read_item is _anything:
            return found
        items: list[Any] = []
        try:
            items.extend(map(read_item, found))
        except Mismatch as mismatch:
            raise mismatch.inside(len(items)) from mismatch.__cause__
        return items

    return read


def _dict_of(read_value: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise unexpected(value, dict)
        entries = cast("dict[str, object]", value)
        return entries if read_value is _anything else dict(_entries(entries, read_value))

    return read


def _entries(entries: dict[str, object], read_value: Reader) -> Iterable[tuple[str, Any]]:
    for key, value in entries.items():
        try:
            yield key, read_value(value)
        except Mismatch as mismatch:
            raise mismatch.inside(key) from mismatch.__cause__


def _first_of(options: dict[str, Reader], tried: _Tried) -> Reader:
    others = [option for name, option in options.items() if name != NoneType.__name__]

    def first(value: Any) -> Any:
        for option in others:
            with suppress(Mismatch):
                return option(value)
        return _NOTHING

    def read(value: Any) -> Any:
        if value is None and len(others) < len(options):
            return None
        if len(others) == 1:
            return others[0](value)
        if type(value) in (dict, list):
            key = (id(value), id(others))
            if key not in tried.found:
                tried.found[key] = first(value)
            found = tried.found[key]
        else:
            found = first(value)
        if found is _NOTHING:
            raise Mismatch(f"fits none of {', '.join(options)}")
        return found

    return read


def _one_of(values: tuple[Any, ...]) -> Reader:
    allowed: set[tuple[Any, Any]] = {(type(value), value) for value in values}

    def read(value: Any) -> Any:
        if type(value) not in (str, int, bool, NoneType) or (type(value), value) not in allowed:
            raise Mismatch(f"none of {', '.join(map(repr, values))}")
        return value

    return read


def _enum(kind: type[Enum]) -> Reader:
    members = list(kind)
    values: dict[tuple[Any, Any], Enum] = {(type(member.value), member.value): member for member in members}
    check = _one_of(tuple(member.value for member in members))
    return lambda value: values[type(value), check(value)]
