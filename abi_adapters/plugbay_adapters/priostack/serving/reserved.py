"""The paths that the server answers itself; a bundle's endpoints may not take them."""

from __future__ import annotations

from typing import Final

RESERVED_PATHS: Final = (
    "/_goals",
    "/_intents",
    "/_sensors",
    "/docs",
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/readyz",
)
"""Each stands for itself and for everything below it."""


def reserved_path(path: str) -> str | None:
    """The reserved path that ``path`` is, or lies below of; None for one that a bundle may have.

    A parameter is no reserved path: ``/{page}`` is allowed, and the reserved paths win over it.
    """
    return next((own for own in RESERVED_PATHS if path == own or path.startswith(own + "/")), None)
