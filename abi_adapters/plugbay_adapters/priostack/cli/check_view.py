"""The check of a bundle as tables for people, readable in 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from plugbay.cli.text import visible
from plugbay_adapters.priostack.durations import duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from plugbay_adapters.priostack.bundle.check import BundleCheck, CheckedHandler, CheckedIntent
    from plugbay_adapters.priostack.bundle.documents import Goal, Intent
    from plugbay_adapters.priostack.bundle.problem import Problem

_MOST_ROWS: Final = 200
_MOST_PROBLEMS: Final = 100
_METHODS: Final = {"GET": "green", "POST": "blue", "PUT": "yellow", "DELETE": "red", "PATCH": "magenta"}
_ARROW: Final = "→"


def check_parts(found: BundleCheck) -> Iterator[RenderableType]:
    """What ``plugbay bundle check`` prints of a bundle that is good."""
    document = found.document
    assert document is not None, "a good bundle was read"
    yield Text.assemble((visible(document.name), "bold"), f"  {visible(document.version)}")
    if document.description:
        yield Text(visible(document.description.strip(), lines=True), "dim")
    yield from _table("Services", [_service_row(found, at) for at in range(len(found.services))])
    yield from _table("Routes", [_route_row(found, at) for at in range(len(found.routes))])
    yield from _table("Intents", [_intent_row(checked) for checked in found.intents])
    yield from _table("Goals", [_goal_row(goal) for goal in found.goals])
    yield Text("\nIt can be served.", "green")


def problem_parts(found: BundleCheck) -> Iterator[Text]:
    """The mistakes, each with its place and the way out, and how many there are."""
    for problem in found.problems[:_MOST_PROBLEMS]:
        yield _problem(problem, "bold red")
    if found.problems:
        count = len(found.problems)
        more = f"; the first {_MOST_PROBLEMS} are shown, --json has all" if count > _MOST_PROBLEMS else ""
        mistakes = "1 mistake" if count == 1 else f"{count:,} mistakes"
        yield Text(f"{visible(found.source)} can't be served: {mistakes}{more}", "red")


def note_parts(found: BundleCheck) -> Iterator[Text]:
    """What is no mistake, but may well not be meant."""
    for note in found.notes[:_MOST_PROBLEMS]:
        yield Text.assemble(("note: ", "yellow"), _problem(note, "bold"))


def _problem(problem: Problem, style: str) -> Text:
    text = Text.assemble((f"{visible(str(problem.place))}:", style), f" {visible(problem.reason)}")
    if problem.hint is not None:
        text.append("\n  hint: ", "green").append(visible(problem.hint))
    return text


def _service_row(found: BundleCheck, at: int) -> tuple[Text, ...]:
    service = found.services[at]
    module = "no module of its own" if service.module is None else _functions(len(service.functions))
    return (
        Text(visible(service.name), "bold"),
        Text(visible(service.version), "dim"),
        Text(module),
        Text(visible(service.description.strip()), "dim"),
    )


def _route_row(found: BundleCheck, at: int) -> tuple[Text, ...]:
    route = found.routes[at]
    method = Text(route.method, _METHODS[route.method])
    return method, Text(visible(route.path), "bold"), *_target_cells(route.target)


def _intent_row(checked: CheckedIntent) -> tuple[Text, ...]:
    intent = checked.intent
    name = Text.assemble((visible(intent.name), "bold"), (f"\non {visible(intent.sensor)}", "dim"))
    target, convention = _target_cells(checked.target)
    return name, Text.assemble(target, (f"\n{_timing(intent)}", "dim")), convention


def _timing(intent: Intent) -> str:
    parts = [
        f"{what} {duration_text(seconds)}"
        for what, seconds in (
            ("cooldown", intent.cooldown),
            ("expected", intent.expected_duration),
            ("expires", intent.expires_in),
        )
        if seconds is not None
    ]
    if intent.retries:
        parts.insert(0, "1 retry" if intent.retries == 1 else f"{intent.retries} retries")
    return ", ".join(parts)


def _goal_row(goal: Goal) -> tuple[Text, ...]:
    return (
        Text(visible(goal.service), "bold"),
        Text(visible(goal.name)),
        Text(visible(f"{goal.metric} {goal.target}")),
        Text(visible(goal.description.strip()), "dim"),
    )


def _target_cells(target: CheckedHandler) -> tuple[Text, Text]:
    service = target.handler.split(":")[1]
    where = Text.assemble((f"{_ARROW} ", "dim"), visible(f"{service}.{target.export}"))
    return where, Text(target.convention or target.abi, "dim")


def _functions(count: int) -> str:
    return "1 function" if count == 1 else f"{count} functions"


def _table(title: str, rows: Sequence[tuple[Text, ...]]) -> Iterator[RenderableType]:
    yield Text(f"\n{title}" if rows else f"\n{title}: none", "bold")
    if not rows:
        return
    table = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    for _ in rows[0]:
        table.add_column(overflow="fold")
    for row in rows[:_MOST_ROWS]:
        table.add_row(*row)
    yield table
    if len(rows) > _MOST_ROWS:
        yield Text(f"  … and {len(rows) - _MOST_ROWS:,} more; --json has all", "dim")
