"""The options that every verb with a plugin takes, in one place, and how a verb gets them."""

from __future__ import annotations

import inspect
from dataclasses import fields
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from plugbay.cli.hosting import MEMORY, Hosting
from plugbay.cli.session import session_of
from plugbay.detection import AUTO
from plugbay.errors import ConfigInvalid
from plugbay.limits import Limits
from plugbay.permissions import Permissions
from plugbay.services.paths import PathGrant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_PLUGIN, _RIGHTS, _LIMITS = "Plugin", "Permissions", "Limits (per message, unless they say otherwise)"


class Service(StrEnum):
    """What ``--allow`` and ``--deny`` name."""

    STATE = "state"
    LOG = "log"
    OUTPUTS = "outputs"
    CLOCK = "clock"
    RANDOMNESS = "randomness"


_SERVICES = ", ".join(Service)


_LIMIT_HELP: Mapping[str, tuple[str, str]] = {
    "deadline": ("SECONDS", "Wall-clock time, host calls included; also for start-up."),
    "fuel": ("N", "Fuel units, about one per wasm instruction."),
    "memory_pages": ("N", "64 KiB pages of memory that the plugin may have."),
    "module_bytes": ("N", "Size of the module file."),
    "table_elements": ("N", "Elements of all tables of one instance."),
    "stack_bytes": ("N", "Native stack of wasm frames."),
    "input_bytes": ("N", "Size of one input."),
    "output_bytes": ("N", "Size of one result."),
    "messages_out": ("N", "Messages sent for one input."),
    "log_bytes": ("N", "Log text."),
    "state_bytes": ("N", "Keys and values in the plugin's state, in all."),
    "http_bytes": ("N", "Body of one HTTP response."),
    "var_bytes": ("N", "Variables of one Extism instance, in all."),
}
"""Placeholder and help of each limit's option; the pool's own limit follows ``--instances``."""


def as_command(verb: Callable[..., None]) -> Callable[..., None]:
    """A verb as typer takes it: with ``--json``, and, when it has a parameter ``hosting``, the shared options for it.

    A verb's first parameter is its ``context``; whether JSON is wanted it asks its session.
    """
    signature = inspect.signature(verb, eval_str=True)
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "hosting"]
    shared = _hosting_options() if len(own) < len(signature.parameters) else []

    @wraps(verb)
    def command(context: typer.Context, json: bool, **values: Any) -> None:
        session_of(context).output.json = json
        if shared:
            values["hosting"] = hosting_of({option.name: values.pop(option.name) for option in shared})
        verb(context, **values)

    parameters = [*own, *shared, _option("json", bool, False, help="Print JSON: data and errors.")]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__dict__["__signature__"] = signature.replace(parameters=parameters)
    return command


def hosting_of(values: Mapping[str, Any]) -> Hosting:
    """What the values of the shared options ask for. Raises :class:`ConfigInvalid`."""
    return Hosting(
        abi=values["abi"],
        engine=values["engine"],
        config=parse_config(values["config"]),
        features=frozenset(values["feature"]),
        name=values["name"],
        instances=values["instances"],
        state=values["state"] or MEMORY,
        permissions=_permissions(values),
        limits=_limits(values),
    )


def parse_config(pairs: Iterable[str]) -> dict[str, Any]:
    """A plugin's config from ``key=value`` texts; a value that is JSON is taken as that, any other as text.

    Raises :class:`ConfigInvalid` for a text without ``=`` or key, and for a key that is named twice.
    """
    config: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not key or not equals:
            raise ConfigInvalid(f"--config takes KEY=VALUE, not {pair!r}", expected="KEY=VALUE", found=pair)
        if key in config:
            raise ConfigInvalid(f"--config names {key} twice", function=key)
        try:
            config[key] = orjson.loads(text)
        except orjson.JSONDecodeError:
            config[key] = text
    return config


