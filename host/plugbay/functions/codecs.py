"""What crosses between wasm and Python for one annotation: its kind, a reader and a writer, made at declaration."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, is_typeddict

from plugbay.functions.jsontext import parse_json, write_json, write_model
from plugbay.functions.kinds import Kind
from plugbay.functions.mismatch import Mismatch
from plugbay.functions.records import Reader, is_dataclass_type, is_pydantic, validate_json
from plugbay.functions.shapes import reader_of

Wire = bytes | int | float | None
"""A value as adapters pass it: the bytes of a handle, None for a null one, a signed integer, a float, 0 or 1."""
Writer = Callable[[Any], Wire]
"""The wire form of a Python value; raises :class:`Mismatch` when the value is not of the declared type."""


@dataclasses.dataclass(frozen=True, slots=True)
class Codec:
    """How values of one annotation cross; ``read`` is never asked for a null handle, ``optional`` tells of those."""

    kind: Kind
    read: Reader
    write: Writer
    optional: bool = False


def codec_of(annotation: Any) -> Codec:
    """The codec of an annotation. Raises ``TypeError`` for one that has none."""
    inner, marker = _unmarked(annotation)
    if marker is Kind.JSON:
        return _json(inner)
    optional = _without_null(inner)
    if optional is not None and marker is None:
        return _nullable(codec_of(optional))
    codec = _plain(inner) if marker not in _NARROW else _narrow(inner, marker)
    if marker not in (None, codec.kind):
        raise TypeError(f"{_name(inner)} does not travel as {marker}")
    return codec


def _unmarked(annotation: Any) -> tuple[Any, Kind | None]:
    """The type without ``Annotated`` and ``NewType`` around it, and the kind that marks it."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        kinds = [note for note in notes if isinstance(note, Kind)]
        inner, within = _unmarked(inner)
        return inner, kinds[-1] if kinds else within
    supertype = getattr(annotation, "__supertype__", None)
    return (annotation, None) if supertype is None else _unmarked(supertype)


def _without_null(annotation: Any) -> Any:
    """T of ``T | None``; None for any other type."""
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else ()
    others = [option for option in options if option is not NoneType]
    return others[0] if len(others) == 1 and len(options) == 2 else None


def _nullable(codec: Codec) -> Codec:
    if not codec.kind.handle:
        raise TypeError(f"only what travels by handle can be None, and {codec.kind} does not")

    def write(value: Any) -> Wire:
        return None if value is None else codec.write(value)

    return dataclasses.replace(codec, optional=True, write=write)


def _plain(kind: Any) -> Codec:
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind is Any or dict in (kind, get_origin(kind)) or list in (kind, get_origin(kind)):
        return _json(kind)
    if is_pydantic(kind):
        return Codec(
            Kind.MODEL,
            lambda data: validate_json(kind, data),
            _of(kind, write_model),
        )
    if is_typeddict(kind):
        return dataclasses.replace(_json(kind), kind=Kind.MODEL, write=_of(dict, write_json))
    if is_dataclass_type(kind):
        return dataclasses.replace(_json(kind), kind=Kind.MODEL, write=_of(kind, write_json))
    raise TypeError(f"{_name(kind)} is no kind that plugbay knows")


def _narrow(kind: Any, marker: Kind | None) -> Codec:
    codec = _NARROW[marker] if marker else None
    if codec is None or kind is not codec.read:
        raise TypeError(f"{_name(kind)} does not travel as {marker}")
    return codec


def _json(kind: Any) -> Codec:
    read = reader_of(kind)
    containers: dict[Any, tuple[type, ...]] = {dict: (dict,), list: (list, tuple)}
    container = containers.get(get_origin(kind) or kind)
    write = write_json if container is None else _of(container, write_json)

    def read_text(data: bytes) -> Any:
        try:
            return read(parse_json(data))
        except RecursionError:
            raise Mismatch("nested too deeply") from None

    return Codec(Kind.JSON, read_text, write)


def _of(kinds: type | tuple[type, ...], write: Writer) -> Writer:
    """A writer for values of these classes only."""

    def checked(value: Any) -> Wire:
        if not isinstance(value, kinds):
            raise _wrong(value, kinds if isinstance(kinds, type) else kinds[0])
        return write(value)

    return checked


def _wrong(value: object, kind: type) -> Mismatch:
    return Mismatch(f"{type(value).__name__} where {kind.__name__} is declared")


def _name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _read_text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Mismatch(f"not UTF-8 at byte {error.start}") from error


def _write_text(value: Any) -> bytes:
    try:
        return str.encode(value)
    except UnicodeEncodeError as error:
        raise Mismatch(f"a lone surrogate at character {error.start} has no form in UTF-8") from error
    except TypeError:
        raise _wrong(value, str) from None


def _integer(bits: int) -> Writer:
    most = 2 ** (bits - 1)

    def write(value: Any) -> int:
        if not isinstance(value, int):
            raise _wrong(value, int)
        if not -most <= value < most:
            raise Mismatch(f"the integer does not fit into {bits} signed bits")
        return int(value)

    return write


def _write_float(value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise _wrong(value, float)
    try:
        return float(value)
    except OverflowError:
        raise Mismatch("the integer is too large for a float") from None


def _write_float32(value: Any) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", _write_float(value)))[0])
    except OverflowError:
        raise Mismatch("the number is too large for 32 bits") from None


_SIMPLE: Final[dict[Any, Codec]] = {
    bytes: Codec(Kind.BYTES, bytes, _of((bytes, bytearray, memoryview), bytes)),
    str: Codec(Kind.STR, _read_text, _write_text),
    int: Codec(Kind.INT, int, _integer(64)),
    float: Codec(Kind.FLOAT, float, _write_float),
    bool: Codec(Kind.BOOL, bool, _of(bool, int)),
}
_NARROW: Final[dict[Kind | None, Codec]] = {
    Kind.INT32: Codec(Kind.INT32, int, _integer(32)),
    Kind.FLOAT32: Codec(Kind.FLOAT32, float, _write_float32),
}
