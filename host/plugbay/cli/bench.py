"""``plugbay bench``: how fast a plugin answers."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from plugbay.cli.arguments import FunctionName, InputFile, InputText, MessageLine, ModuleFile
from plugbay.cli.hosting import Hosting, function_of, load_module, open_host, read_module_file
from plugbay.cli.payload import read_message, read_payload, require_one_input
from plugbay.cli.session import session_of
from plugbay.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.table import Table

    from plugbay.cli.output import Output
    from plugbay.measure import BenchReport, Measurement, OnStep
    from plugbay.plugin import Plugin

Seconds = Annotated[
    float, typer.Option("--seconds", metavar="SECONDS", min=0.01, max=3600, help="How long each way is measured.")
]
Threads = Annotated[
    int, typer.Option("--threads", metavar="N", min=1, max=64, help="Threads to measure with, beside one alone.")
]


def bench(
    context: typer.Context,
    file: ModuleFile,
    hosting: Hosting,
    function: FunctionName = None,
    text: InputText = None,
    input_file: InputFile = None,
    message: MessageLine = None,
    seconds: Seconds = 1.0,
    threads: Threads = 2,
) -> None:
    """Measure how fast a plugin answers: single calls and batches, with one thread and with several.

    A fluxrig gear that imports nothing but env.log, and a byte function that asks the host for nothing, are measured
    beside wasmtime-py's ordinary calls, which do the same steps; Extism plugins and Reflow actors beside Extism's
    Python SDK. The last column says how many times as fast plugbay is. Without an input a gear gets typical messages of
    a card payment, an actor a context with values on its required inports, other plugins get letters. With --message a
    gear gets that message.

    Example: `plugbay bench gear.wasm --message '{"data": {"amount": 12}}' --seconds 3`
    """
    from plugbay.measure import bench_plugin
    from plugbay.samples import typical_payloads

    session = session_of(context)
    output = session.output
    require_one_input(input=text, input_file=input_file, message=message)
    with open_host(session, hosting) as host:
        source = read_module_file(host, file)
        with load_module(host, hosting, source, instances=threads) as plugin:
            if message is not None:
                payloads = [_encoded(plugin, message)]
            elif text is not None or input_file is not None:
                payloads = [read_payload(text, input_file, most=hosting.limits.input_bytes)]
            else:
                payloads = typical_payloads(plugin.claim.abi, plugin.metadata, hosting.config)
            with _silent_guests(), _progress(output) as on_step:
                report = bench_plugin(
                    plugin,
                    source,
                    payloads,
                    function=function_of(plugin, function),
                    seconds=seconds,
                    threads=threads,
                    config=hosting.config,
                    on_step=on_step,
                )
    if output.json:
        output.document(report.to_dict())
        return
    output.show(_table(report))
    if report.peer_note is not None:
        output.say(f"no comparison: {report.peer_note}")


def _encoded(plugin: Plugin, line: str) -> bytes:
    """The bytes of a message, for an ABI whose raw calls take such."""
    from plugbay.peers.extism import EXTISM_ABIS
    from plugbay.peers.priostack import PRIOSTACK

    if plugin.claim.abi in (*EXTISM_ABIS, PRIOSTACK):
        raise ConfigInvalid(
            f"raw calls of the {plugin.claim.abi} ABI take no fluxMsg", hint="give the bytes with --input"
        )
    return read_message(line).to_cbor()


@contextmanager
def _silent_guests() -> Generator[None]:
    """No log lines of guests: a million of the same help nobody."""
    logger = logging.getLogger("plugbay.guest")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _progress(output: Output) -> Generator[OnStep]:
    """A line on the terminal that says what is measured; elsewhere nothing."""
    with output.stderr.status("") as status:
        yield lambda step: status.update(f"measuring {step}")


def _table(report: BenchReport) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from plugbay.cli.text import visible

    title = f"{visible(report.plugin)} ({report.abi}), payloads of {report.payload_bytes:,.0f} bytes"
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column("way")
    for heading in ("mean µs", "p50 µs", "p99 µs", "messages/s", *(["times as fast"] if report.peer else [])):
        table.add_column(heading, justify="right")
    for measurement in report.measurements:
        table.add_row(*_cells(measurement), *_ratio(report.ratio(measurement)))
    if report.peer is not None:
        table.add_row(*_cells(report.peer), "1.0", style="dim")
    return table


def _cells(measurement: Measurement) -> tuple[str, ...]:
    times = (measurement.mean_us, measurement.p50_us, measurement.p99_us)
    return (measurement.way, *(f"{time:,.3f}" for time in times), f"{measurement.messages_per_second:,.0f}")


def _ratio(ratio: float | None) -> tuple[str, ...]:
    return () if ratio is None else (f"{ratio:,.1f}",)
