"""Strict readers of JSON objects with named fields: dataclasses, TypedDicts and pydantic models."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NotRequired, Required, cast, get_origin, get_type_hints

from plugbay.functions.jsontext import write_json
from plugbay.functions.mismatch import Mismatch, unexpected

Reader = Callable[[Any], Any]
"""A Python value of the declared type, made of a JSON value; raises :class:`Mismatch`."""


@dataclasses.dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a record."""

    read: Reader
    required: bool


def record_reader(fields: Mapping[str, RecordField], build: Callable[[dict[str, Any]], Any], of: str) -> Reader:
    """A reader that refuses unknown, missing and mistyped fields of ``of`` and builds a value from the rest."""

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise unexpected(value, dict)
        found = cast("dict[str, object]", value)
        for key in found:
            if key not in fields:
                raise Mismatch(f"{of} has no such field", key)
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in found:
                try:
                    values[name] = field.read(found[name])
                except Mismatch as mismatch:
                    raise mismatch.inside(name) from mismatch.__cause__
            elif field.required:
                raise Mismatch("missing", name)
        return build(values)

    return read


def dataclass_reader(kind: type[Any], reader: Callable[[Any], Reader]) -> Reader:
    """A reader of a dataclass; a ``ValueError`` of its ``__post_init__`` is a mismatch of the whole."""
    hints = get_type_hints(kind)
    fields: dict[str, RecordField] = {}
    for field in dataclasses.fields(kind):
        if field.name.startswith("_"):
            raise TypeError(f"{kind.__name__}.{field.name} is private and has no form in JSON")
        if field.init:
            required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            fields[field.name] = RecordField(reader(hints[field.name]), required)

    def build(values: dict[str, Any]) -> Any:
        try:
            return kind(**values)
        except ValueError as error:
            raise Mismatch(str(error)) from error

    return record_reader(fields, build, kind.__name__)


def typed_dict_reader(kind: Any, reader: Callable[[Any], Reader]) -> Reader:
    """A reader of a TypedDict."""
    marked = {name: get_origin(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
    # Where annotations are texts, Python's own __required_keys__ does not see the marks in them.
    fields = {
        name: RecordField(reader(hint), _required(marked[name], name in kind.__required_keys__))
        for name, hint in get_type_hints(kind).items()
    }
    return record_reader(fields, _itself, kind.__name__)


def _required(mark: object, otherwise: bool) -> bool:
    return mark is Required or (otherwise and mark is not NotRequired)


def _itself(values: dict[str, Any]) -> dict[str, Any]:
    return values


def is_dataclass_type(kind: object) -> bool:
    """Whether it is a dataclass, and not an instance of one."""
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def is_pydantic(kind: object) -> bool:
    """Whether a class reads and writes JSON the way pydantic's models do; pydantic need not be installed."""
    return isinstance(kind, type) and all(
        callable(getattr(kind, name, None)) for name in ("model_validate_json", "model_dump_json")
    )


def validate_json(model: Any, data: bytes) -> Any:
    """The model that a JSON text stands for, judged by the model's own rules. Raises :class:`Mismatch`."""
    try:
        return model.model_validate_json(data)
    except ValueError as error:  # pydantic's ValidationError is one
        raise _mismatch_of(error) from error


def _mismatch_of(error: Any) -> Mismatch:
    """The first of the problems that a model found, at its place."""
    problems: list[dict[str, Any]] = error.errors() if hasattr(error, "errors") else []
    return Mismatch(problems[0]["msg"], *problems[0]["loc"]) if problems else Mismatch(str(error))


def model_reader(model: Any) -> Reader:
    """A reader of a pydantic model that lies inside another JSON value."""
    return lambda value: validate_json(model, write_json(value))
