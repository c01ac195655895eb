"""``plugbay inspect``: what a module is and whether it can be hosted."""

from __future__ import annotations

import typer

from plugbay.cli.arguments import ModuleFile
from plugbay.cli.failure import FAILED
from plugbay.cli.hosting import Hosting, open_host, read_module_file
from plugbay.cli.session import session_of


def inspect(context: typer.Context, file: ModuleFile, hosting: Hosting) -> None:
    """Show what a module declares, which ABI it speaks and why, and whether it can be hosted.

    Of an actor the metadata is shown too: for that it is started and asked, without any permission; nothing of other
    modules runs. The exit code is 0 when it can be hosted with these options, 1 when it can't.

    Example: `plugbay inspect gear.wasm --memory-pages 16`
    """
    from plugbay.cli.inspection_view import inspection_parts
    from plugbay.inspection import inspect_module

    session = session_of(context)
    with open_host(session, hosting) as host:
        inspection = inspect_module(
            host,
            read_module_file(host, file),
            abi=hosting.abi,
            engine=hosting.engine,
            config=hosting.config,
            features=hosting.features,
        )
    if session.output.json:
        session.output.document(inspection.to_dict())
    else:
        session.output.show(*inspection_parts(inspection))
    if not inspection.hostable:
        raise typer.Exit(FAILED)
