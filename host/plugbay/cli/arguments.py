"""Arguments that several verbs take."""

from __future__ import annotations

from typing import Annotated

import typer

ModuleFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="The plugin: a .wasm or .wat file, an Extism manifest (JSON), or a URI that an installed plugin reads.",
    ),
]
FunctionName = Annotated[
    str | None, typer.Argument(metavar="[FUNCTION]", show_default=False, help="The function; its ABI's own by default.")
]
InputText = Annotated[
    str | None, typer.Option("--input", metavar="TEXT", show_default=False, help="The input, as UTF-8 text.")
]
InputFile = Annotated[
    str | None,
    typer.Option("--input-file", metavar="PATH", show_default=False, help="A file with the input; - is stdin."),
]
MessageLine = Annotated[
    str | None,
    typer.Option(
        "--message",
        metavar="JSON",
        show_default=False,
        help='A fluxMsg as a line of JSON, such as \'{"data": {"amount": 12}}\'. What is missing is filled in.',
    ),
]
