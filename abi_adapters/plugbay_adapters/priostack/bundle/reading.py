"""Reads and checks all files of a bundle but its modules; every mistake is found at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.bundle.bundle_file import read_head
from plugbay_adapters.priostack.bundle.crosscheck import crosscheck
from plugbay_adapters.priostack.bundle.documents import BundleDocument
from plugbay_adapters.priostack.bundle.files import BUNDLE_FILE, SERVICES, FileRefused
from plugbay_adapters.priostack.bundle.problem import Place, Problem
from plugbay_adapters.priostack.bundle.service_file import read_service
from plugbay_adapters.priostack.bundle.suggestions import suggestion
from plugbay_adapters.priostack.bundle.yaml_text import MOST_BYTES, read_yaml
from plugbay_adapters.priostack.errors import BundleUnusable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay_adapters.priostack.bundle.bundle_file import BundleHead, ServiceReference
    from plugbay_adapters.priostack.bundle.documents import Handler
    from plugbay_adapters.priostack.bundle.files import BundleFiles
    from plugbay_adapters.priostack.bundle.nodes import Node
    from plugbay_adapters.priostack.bundle.service_file import ServiceReading

_YAML: Final = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class BundleReading:
    """What a bundle's files say, and what is wrong with them. The document counts only when there are no problems."""

    document: BundleDocument
    handlers: tuple[tuple[Handler, Place], ...]
    """Every mention of a handler."""
    files: dict[str, str]
    """The hex SHA-256 of each file that was read, in that order."""
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    """What is no mistake, but may well not be meant."""
    complete: bool
    """All services could be read: a module that is of none of them is of none at all."""


def read_bundle(files: BundleFiles, name: str) -> BundleReading:
    """Read the bundle that messages call ``name``. Raises :class:`BundleUnusable` when there is no ``bundle.yaml``."""
    return _Reader(files, name).read()


class _Reader:
    def __init__(self, files: BundleFiles, name: str) -> None:
        self._files = files
        self._name = name
        self._digests: dict[str, str] = {}
        self._problems: list[Problem] = []
        self._notes: list[Problem] = []

    def read(self) -> BundleReading:
        node = self._bundle_file()
        head = read_head(node, self._problems) if node is not None else None
        if head is None:
            return self._reading(BundleDocument("", "", "", ()), (), complete=False)
        readings = [self._service(reference) for reference in head.services]
        found = [reading for reading in readings if reading is not None]
        complete = head.whole and None not in readings and all(reading.service.name for reading in found)
        self._problems.extend(crosscheck(found, complete=complete))
        if head.whole:
            self._note_unlisted(head)
        self._note_idle(found)
        services = tuple(reading.service for reading in found)
        document = BundleDocument(head.name, head.description, head.version, services)
        handlers = tuple(mention for reading in found for mention in reading.handlers)
        return self._reading(document, handlers, complete=complete)

    def _bundle_file(self) -> Node | None:
        try:
            data = self._files.read(BUNDLE_FILE, MOST_BYTES)
        except FileRefused as refused:
            self._problems.append(Problem(Place(BUNDLE_FILE), f"the file {refused.reason}", refused.hint))
            return None
        if data is None:
            raise BundleUnusable(
                f"{self._name} has no {BUNDLE_FILE}",
                found=self._name,
                hint=_missing_hint(self._files.names("")),
            )
        return self._parsed(BUNDLE_FILE, data)

    def _service(self, reference: ServiceReference) -> ServiceReading | None:
        try:
            data = self._files.read(reference.path, MOST_BYTES)
        except FileRefused as refused:
            self._problems.append(Problem(reference.place, f"{reference.path} {refused.reason}", refused.hint))
            return None
        if data is None:
            folder = reference.path.rpartition("/")[0]
            near = [f"{folder}/{name}" if folder else name for name in self._files.names(folder)]
            hint = suggestion(reference.path, near, what="its files") if near else None
            self._problems.append(Problem(reference.place, f"there is no file {reference.path}", hint))
            return None
        node = self._parsed(reference.path, data)
        return read_service(node, reference.path, self._problems) if node is not None else None

    def _parsed(self, path: str, data: bytes) -> Node | None:
        self._digests[path] = hashlib.sha256(data).hexdigest()
        return read_yaml(data, path, self._problems)

    def _note_unlisted(self, head: BundleHead) -> None:
        listed = {reference.path for reference in head.services}
        for name in self._files.names(SERVICES):
            path = f"{SERVICES}/{name}"
            if name.endswith(_YAML) and path not in listed:
                hint = f"add - path: {path} to {BUNDLE_FILE}, or remove the file"
                self._notes.append(Problem(Place(path), "the bundle does not list this service", hint))

    def _note_idle(self, readings: list[ServiceReading]) -> None:
        wrong = {problem.place.file for problem in self._problems}
        for reading in readings:
            idle = not reading.service.endpoints and not reading.service.intents
            if idle and reading.service.place.file not in wrong:  # else it may be a mistake that left it without
                self._notes.append(Problem(reading.service.place, "the service has neither endpoints nor intents"))

    def _reading(
        self, document: BundleDocument, handlers: tuple[tuple[Handler, Place], ...], *, complete: bool
    ) -> BundleReading:
        return BundleReading(document, handlers, self._digests, tuple(self._problems), tuple(self._notes), complete)


def ordered(problems: Iterable[Problem], files: Iterable[str]) -> tuple[Problem, ...]:
    """Each problem once (aliases make several of one), by lines; ``files`` first, in their order, then as found."""
    unique = dict.fromkeys(problems)
    names = dict.fromkeys([BUNDLE_FILE, *files, *(problem.place.file for problem in unique)])
    order = {name: at for at, name in enumerate(names)}
    return tuple(sorted(unique, key=lambda problem: (order[problem.place.file], problem.place.line)))


def _missing_hint(names: tuple[str, ...]) -> str:
    similar = next((name for name in names if name.lower() in {"bundle.yml", "bundle.yaml", "bundle.json"}), None)
    if similar is not None:
        return f"rename {similar} to {BUNDLE_FILE}"
    return f"give the folder that {BUNDLE_FILE} stands in, or a zip of it"
