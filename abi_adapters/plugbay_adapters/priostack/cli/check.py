"""``plugbay bundle check``: what is in a bundle, and everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from plugbay.cli.failure import FAILED
from plugbay.cli.session import session_of
from plugbay.limits import Limits

if TYPE_CHECKING:
    from plugbay.cli.session import Session
    from plugbay_adapters.priostack.bundle.check import BundleCheck

_LIMITS = "Limits (of each module)"
BundlePath = Annotated[
    str, typer.Argument(metavar="BUNDLE", show_default=False, help="The bundle: a folder, or a zip of it.")
]
Deadline = Annotated[
    float | None,
    typer.Option(
        "--deadline",
        metavar="SECONDS",
        show_default=False,
        rich_help_panel=_LIMITS,
        help=f"Time to start. Default: {Limits().deadline}.",
    ),
]
MemoryPages = Annotated[
    int | None,
    typer.Option(
        "--memory-pages",
        metavar="N",
        show_default=False,
        rich_help_panel=_LIMITS,
        help=f"64 KiB pages of memory. Default: {Limits().memory_pages}.",
    ),
]
ModuleBytes = Annotated[
    int | None,
    typer.Option(
        "--module-bytes",
        metavar="N",
        show_default=False,
        rich_help_panel=_LIMITS,
        help=f"Size of the file. Default: {Limits().module_bytes:,}.",
    ),
]


def check(
    context: typer.Context,
    bundle: BundlePath,
    deadline: Deadline = None,
    memory_pages: MemoryPages = None,
    module_bytes: ModuleBytes = None,
) -> None:
    """Check a bundle as serving it would, and show its routes, intents and goals.

    Every module is loaded and every handler found in it; no function is called. All mistakes are told at once, each
    with its file and line. The exit code is 0 when the bundle can be served, 1 when it has mistakes, 2 when there is
    no bundle at that path.

    Example: `plugbay bundle check shop`
    """
    from plugbay.host import Host
    from plugbay_adapters.priostack.bundle.check import check_bundle

    session = session_of(context)
    values = {"deadline": deadline, "memory_pages": memory_pages, "module_bytes": module_bytes}
    limits = Limits().with_changes(**{name: value for name, value in values.items() if value is not None})
    with Host(limits=limits, plugins=session.plugins) as host:
        found = check_bundle(bundle, host)
    _show(session, found)
    if not found.good:
        raise typer.Exit(FAILED)


def _show(session: Session, found: BundleCheck) -> None:
    from plugbay_adapters.priostack.cli.check_view import check_parts, note_parts, problem_parts

    output = session.output
    for part in note_parts(found):
        output.say(part)
    for part in problem_parts(found):
        output.say(part)
    if output.json:
        output.document(found.to_dict())
    elif found.good:
        output.show(*check_parts(found))
