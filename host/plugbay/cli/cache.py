"""``plugbay cache``: the compiled modules that are kept on disk."""

from __future__ import annotations

import typer

from plugbay.cli.failure import FAILED
from plugbay.cli.options import as_command
from plugbay.cli.session import session_of
from plugbay.cli.text import byte_size, visible


def cache_commands() -> typer.Typer:
    """The group ``plugbay cache``."""
    commands = typer.Typer(
        name="cache",
        no_args_is_help=True,
        help="Look at or empty the cache of compiled modules.\n\nExample: `plugbay cache info`",
    )
    commands.command()(as_command(info))
    commands.command()(as_command(clear))
    return commands


def info(context: typer.Context) -> None:
    """Show where the cache is, how full, and whether it can be used; the exit code is 1 when it can't.

    The folder is PLUGBAY_CACHE_DIR, else plugbay in the user's cache folder.

    Example: `plugbay cache info --json`
    """
    from plugbay.engines.wasmtime.cache import ArtifactCache

    output = session_of(context).output
    found = ArtifactCache().info()
    if output.json:
        output.document(
            {
                "folder": str(found.folder),
                "entries": found.entries,
                "used_bytes": found.used_bytes,
                "max_bytes": found.max_bytes,
                "problem": found.problem,
            }
        )
    else:
        output.show(
            f"folder   {visible(str(found.folder))}\n"
            f"entries  {found.entries:,}\n"
            f"used     {byte_size(found.used_bytes)} of {byte_size(found.max_bytes)}"
        )
    if found.problem is not None:
        output.say(f"the cache can't be used: {visible(found.problem, lines=True)}")
        raise typer.Exit(FAILED)


def clear(context: typer.Context) -> None:
    """Forget every compiled module; each is compiled again when it is next loaded.

    Example: `plugbay cache clear`
    """
    from plugbay.engines.wasmtime.cache import ArtifactCache

    output = session_of(context).output
    cache = ArtifactCache()
    freed = cache.clear()
    if output.json:
        output.document({"folder": str(cache.folder), "freed_bytes": freed})
    else:
        output.show(f"freed {byte_size(freed)} in {visible(str(cache.folder))}")
