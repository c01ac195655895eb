"""An HTTP response, as a guest gets it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response. Header names are in lower case, in the server's order; a name may come more than once."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of a name, given in lower case; None when there is none."""
        return next((value for found, value in self.headers if found == name), None)
