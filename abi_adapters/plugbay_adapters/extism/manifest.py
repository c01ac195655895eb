"""Extism manifests: modules, memory, config, hosts, folders and a timeout, in one document.

All fields of Extism's own manifests and no others. What plugbay would do in another way than Extism is refused rather
than guessed, with the field's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugbay.errors import ConfigInvalid
from plugbay.limits import limit_range
from plugbay.manifest import PluginManifest
from plugbay.services import HostPattern
from plugbay.services.paths import PathGrant
from plugbay_adapters.extism.fields import Fields, Problems, Said, is_text
from plugbay_adapters.extism.manifest_modules import read_modules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FIELDS = ("wasm", "memory", "config", "allowed_hosts", "allowed_paths", "timeout_ms")
_MEMORY = {"max_pages": "memory_pages", "max_http_response_bytes": "http_bytes", "max_var_bytes": "var_bytes"}
_READ_ONLY = "ro:"


def is_manifest(document: Mapping[str, Any]) -> bool:
    """Whether a document is meant as an Extism manifest: it has a field ``wasm``."""
    return "wasm" in document


def read_manifest(document: Mapping[str, Any], folder: Path) -> PluginManifest:
    """What an Extism manifest says; relative paths start at ``folder``. No file is opened here.

    Raises :class:`~plugbay.errors.ConfigInvalid` that names each wrong field by its path, such as ``wasm[1].hash``
    (``function`` has the first), with what belongs there.
    """
    problems = Problems("Extism manifest")
    fields = Fields(document, "", problems)
    fields.only(*_FIELDS)
    if not is_manifest(document):
        fields.refuse("wasm", "a list of modules", Said("absent"))
    manifest = PluginManifest(
        modules=read_modules(fields, folder, problems),
        config=_config(fields),
        limits=_limits(fields),
        http=_hosts(fields, problems),
        paths=_paths(fields, folder, problems),
    )
    problems.raise_if_any()
    return manifest


def _config(document: Fields) -> dict[str, str]:
    fields = document.object("config", "an object of texts", null=False)
    return dict(fields.texts()) if fields is not None else {}


def _limits(document: Fields) -> dict[str, Any]:
    """The limits that the document sets; without them the host's hold."""
    limits: dict[str, Any] = {}
    memory = document.object("memory", "an object", null=False)
    if memory is not None:
        memory.only(*_MEMORY)
        for name, limit in _MEMORY.items():
            value = memory.whole(name, *map(int, limit_range(limit)))
            if value is not None:
                limits[limit] = value
    least, most = limit_range("deadline")
    timeout = document.whole("timeout_ms", int(least * 1000), int(most * 1000))
    if timeout is not None:
        limits["deadline"] = timeout / 1000
    return limits


def _hosts(document: Fields, problems: Problems) -> tuple[str, ...]:
    """Hosts without a port, where ``*`` means the same in Extism's globs as in plugbay's."""
    hosts: list[str] = []
    for index, text in enumerate(document.list("allowed_hosts", "a list of hosts", null=True) or ()):
        wrong = _wrong_host(text)
        if wrong is None:
            hosts.append(text)
        else:
            problems.add(f"allowed_hosts[{index}]", wrong, text)
    return tuple(hosts)


def _wrong_host(text: Any) -> str | None:
    """What belongs in the place of a host that can't be granted."""
    if not is_text(text):
        return "a host"
    if any(sign in text for sign in ("?", "[", "**")):
        return "a host, or a glob with single * only"
    if ":" in text:
        return "a host without a scheme or port: a manifest grants all ports (Permissions can grant one)"
    try:
        HostPattern.parse(text)
    except ConfigInvalid:
        return "a host, or a glob like *.example.com"
    return None


def _paths(document: Fields, folder: Path, problems: Problems) -> tuple[PathGrant, ...]:
    """Folders by the path on the host, read-only after ``ro:``; each needs a path of its own in the guest."""
    fields = document.object("allowed_paths", "an object of guest paths by host paths", null=True)
    if fields is None:
        return ()
    grants: list[PathGrant] = []
    taken: set[str] = set()
    for key, guest in fields.texts():
        host = key.removeprefix(_READ_ONLY)
        try:
            grant = PathGrant(str(folder / host) if host else "", guest, writable=host == key)
        except ConfigInvalid:
            problems.add(fields.item(key), "a folder of the host and the guest's path for it, without ..", guest)
            continue
        if guest.rstrip("/") in taken:
            problems.add(fields.item(key), "a guest path of its own", guest)
        taken.add(guest.rstrip("/"))
        grants.append(grant)
    return tuple(grants)
