"""``plugbay call``: one call of a plugin."""

from __future__ import annotations

import base64
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from plugbay.cli.arguments import FunctionName, InputFile, InputText, MessageLine, ModuleFile
from plugbay.cli.failure import describe, exit_code, facts_of
from plugbay.cli.guest_logs import show_records, shown_logs
from plugbay.cli.hosting import Hosting, function_of, load_plugin, open_host
from plugbay.cli.payload import read_message, read_payload, require_one_input
from plugbay.cli.session import session_of
from plugbay.cli.text import byte_size, hex_lines, is_text
from plugbay.errors import ConfigInvalid, MessageRejected

if TYPE_CHECKING:
    from plugbay.cli.output import Output
    from plugbay.errors import PlugbayError
    from plugbay.outcome import Outcome
    from plugbay.plugin import Plugin

_SHOWN_BYTES = 1024

Port = Annotated[str, typer.Option("--port", metavar="NAME", help="With --message: the port that it arrives at.")]


def call(
    context: typer.Context,
    file: ModuleFile,
    hosting: Hosting,
    function: FunctionName = None,
    text: InputText = None,
    input_file: InputFile = None,
    message: MessageLine = None,
    port: Port = "in",
) -> None:
    """Call a plugin once and print what it returns.

    With --input or --input-file the bytes go in as they are, and the bytes that come out go to standard output as they
    are (on a terminal: text, or a hex dump). With --message a fluxMsg goes in, and the messages that it leads to come
    out as a JSON line each. Log lines of the plugin go to standard error.

    Example: `plugbay call gear.wasm --message '{"data": {"amount": 12}}'`
    """
    output = session_of(context).output
    require_one_input(input=text, input_file=input_file, message=message)
    if message is not None and function is not None:
        raise ConfigInvalid("--message goes to a port, not to a function", function=function, hint="leave FUNCTION out")
    incoming = read_message(message) if message is not None else None
    with (
        shown_logs(output),
        open_host(session_of(context), hosting) as host,
        load_plugin(host, hosting, file) as plugin,
    ):
        if incoming is None:
            payload = read_payload(text, input_file, most=hosting.limits.input_bytes)
            _call(output, plugin, function_of(plugin, function), payload)
        else:
            _report(output, plugin, plugin.process(incoming, port))


def _call(output: Output, plugin: Plugin, function: str, payload: bytes) -> None:
    started = perf_counter()
    result = plugin.call(function, payload)
    seconds = perf_counter() - started
    if output.json:
        output.document(
            {
                "plugin": plugin.name,
                "abi": plugin.claim.abi,
                "function": function,
                "input_bytes": len(payload),
                "output_bytes": len(result),
                "text": result.decode() if is_text(result) else None,
                "base64": base64.b64encode(result).decode(),
                "seconds": seconds,
            }
        )
    elif not output.to_terminal:
        output.write(result)
    elif is_text(result):
        output.write(result if result.endswith(b"\n") or not result else result + b"\n")
    else:
        output.write(hex_lines(result, _SHOWN_BYTES).encode() + b"\n")
        output.say(f"{byte_size(len(result))}, shown as hex; redirect standard output to get them as they are")


def _report(output: Output, plugin: Plugin, outcome: Outcome) -> None:
    from plugbay.message.ndjson import to_line
    from plugbay.outcome import Disposition

    error = outcome.error
    if outcome.disposition is Disposition.REJECT:
        error = MessageRejected(outcome.reason or "no reason given", plugin=plugin.name)
    show_records(output, plugin.name, outcome.logs)
    if output.json:
        output.document(_facts(plugin, outcome, error))
    else:
        output.write(b"".join(to_line(message, port=port) for port, message in outcome.messages))
    if outcome.disposition is Disposition.DROP:
        output.say(f"{plugin.name} dropped the message")
    if error is not None:
        output.say(describe(facts_of(error)))
        raise typer.Exit(exit_code(error))


def _facts(plugin: Plugin, outcome: Outcome, error: PlugbayError | None) -> dict[str, object]:
    import orjson

    from plugbay.message.ndjson import to_line

    change = outcome.state_change
    return {
        "plugin": plugin.name,
        "abi": plugin.claim.abi,
        "disposition": str(outcome.disposition),
        "messages": [{"port": port, "message": orjson.loads(to_line(message))} for port, message in outcome.messages],
        "logs": [{"level": str(record.level), "text": record.text} for record in outcome.logs],
        "reason": outcome.reason,
        "state": None if change is None else {"written": sorted(change.written), "deleted": sorted(change.deleted)},
        "fuel": outcome.fuel,
        "seconds": outcome.seconds,
        "error": None if error is None else facts_of(error),
    }
