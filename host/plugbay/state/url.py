"""State stores named by a URL, as the command line and config files do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugbay.errors import ConfigInvalid
from plugbay.state.memory import MemoryStore
from plugbay.state.sqlite import SqliteStore

if TYPE_CHECKING:
    from plugbay.state.contract import StateStore

_FORMS = "state URLs are memory:, sqlite:PATH, or those of an installed plugin"


def open_store(url: str, *, busy_timeout: float = 5.0) -> StateStore | None:
    """The built-in store that a URL names; None for another scheme, which a plugin may know.

    ``memory:`` is a new, empty store; ``sqlite:PATH`` a file, created if need be, in a folder that exists; ``~`` is the
    home folder. ``busy_timeout``: seconds to wait for other writers of the file.

    Raises :class:`~plugbay.errors.ConfigInvalid` for a malformed URL and
    :class:`~plugbay.errors.StateUnavailable` when the store can't be opened.
    """
    scheme, colon, rest = url.partition(":")
    if not colon or not scheme:
        raise ConfigInvalid(f"{url!r} is no state URL", found=url, hint=_FORMS)
    match scheme.lower():
        case "memory":
            if rest:
                raise ConfigInvalid("a memory: store has no name", expected="memory:", found=url, hint=_FORMS)
            return MemoryStore()
        case "sqlite":
            return SqliteStore(_path(url, rest), busy_timeout=busy_timeout)
        case _:
            return None


def _path(url: str, text: str) -> Path:
    if not text or "\0" in text:
        raise ConfigInvalid("a sqlite: URL needs the path of a file", expected="sqlite:PATH", found=url, hint=_FORMS)
    if text == ":memory:":
        raise ConfigInvalid("state in memory has a URL of its own", expected="memory:", found=url, hint=_FORMS)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ConfigInvalid(f"the path of a sqlite: URL can't be expanded: {error}", found=url) from error