def _permissions(values: Mapping[str, Any]) -> Permissions:
    allowed, denied = set(values["allow"]), set(values["deny"])
    if values["state"] is not None:
        allowed.add(Service.STATE)
    both = sorted(allowed & denied)
    if both:
        raise ConfigInvalid(
            f"{both[0]} is both allowed and denied",
            found=", ".join(both),
            hint="--state URL allows the state that it names" if both[0] is Service.STATE else None,
        )
    changes = dict.fromkeys(map(str, allowed), True) | dict.fromkeys(map(str, denied), False)
    return Permissions(
        **changes,
        http=tuple(values["allow_http"]),
        functions=tuple(values["allow_function"]),
        paths=tuple(map(PathGrant.parse, values["allow_path"])),
    )


def _limits(values: Mapping[str, Any]) -> Limits:
    changes = {name: values[name] for name in _LIMIT_HELP if values[name] is not None}
    return Limits().with_changes(**changes, instances=max(values["instances"], Limits().instances))


def _hosting_options() -> list[inspect.Parameter]:
    return [
        _option("abi", str, AUTO, panel=_PLUGIN, metavar="NAME", help="The module's ABI.", shown="found out"),
        _option("engine", str | None, None, panel=_PLUGIN, metavar="NAME", help="What runs it.", shown="the ABI's own"),
        _option(
            "config", list[str], [], panel=_PLUGIN, metavar="KEY=VALUE",
            help="An entry of the plugin's config; VALUE is JSON or text. Repeat it for more.",
        ),
        _option(
            "name", str | None, None, panel=_PLUGIN, metavar="TEXT",
            help="Its name, also the namespace of its state.", shown="the file's",
        ),
        _option("instances", int, 1, panel=_PLUGIN, metavar="N", help="How many of it may run at once.", shown="1"),
        _option(
            "feature", list[str], [], panel=_PLUGIN, metavar="NAME",
            help="A wasm proposal to allow beyond core 2.0, such as tail-call. Repeat it for more.",
        ),
        _option(
            "allow", list[Service], [], panel=_RIGHTS, metavar="SERVICE",
            help=f"What the plugin may use: {_SERVICES}. All but state are allowed anyway. Repeat it for more.",
        ),
        _option(
            "deny", list[Service], [], panel=_RIGHTS, metavar="SERVICE",
            help="What it may not use; the same names. Repeat it for more.",
        ),
        _option(
            "allow_http", list[str], [], panel=_RIGHTS, metavar="HOST",
            help="A host that it may send HTTP requests to: api.example.com, *.example.com. Repeat it for more.",
        ),
        _option(
            "allow_function", list[str], [], panel=_RIGHTS, metavar="NAME",
            help="A host function of an installed package that it may call. Repeat it for more.",
        ),
        _option(
            "allow_path", list[str], [], panel=_RIGHTS, metavar="[ro:]HOST[:GUEST]",
            help="A folder that it may open files in, read only with ro:, and where it sees it. Repeat it for more.",
        ),
        _option(
            "state", str | None, None, panel=_RIGHTS, metavar="URL",
            help="Where its state is kept, such as sqlite:state.db; this allows state, too.",
            shown="memory:, gone at the end",
        ),
        *_limit_options(),
    ]  # fmt: skip


def _limit_options() -> list[inspect.Parameter]:
    defaults = Limits()
    options: list[inspect.Parameter] = []
    for limit in fields(Limits):
        if limit.name == "instances":
            continue
        metavar, text = _LIMIT_HELP[limit.name]
        default = getattr(defaults, limit.name)
        kind = float if limit.name == "deadline" else int
        shown = "not metered" if default is None else f"{default:,}"
        options.append(_option(limit.name, kind | None, None, panel=_LIMITS, metavar=metavar, help=text, shown=shown))
    return options


def _option(
    name: str,
    kind: Any,
    default: object,
    *,
    help: str,  # noqa: A002 # typer's word for it
    panel: str | None = None,
    metavar: str | None = None,
    shown: str | None = None,
) -> inspect.Parameter:
    text = help if shown is None else f"{help} Default: {shown}."
    flag = f"--{name.replace('_', '-')}"
    info = typer.Option(flag, help=text, metavar=metavar, rich_help_panel=panel, show_default=False)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])
