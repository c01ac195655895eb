"""``plugbay bundle serve``: a bundle's endpoints over HTTP."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from plugbay.cli.failure import FAILED, facts_of, show_failure
from plugbay.cli.session import session_of
from plugbay.errors import ConfigInvalid
from plugbay.limits import Limits

if TYPE_CHECKING:
    from plugbay.cli.output import Output
    from plugbay_adapters.priostack.serving.serve import Ready

_SERVER, _CLIENTS, _LIMITS = "Server", "Clients", "Limits (per call, unless they say otherwise)"

BundlePath = Annotated[
    str, typer.Argument(metavar="BUNDLE", show_default=False, help="The bundle: a folder, or a zip of it.")
]
HostName = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; 0.0.0.0 is everywhere.")]
Port = Annotated[int, typer.Option("--port", metavar="N", help="0 takes any free one.")]
Workers = Annotated[int, typer.Option("--workers", metavar="N", help="Processes that serve.", rich_help_panel=_SERVER)]
Instances = Annotated[
    int,
    typer.Option(
        "--instances", metavar="N", help="Calls of a service that run at once in a worker.", rich_help_panel=_SERVER
    ),
]
Waiting = Annotated[
    int,
    typer.Option(
        "--waiting", metavar="N", help="Calls of it that may wait; more are answered 503.", rich_help_panel=_SERVER
    ),
]
Queue = Annotated[
    str | None,
    typer.Option(
        "--queue",
        metavar="URL",
        help="Where sensor events are kept: sqlite:PATH, or memory: to lose them with the server. "
        "Default: the bundle's own file in your state folder.",
        show_default=False,
        rich_help_panel=_SERVER,
    ),
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Reload the bundle when a file of it changes.", rich_help_panel=_SERVER)
]
AccessLog = Annotated[
    str,
    typer.Option(
        "--access-log",
        metavar="PATH",
        help="Where a line of JSON for each request goes; - is standard output.",
        rich_help_panel=_SERVER,
    ),
]
NoAccessLog = Annotated[bool, typer.Option("--no-access-log", help="Write none.", rich_help_panel=_SERVER)]
Grace = Annotated[
    float,
    typer.Option(
        "--grace", metavar="SECONDS", help="Time for requests to finish after SIGTERM.", rich_help_panel=_SERVER
    ),
]
Connections = Annotated[
    int,
    typer.Option("--connections", metavar="N", help="Open ones, in each worker.", rich_help_panel=_CLIENTS),
]
HeadBytes = Annotated[
    int, typer.Option("--head-bytes", metavar="N", help="Size of a request's headers.", rich_help_panel=_CLIENTS)
]
HeadSeconds = Annotated[
    float,
    typer.Option("--head-seconds", metavar="SECONDS", help="Time to send headers.", rich_help_panel=_CLIENTS),
]
BodySeconds = Annotated[
    float,
    typer.Option("--body-seconds", metavar="SECONDS", help="Time to send all of it.", rich_help_panel=_CLIENTS),
]
IdleSeconds = Annotated[
    float,
    typer.Option("--idle-seconds", metavar="SECONDS", help="Time between two requests.", rich_help_panel=_CLIENTS),
]
TrustProxy = Annotated[
    str | None,
    typer.Option(
        "--trust-proxy",
        metavar="ADDRESS",
        help="The proxy whose X-Forwarded-For is believed; * is any.",
        show_default=False,
        rich_help_panel=_CLIENTS,
    ),
]
Deadline = Annotated[
    float | None,
    typer.Option("--deadline", metavar="SECONDS", help="Default: 1.0.", show_default=False, rich_help_panel=_LIMITS),
]
Fuel = Annotated[
    int | None,
    typer.Option("--fuel", metavar="N", help="Default: not metered.", show_default=False, rich_help_panel=_LIMITS),
]
MemoryPages = Annotated[
    int | None,
    typer.Option(
        "--memory-pages",
        metavar="N",
        help="64 KiB pages of one instance. Default: 512.",
        show_default=False,
        rich_help_panel=_LIMITS,
    ),
]
InputBytes = Annotated[
    int | None,
    typer.Option("--input-bytes", metavar="N", help="Default: 4,194,304.", show_default=False, rich_help_panel=_LIMITS),
]
OutputBytes = Annotated[
    int | None,
    typer.Option(
        "--output-bytes", metavar="N", help="Default: 4,194,304.", show_default=False, rich_help_panel=_LIMITS
    ),
]


def serve(
    context: typer.Context,
    bundle: BundlePath,
    host: HostName = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    instances: Instances = 4,
    waiting: Waiting = 100,
    queue: Queue = None,
    watch: Watch = False,
    access_log: AccessLog = "-",
    no_access_log: NoAccessLog = False,
    grace: Grace = 30.0,
    connections: Connections = 1000,
    head_bytes: HeadBytes = 32768,
    head_seconds: HeadSeconds = 10.0,
    body_seconds: BodySeconds = 60.0,
    idle_seconds: IdleSeconds = 30.0,
    trust_proxy: TrustProxy = None,
    deadline: Deadline = None,
    fuel: Fuel = None,
    memory_pages: MemoryPages = None,
    input_bytes: InputBytes = None,
    output_bytes: OutputBytes = None,
) -> None:
    """Serve a bundle over HTTP until SIGTERM or Ctrl-C, which let requests finish; a second one ends at once.

    Each endpoint of the bundle is at its own path. The page to try them is at /docs, the OpenAPI document at
    /openapi.json; /_sensors/NAME takes events, /_intents and /_goals tell how things stand, /metrics is for Prometheus,
    /healthz and /readyz for whoever watches. SIGHUP reloads the bundle, as --watch does by itself: a broken one is
    refused and the old one serves on.

    With --json the first line of standard output is an object with the url and the pid, once requests can come.

    Example: `plugbay bundle serve shop --port 8000 --watch`
    """
    from plugbay_adapters.priostack.errors import BundleInvalid
    from plugbay_adapters.priostack.intents.default_queue import default_queue
    from plugbay_adapters.priostack.serving.logs import server_logs
    from plugbay_adapters.priostack.serving.serve import serve as serve_bundle
    from plugbay_adapters.priostack.serving.settings import STANDARD_OUTPUT, ServeSettings

    session = session_of(context)
    if no_access_log and access_log != STANDARD_OUTPUT:
        raise ConfigInvalid("--access-log names a file, and --no-access-log wants none", found=access_log)
    limits = {
        "deadline": deadline,
        "fuel": fuel,
        "memory_pages": memory_pages,
        "input_bytes": input_bytes,
        "output_bytes": output_bytes,
    }
    settings = ServeSettings(
        source=bundle,
        host=host,
        port=port,
        workers=workers,
        instances=instances,
        waiting=waiting,
        queue=queue if queue is not None else default_queue(bundle),
        watch=watch,
        access_log=None if no_access_log else access_log,
        trusted_proxy=trust_proxy,
        grace=grace,
        connections=connections,
        head_bytes=head_bytes,
        head_seconds=head_seconds,
        body_seconds=body_seconds,
        idle_seconds=idle_seconds,
        limits=Limits().with_changes(
            **{name: value for name, value in limits.items() if value is not None},
            instances=max(instances, Limits().instances),
        ),
    )
    try:
        with server_logs():
            finished = serve_bundle(
                settings, plugins=session.plugins, on_ready=lambda ready: _announce(session.output, ready)
            )
    except BundleInvalid as error:  # no wrong use of the command: the same exit code as of `check`
        show_failure(session.output, facts_of(error))
        raise typer.Exit(FAILED) from None
    if not finished:
        sys.stdout.flush()
        os._exit(FAILED)  # functions still run in threads, and nothing waits for them


def _announce(output: Output, ready: Ready) -> None:
    """Say where the server is; nothing before this means that requests can come."""
    if output.json:
        output.document({"url": ready.url, "pid": os.getpid(), "bundle": ready.bundle, "routes": ready.routes})
        return
    endpoints = "1 endpoint" if ready.routes == 1 else f"{ready.routes} endpoints"
    output.say(f"{ready.bundle} serves {endpoints} at {ready.url} (try them at {ready.url}/docs)")
