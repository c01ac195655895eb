"""Reads ``bundle.yaml``: what the bundle is called, and where its services are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.bundle.fields import Fields
from plugbay_adapters.priostack.bundle.files import BUNDLE_FILE, path_mistake
from plugbay_adapters.priostack.bundle.nodes import Node, Table, kind_of
from plugbay_adapters.priostack.bundle.problem import Place, Problem
from plugbay_adapters.priostack.bundle.yaml_text import short

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_SERVICES: Final = 256
MOST_VERSION: Final = 64
"""Characters of a version."""


@dataclass(frozen=True, slots=True)
class ServiceReference:
    """A service's file, and where the bundle names it."""

    path: str
    place: Place


@dataclass(frozen=True, slots=True)
class BundleHead:
    """What ``bundle.yaml`` says."""

    name: str
    description: str
    version: str
    services: tuple[ServiceReference, ...]
    whole: bool
    """Nothing is wrong with the list of services: these are all that are meant."""


def read_head(node: Node, problems: list[Problem]) -> BundleHead | None:
    """What ``bundle.yaml`` says; None when it is no mapping. What is wrong is added to ``problems``."""
    if not isinstance(node, Table):
        reason = f"the file must be a mapping, not {kind_of(node)}"
        problems.append(Problem(Place(BUNDLE_FILE, node.line), reason, "begin with name: and services:"))
        return None
    fields = Fields(node, "the bundle", BUNDLE_FILE, problems)
    name = fields.line_of_text("name", required=True)
    description = fields.text("description")
    version = fields.line_of_text("version", most=MOST_VERSION)
    before = len(problems)
    tables = fields.tables("services", most=MOST_SERVICES, required=True, first="path")
    references = tuple(_references(tables, problems))
    whole = len(problems) == before
    fields.close()
    return BundleHead(name, description, version, references, whole)


def _references(tables: Iterable[Table], problems: list[Problem]) -> Iterable[ServiceReference]:
    known: dict[str, Place] = {}
    for table in tables:
        fields = Fields(table, "a service in bundle.yaml", BUNDLE_FILE, problems)
        path = fields.text("path", required=True).removeprefix("./")
        fields.close()
        if not path:
            continue
        mistake = path_mistake(path)
        if mistake is not None:
            hint = "write a path inside the bundle, such as services/users.yaml"
            fields.wrong("path", f"the path {short(path)} {mistake}", hint)
        elif path in known:
            fields.wrong("path", f"the service {path} is listed twice, first on line {known[path].line}")
        else:
            known[path] = fields.place_of("path")
            yield ServiceReference(path, known[path])
