"""What a reload changed, for the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay_adapters.priostack.bundle.version import BundleVersion


@dataclass(frozen=True, slots=True)
class BundleChange:
    """What a new version of a bundle has and the old one had not, or the other way round. False when it is nothing."""

    files_added: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()
    files_removed: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    """Services whose module was loaded anew."""
    routes_added: tuple[str, ...] = ()
    """Method and path of each."""
    routes_removed: tuple[str, ...] = ()

    @classmethod
    def between(cls, old: BundleVersion, new: BundleVersion) -> BundleChange:
        """What changed from one version to the next."""
        routes, before = _routes(new), _routes(old)
        return cls(
            files_added=_sorted(new.files.keys() - old.files.keys()),
            files_changed=_sorted(path for path, digest in new.files.items() if old.files.get(path, digest) != digest),
            files_removed=_sorted(old.files.keys() - new.files.keys()),
            modules=_sorted(name for name, lane in new.lanes.items() if old.lanes.get(name) is not lane),
            routes_added=_sorted(routes - before),
            routes_removed=_sorted(before - routes),
        )

    def __bool__(self) -> bool:
        return bool(self.files_added or self.files_changed or self.files_removed)

    def __str__(self) -> str:
        parts = [
            f"{what} {', '.join(names)}"
            for what, names in (
                ("changed", self.files_changed),
                ("new", self.files_added),
                ("gone", self.files_removed),
                ("routes added:", self.routes_added),
                ("routes removed:", self.routes_removed),
            )
            if names
        ]
        return "; ".join(parts) or "nothing changed"

    def to_dict(self) -> dict[str, list[str]]:
        """The change as plain values."""
        return {name: list(getattr(self, name)) for name in self.__slots__}


def _routes(version: BundleVersion) -> set[str]:
    return {f"{route.endpoint.method} {route.endpoint.path}" for route in version.routes}


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
