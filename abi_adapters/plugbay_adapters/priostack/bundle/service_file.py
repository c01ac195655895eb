"""Reads the file of a service: its endpoints, intents and goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.bundle.bundle_file import MOST_VERSION
from plugbay_adapters.priostack.bundle.documents import Endpoint, Goal, Handler, Intent, Service
from plugbay_adapters.priostack.bundle.fields import Fields
from plugbay_adapters.priostack.bundle.handlers import parse_handler
from plugbay_adapters.priostack.bundle.nodes import Node, Table, kind_of
from plugbay_adapters.priostack.bundle.paths import EndpointPath, PathInvalid, join_paths, parse_segments
from plugbay_adapters.priostack.bundle.problem import Place, Problem
from plugbay_adapters.priostack.goals.target import METRIC_NAMES, parse_target
from plugbay_adapters.priostack.serving.reserved import reserved_path

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH")
MOST_ITEMS: Final = 1000
"""Endpoints, intents or goals of one service."""
MOST_RETRIES: Final = 100
NO_HANDLER: Final = Handler("", "")
"""Stands for a handler that is missing or wrong, which is a problem already."""


@dataclass(frozen=True, slots=True)
class ServiceReading:
    """A service, and the places of what can be judged only beside the other services."""

    service: Service
    handlers: tuple[tuple[Handler, Place], ...]
    routes: tuple[tuple[Endpoint, Place], ...]
    """Each with the place of its path."""
    intents: tuple[tuple[Intent, Place], ...]
    """Each with the place of its name."""


def read_service(node: Node, file: str, problems: list[Problem]) -> ServiceReading | None:
    """What a service's file says; None when it is no mapping. What is wrong is added to ``problems``.

    Where there are problems, values that are wrong are empty.
    """
    if not isinstance(node, Table):
        reason = f"the file must be a mapping, not {kind_of(node)}"
        problems.append(Problem(Place(file, node.line), reason, "begin with name:"))
        return None
    return _ServiceReader(file, problems).read(node)


class _ServiceReader:
    """Reads one file; what belongs to every part of it is kept here."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._service = ""
        self._handlers: list[tuple[Handler, Place]] = []
        self._routes: list[tuple[Endpoint, Place]] = []
        self._intents: list[tuple[Intent, Place]] = []

    def read(self, table: Table) -> ServiceReading:
        fields = self._fields(table, "the service")
        self._service = fields.name("name")
        description = fields.text("description")
        version = fields.line_of_text("version", most=MOST_VERSION)
        base_path, endpoints = self._api(fields.table("api"))
        intents = tuple(self._intent(item) for item in fields.tables("intents", most=MOST_ITEMS))
        goals = tuple(self._goals(fields.tables("goals", most=MOST_ITEMS)))
        fields.close()
        place = fields.place_of("name")
        service = Service(self._service, description, version, base_path, endpoints, intents, goals, place)
        return ServiceReading(service, tuple(self._handlers), tuple(self._routes), tuple(self._intents))

    def _api(self, table: Table | None) -> tuple[str, tuple[Endpoint, ...]]:
        if table is None:
            return "/", ()
        fields = self._fields(table, "api")
        base = self._base_path(fields)
        endpoints = tuple(self._endpoints(fields.tables("endpoints", most=MOST_ITEMS), base))
        fields.close()
        return base or "/", endpoints

    def _base_path(self, fields: Fields) -> str | None:
        """The basePath as it counts; None when it is wrong, so that no endpoint's path can be told."""
        text = fields.text("basePath") or "/"
        try:
            return "/" + "/".join(parse_segments(text))
        except PathInvalid as error:
            fields.wrong("basePath", f"basePath: {error}", error.hint)
            return None

    def _endpoints(self, tables: list[Table], base: str | None) -> Iterator[Endpoint]:
        names: dict[str, Place] = {}
        for table in tables:
            fields = self._fields(table, "an endpoint")
            name = self._unique_name(fields, names, "endpoint")
            method = fields.choice("method", METHODS)
            path = self._path(fields, base)
            handler = self._handler(fields, "to")
            description = fields.text("description")
            fields.close()
            endpoint = Endpoint(name, method, path.text, path.parameters, handler, description, fields.place)
            self._routes.append((endpoint, fields.place_of("path")))
            yield endpoint

    def _path(self, fields: Fields, base: str | None) -> EndpointPath:
        text = fields.text("path", required=True)
        if not text:
            return EndpointPath("", ())
        try:
            path = join_paths(base or "/", text)
        except PathInvalid as error:
            fields.wrong("path", f"path: {error}", error.hint)
            return EndpointPath("", ())
        if base is None:
            return EndpointPath("", ())
        taken = reserved_path(path.text)
        if taken is not None:
            fields.wrong("path", f"the server answers {taken} itself", "choose another path, or another basePath")
        return path

    def _intent(self, table: Table) -> Intent:
        fields = self._fields(table, "an intent")
        intent = Intent(
            name=fields.name("name"),
            service=self._service,
            sensor=fields.name("whenSensor"),
            handler=self._handler(fields, "toFunc"),
            primitive=fields.name("primitiveIntent"),
            cooldown=fields.duration("cooldown", zero=True),
            retries=fields.count("retries", MOST_RETRIES),
            expected_duration=fields.duration("expectedDuration"),
            expires_in=fields.duration("expiresIn"),
            place=fields.place,
        )
        fields.close()
        self._intents.append((intent, fields.place_of("name")))
        return intent

    def _goals(self, tables: list[Table]) -> Iterator[Goal]:
        names: dict[str, Place] = {}
        for table in tables:
            fields = self._fields(table, "a goal")
            yield self._goal(fields, self._unique_name(fields, names, "goal"))

    def _goal(self, fields: Fields, name: str) -> Goal:
        metric = fields.text("metric", required=True)
        target = fields.text("target", required=True)
        description = fields.text("description")
        fields.close()
        if metric and target:
            try:
                parse_target(metric, target)
            except ValueError as error:
                fields.wrong("target" if metric in METRIC_NAMES else "metric", str(error))
        return Goal(name, self._service, metric, target, description, fields.place)

    def _handler(self, fields: Fields, key: str) -> Handler:
        text = fields.text(key, required=True)
        if not text:
            return NO_HANDLER
        try:
            handler = parse_handler(text, self._service)
        except ValueError as error:
            fields.wrong(key, f"{key}: {error}")
            return NO_HANDLER
        if handler.service:  # else the service's own name is wrong
            self._handlers.append((handler, fields.place_of(key)))
        return handler

    def _unique_name(self, fields: Fields, names: dict[str, Place], what: str) -> str:
        name = fields.name("name")
        if name in names:
            fields.wrong("name", f"the {what} {name} is here twice, first on line {names[name].line}")
        elif name:
            names[name] = fields.place_of("name")
        return name

    def _fields(self, table: Table, what: str) -> Fields:
        return Fields(table, what, self._file, self._problems)
