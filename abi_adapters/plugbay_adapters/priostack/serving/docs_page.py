"""The page at ``/docs``: one document that loads nothing from elsewhere, under a policy that would not let it."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request


class DocsPage:
    """The page, put together once."""

    def __init__(self) -> None:
        page = files(__name__.rpartition(".")[0]) / "page"
        style, script = ((page / name).read_text("utf-8") for name in ("docs.css", "docs.js"))
        html = (page / "docs.html").read_text("utf-8")
        self._html = html.replace("/* docs.css */", style).replace("/* docs.js */", script)
        self._headers = {
            "content-security-policy": _policy(style, script),
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "cache-control": "no-cache",
        }

    async def answer(self, _: Request) -> Response:
        """The page."""
        return Response(self._html, media_type="text/html", headers=self._headers)


def _policy(style: str, script: str) -> str:
    """Only this style, only this script, and requests to this server only; nobody may frame the page."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash_of(style)}",
            f"script-src {_hash_of(script)}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _hash_of(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
