"""The specification's small Markdown as HTML: paragraphs, `code`, **strong**; everything else is text."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def paragraphs(text: str) -> Markup:
    """Paragraphs of a requirement's text; links become their words, since the page stands alone."""
    return Markup("").join(Markup("<p>{}</p>").format(_inline(part)) for part in text.split("\n\n") if part.strip())


def _inline(text: str) -> Markup:
    plain = str(escape(_LINK.sub(r"\1", text)))
    marked = _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", plain))
    return Markup(marked)  # noqa: S704 # escaped above, before any tag was put in
