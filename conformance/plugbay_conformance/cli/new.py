"""``plugbay new``: a project for a plugin, which builds with one command and passes ``plugbay conform``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugbay.cli.session import session_of

if TYPE_CHECKING:
    from plugbay_conformance.scaffold import Project

NameArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", show_default=False, help="Name of the project, or path of the folder that is made."),
]
Abi = Annotated[
    str,
    typer.Option(
        "--abi", metavar="ABI", show_default=False, help="fluxrig, extism, reflow (Extism's actors) or priostack."
    ),
]
Language = Annotated[str, typer.Option("--lang", metavar="LANGUAGE", show_default=False, help="rust, go or zig.")]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        show_default="the ABI's usual one",
        help="core, extended (fluxrig); plugin, actor (extism); packed (priostack).",
    ),
]


def new(context: typer.Context, name: NameArgument, abi: Abi, lang: Language, profile: Profile = None) -> None:
    """Make a project for a plugin: source, native tests, build script, CI file, editor settings.

    It keeps a copy of the language's SDK, so it needs nothing but the language. The folder must not be there yet; it is
    made whole or not at all.

    Example: `plugbay new my-filter --abi fluxrig --lang rust`
    """
    from plugbay_conformance.scaffold import create_project, kind_of

    output = session_of(context).output
    project = create_project(Path(name), kind_of(abi, profile, lang))
    if output.json:
        output.document({"project": _document(project)})
    else:
        output.show(_text(project))


def _next_commands(project: Project) -> list[str]:
    from shlex import quote

    return [f"cd {quote(str(project.folder))} && ./build.sh", f"plugbay conform {project.module}"]


def _document(project: Project) -> dict[str, object]:
    kind = project.kind
    return {
        "name": project.name,
        "abi": kind.abi,
        "profile": kind.profile,
        "language": kind.language,
        "folder": str(project.folder),
        "files": [path.as_posix() for path in project.files],
        "module": project.module,
        "next": _next_commands(project),
    }


def _text(project: Project) -> str:
    from plugbay.cli.text import visible
    from plugbay_conformance.scaffold import SDK_FOLDER

    kind = project.kind
    lines = [f"made {visible(str(project.folder))}: a plugin for {kind.abi} {kind.profile} in {kind.language}"]
    lines += [f"  {path.as_posix()}" for path in project.files]
    lines += [f"  {SDK_FOLDER}/  (the SDK)", "", "next"]
    lines += [f"  {visible(command)}" for command in _next_commands(project)]
    return "\n".join(lines)
