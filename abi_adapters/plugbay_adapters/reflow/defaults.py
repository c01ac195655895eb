"""Fills a config with the defaults of its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import orjson

from plugbay_adapters.reflow.jsontext import MAX_VALUE_DEPTH, Misfit, check_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay_adapters.reflow.schema_graph import SchemaGraph

MAX_STEPS = 200_000
"""Schemas looked at for one config: a few bytes of definitions can lead to each other for ever."""
MAX_DEFAULT_BYTES = 1024 * 1024
"""Bytes of all the defaults that one config gets, in JSON."""

Path = tuple[str | int, ...]
_NOTHING = object()


class Filling:
    """One config being filled; ``made`` has the path of every value that came from a default.

    Defaults are looked for in ``properties`` and ``items``, through ``$ref`` and ``allOf``. They fill objects that are
    there: an object that is missing is not made up, unless it has a default itself (``{}``), which is then filled. So
    an optional section stays absent.
    """

    def __init__(self, graph: SchemaGraph, schema: dict[str, Any]) -> None:
        self.made: list[Path] = []
        self._graph = graph
        self._schema = schema
        self._steps = 0
        self._bytes = 0

    def fill(self, config: dict[str, Any]) -> None:
        """Put what is missing into the config. Raises :class:`Misfit` for defaults that never end."""
        self._fill(self._schema, config, ())

    def _fill(self, schema: object, value: object, path: Path) -> None:
        if type(value) is dict:
            for layer in self._layers(schema):
                properties: object = layer.get("properties")
                if type(properties) is dict:
                    self._fill_object(cast("dict[str, object]", properties), cast("dict[str, Any]", value), path)
        elif type(value) is list:
            items = cast("list[object]", value)
            for layer in self._layers(schema):
                inner = layer.get("items")
                if type(inner) is dict:
                    for index, item in enumerate(items):
                        self._fill(cast("object", inner), item, (*path, index))

    def _fill_object(self, properties: dict[str, object], value: dict[str, Any], path: Path) -> None:
        for name, schema in properties.items():
            if name not in value:
                default = self._default(schema)
                if default is _NOTHING:
                    continue
                inner = (*path, name)
                if len(inner) > MAX_VALUE_DEPTH:
                    raise Misfit("defaults that end", "defaults that lead to each other")
                value[name] = self._copy(default)
                self.made.append(inner)
            self._fill(schema, value[name], (*path, name))

    def _copy(self, default: object) -> object:
        check_json(default)
        encoded = orjson.dumps(default)
        self._bytes += len(encoded)
        if self._bytes > MAX_DEFAULT_BYTES:
            raise Misfit(f"at most {MAX_DEFAULT_BYTES} bytes of defaults", "more")
        return orjson.loads(encoded)

    def _default(self, schema: object) -> object:
        return next((layer["default"] for layer in self._layers(schema) if "default" in layer), _NOTHING)

    def _layers(self, schema: object) -> Iterator[dict[str, Any]]:
        """The schema and those that hold for the same value beside it."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Misfit("defaults that end", f"more than {MAX_STEPS} steps of looking for defaults")
        if type(schema) is not dict:
            return
        layer = cast("dict[str, Any]", schema)
        yield layer
        also: object = layer.get("allOf")
        for other in (*self._graph.target(layer), *(cast("list[object]", also) if type(also) is list else ())):
            yield from self._layers(other)
