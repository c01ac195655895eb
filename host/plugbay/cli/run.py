"""``plugbay run``: a stream of messages through one plugin."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from plugbay.cli.hosting import Hosting, load_plugin, open_host
from plugbay.cli.session import session_of
from plugbay.cli.text import visible
from plugbay.message.message import PORT_OUT
from plugbay.stream.formats import StreamFormat

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from plugbay.stream.files import StreamFiles
    from plugbay.stream.summary import StreamSummary

STANDARD = "-"


def run(
    context: typer.Context,
    hosting: Hosting,
    file: Annotated[str, typer.Argument(help="The plugin: a .wasm or .wat file, a manifest, or a URI.")],
    source: Annotated[str, typer.Option("--in", metavar="PATH", help="The messages; - is standard input.")] = STANDARD,
    sink: Annotated[str, typer.Option("--out", metavar="PATH", help="The results; - is standard output.")] = STANDARD,
    port: Annotated[str, typer.Option("--port", metavar="NAME", help="The port that messages go in by.")] = "in",
    in_format: Annotated[
        StreamFormat | None,
        typer.Option("--in-format", help="The input's format.", show_default="by its name's ending or first byte"),
    ] = None,
    out_format: Annotated[
        StreamFormat | None,
        typer.Option("--out-format", help="The output's.", show_default="by its ending, else the input's"),
    ] = None,
    failures: Annotated[
        str | None,
        typer.Option(
            "--failures", metavar="PATH", help="Where failed messages go, with their errors; - is standard error."
        ),
    ] = None,
    logs: Annotated[
        str | None, typer.Option("--logs", metavar="PATH", help="Where the plugin's log lines go; - is standard error.")
    ] = None,
) -> None:
    """Stream messages (NDJSON, or a CBOR sequence) through one plugin, in order, in constant memory.

    Example: plugbay run fraud.wasm --in payments.cbor --out scored.ndjson --failures rejected.ndjson

    A message that fails is counted, and written to --failures; the others go on. A line of the output names the port
    that its message came out by, where that is another than out. Ctrl-C ends the stream after the batch
    that it is in. The summary goes to standard error, as JSON to standard output if the results go to a file.
    """
    from plugbay.stream.files import StreamFiles, stream_files

    output = session_of(context).output
    files = StreamFiles(source, sink, in_format, out_format, failures, logs)
    with open_host(session_of(context), hosting) as host, load_plugin(host, hosting, file) as plugin:
        kept = len(host.state.snapshot(plugin.name)) if hosting.permissions.state else None
        if kept is not None and not output.json:
            output.say(_resumption(plugin.name, hosting.state, kept))
        with _progress(output.stderr, files) as on_progress:
            summary = stream_files(host, plugin, files, port=port, workers=hosting.instances, on_progress=on_progress)
    if output.json:
        tell = output.document if sink != STANDARD else output.say_json
        tell({"plugin": plugin.name, "state_keys_before": kept, **summary.to_dict()})
    else:
        output.say(_summary_table(plugin.name, summary, files))
    if summary.ended == "interrupted":
        raise typer.Exit(130)
    if not summary.good and summary.ended != "output closed":
        raise typer.Exit(1)


def _resumption(plugin: str, state: str, kept: int) -> str:
    """Nothing is resumed silently: state that is there from before is said to be."""
    was = f"goes on with {kept:,} keys from before" if kept else "starts empty"
    return f"State of {plugin} in {state} {was}."


@contextmanager
def _progress(console: Console, files: StreamFiles) -> Generator[Callable[[StreamSummary], None] | None]:
    """A progress bar on a terminal that does not show the results themselves."""
    if not console.is_terminal or (files.sink == STANDARD and sys.stdout.isatty()):
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from plugbay.stream.files import size_of

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("messages", total=size_of(files.source), rate="")

        def show(summary: StreamSummary) -> None:
            progress.update(
                task,
                completed=summary.bytes_in,
                description=f"{summary.read:,} messages",
                rate=f"{summary.messages_per_second:,.0f} msg/s",
            )

        yield show


def _summary_table(name: str, summary: StreamSummary, files: StreamFiles) -> RenderableType:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_column(style="dim")
    table.title = f"{name}: {_ENDED[summary.ended]}"
    table.title_justify = "left"
    table.add_row("in", f"{summary.read:,}", _size(summary.bytes_in))
    table.add_row("out", f"{summary.out:,}", _size(summary.bytes_out))
    if any(port != PORT_OUT for port, _ in summary.ports):
        table.add_row("by port", "", _kinds(summary.ports))
    counts = {
        "dropped": summary.dropped,
        "rejected": summary.rejected,
        "failed": summary.failed,
        "invalid input": summary.invalid,
    }
    for label, count in counts.items():
        table.add_row(label, f"{count:,}", "")
    if summary.errors:
        table.add_row("errors", f"{sum(count for _, count in summary.errors):,}", _kinds(summary.errors))
    if summary.logs:
        table.add_row("log lines", f"{sum(count for _, count in summary.logs):,}", _kinds(summary.logs))
    if summary.fuel is not None:
        table.add_row("fuel", f"{summary.fuel:,}", f"{summary.fuel / max(1, summary.read):,.0f} a message")
    table.add_row("rate", f"{summary.messages_per_second:,.0f}", f"msg/s over {summary.seconds:.2f} s")
    table.add_row("in the plugin", f"{summary.p50_us:,.1f}", f"µs a message at p50, {summary.p99_us:,.1f} at p99")
    spent = (("reading", summary.read_seconds), ("plugin", summary.plugin_seconds), ("writing", summary.write_seconds))
    whole = max(summary.seconds, 1e-9)
    table.add_row("time", "", ", ".join(f"{share} {seconds / whole:.0%}" for share, seconds in spent))
    if (summary.failed or summary.rejected or summary.invalid) and files.failures is not None:
        table.add_row("failures", "", f"with their errors in {files.failures}")
    elif summary.failed or summary.rejected or summary.invalid:
        table.add_row("failures", "", "not kept; --failures PATH writes them down")
    return table


_ENDED = {
    "end": "the whole stream",
    "interrupted": "interrupted; everything above was written whole",
    "output closed": "ended early, the output was closed",
    "input broken": "ended early, the input can't be read on",
}


def _kinds(counts: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{count:,} {visible(name)}" for name, count in counts[:5])


def _size(count: float) -> str:
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:,.{0 if unit == 'bytes' else 1}f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"
