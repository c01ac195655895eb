"""How the parts of a JSON Schema lead to each other, and what validating with it can cost.

A schema of a few hundred bytes can keep any validator busy for days: thirty definitions, each of which refers to the
next one twice, are a billion evaluations. So before a guest's schema is used, the work is counted here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

import orjson

from plugbay_adapters.reflow.jsontext import Misfit

MAX_SCHEMA_BYTES = 256 * 1024
"""Bytes of a schema in compact JSON."""
MAX_CHAIN = 100
"""Schemas that may lead to each other for one value: a ``$ref`` to an ``allOf`` with a ``$ref``, and so on."""
_SATURATED = 10**12
_UNIT_BYTES = 32
"""Bytes of an enum, a constant or the like that count as one more evaluation: errors carry copies of them."""

_REFERENCES = ("$ref", "$recursiveRef", "$dynamicRef")
_SAME_VALUE = ("not", "if", "then", "else")
_SAME_VALUE_LISTS = ("allOf", "anyOf", "oneOf")
_SAME_VALUE_MAPS = ("dependentSchemas", "dependencies")
_INNER = (
    *("additionalProperties", "unevaluatedProperties", "propertyNames"),
    *("items", "additionalItems", "unevaluatedItems", "contains"),
)
_INNER_MAPS = ("properties", "patternProperties")
_INNER_LISTS = ("prefixItems", "items")
_ANNOTATIONS = ("$defs", "definitions", "default", "examples", "title", "description", "$comment")
_STRUCTURE = frozenset(
    (*_REFERENCES, *_SAME_VALUE, *_SAME_VALUE_LISTS, *_SAME_VALUE_MAPS, *_INNER, *_INNER_MAPS, *_INNER_LISTS)
) | frozenset(_ANNOTATIONS)


@dataclass(slots=True)
class _Node:
    """One schema of the graph; the numbers are evaluations of it and of what it leads to."""

    own: int
    same: list[_Node] = field(default_factory=list["_Node"])
    """Schemas for the same value."""
    inner: list[_Node] = field(default_factory=list["_Node"])
    """Schemas for each of the values inside."""
    choices: list[list[_Node]] = field(default_factory=list["list[_Node]"])
    """Groups of schemas of which a value inside meets one at most, by its name or place."""
    here: int = 0
    """Evaluations for one value at the level in question."""
    above: int = 0
    """The same for the level before."""


class SchemaGraph:
    """A schema whose references are all found within it.

    Raises :class:`~plugbay_adapters.reflow.jsontext.Misfit`, ``where`` being a path in the schema, for one that is too
    large, that refers to itself without going into a value, or that refers to anything but its own parts by JSON
    pointers (``#/$defs/port``): other references mean what the network or a validator's rules of names say.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        try:
            text = orjson.dumps(schema)
        except orjson.JSONEncodeError as error:
            raise Misfit("schema of plain JSON, nested less than 255 deep", str(error)) from None
        if len(text) > MAX_SCHEMA_BYTES:
            raise Misfit(f"at most {MAX_SCHEMA_BYTES} bytes", f"{len(text)} bytes")
        self.has_defaults = b'"default"' in text
        self.patterns = 0
        """Regular expressions in it."""
        self._old_ids = "draft-04" in str(schema.get("$schema"))
        self._nodes: dict[int, _Node | None] = {}
        self._order: list[_Node] = []
        """Every node, after all those for the same value that it leads to."""
        self._unread: list[tuple[_Node, list[_Node], object]] = []
        self._root = self._visit(schema, 0)
        while self._unread:
            _, siblings, inner = self._unread.pop()
            siblings.append(self._visit(inner, 0))

    def target(self, schema: dict[str, Any]) -> list[object]:
        """What the schema's references lead to."""
        return [self._resolve(schema[key]) for key in _REFERENCES if key in schema]

    def evaluations(self, levels: list[int]) -> int:
        """How many evaluations a value costs at most that has ``levels[d]`` values ``d`` levels down."""
        total = 0
        for depth, values in enumerate(levels):
            for node in self._order:
                node.above = node.here
            for node in self._order:
                work = sum(other.here for other in node.same)
                if depth == 0:
                    work += node.own
                else:
                    work += sum(other.above for other in node.inner)
                    work += sum(max(other.above for other in group) for group in node.choices)
                node.here = min(work, _SATURATED)
            total += values * self._root.here
        return total

    def _visit(self, schema: object, chain: int) -> _Node:
        """The node of a schema, ``chain`` schemas down for the same value."""
        if type(schema) is not dict:
            node = _Node(1)
            self._order.append(node)
            return node
        parts = cast("dict[str, Any]", schema)
        known = self._nodes.get(id(parts))
        if known is not None:
            return known
        if id(parts) in self._nodes:
            raise Misfit("schema that ends", "one that refers to itself for the same value")
        if chain > MAX_CHAIN:
            raise Misfit(f"at most {MAX_CHAIN} schemas in a row for one value", "more")
        if parts is not self._schema:
            self._require_no_id(parts)
        self._nodes[id(parts)] = None
        self.patterns += ("pattern" in parts) + len(_map(parts.get("patternProperties")))
        node = _Node(1 + len(orjson.dumps({key: parts[key] for key in parts if key not in _STRUCTURE})) // _UNIT_BYTES)
        node.same.extend(self._visit(other, chain + 1) for other in self._for_same_value(parts))
        self._queue_inner(node, parts)
        self._order.append(node)
        self._nodes[id(parts)] = node
        return node

    def _for_same_value(self, parts: dict[str, Any]) -> list[object]:
        found = [*self.target(parts), *(parts[key] for key in _SAME_VALUE if key in parts)]
        for key in _SAME_VALUE_LISTS:
            found += _list(parts.get(key))
        for key in _SAME_VALUE_MAPS:
            found += _map(parts.get(key)).values()
        return found

    def _queue_inner(self, node: _Node, parts: dict[str, Any]) -> None:
        self._unread += [(node, node.inner, parts[key]) for key in _INNER if type(parts.get(key)) in (dict, bool)]
        self._unread += [(node, node.inner, inner) for inner in _map(parts.get("patternProperties")).values()]
        for group in (list(_map(parts.get("properties")).values()), *(_list(parts.get(key)) for key in _INNER_LISTS)):
            if group:
                choice: list[_Node] = []
                node.choices.append(choice)
                self._unread += [(node, choice, inner) for inner in group]

    def _resolve(self, reference: object) -> object:
        """What a reference leads to, by the one form that every validator reads the same."""
        if type(reference) is not str:
            raise Misfit("text", type(reference).__name__, ".$ref")
        if not (reference == "#" or reference.startswith("#/")) or "%" in reference:
            _refuse_reference(reference)
        here: object = self._schema
        for step in reference.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if key in (entries := _map(here)):
                here = entries[key]
            elif _is_index(key) and int(key) < len(items := _list(here)):
                here = items[int(key)]
            else:
                _refuse_reference(reference)
            self._require_no_id(_map(here))
        return here

    def _require_no_id(self, parts: dict[str, object]) -> None:
        """Refuse a part with an identifier of its own, below which the same pointers lead elsewhere."""
        key = "id" if self._old_ids else "$id"
        name = parts.get(key)
        if isinstance(name, str):
            raise Misfit(f"{key} at the top only", repr(name[:80]), f".{key}")


def _refuse_reference(reference: str) -> NoReturn:
    raise Misfit("reference to a part of the schema itself, such as #/$defs/port", repr(reference[:80]), ".$ref")


def _is_index(key: str) -> bool:
    """Whether a step of a pointer can only mean a place in an array: digits, no zeros before them, not too many."""
    return key.isascii() and key.isdecimal() and len(key) < 10 and (key == "0" or key[0] != "0")


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if type(value) is list else []


def _map(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if type(value) is dict else {}
