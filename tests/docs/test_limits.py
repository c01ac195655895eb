"""The page on limits tells every default, range, error and consequence as they are."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import pytest

from plugbay import GuestInstance, Host, Limits, Permissions, Plugin
from plugbay.errors import ConfigInvalid, PlugbayError
from plugbay.module.wat import compile_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.docs.conftest import Page

PAGE = "docs/limits.md"
FOR_EVER = "(loop $again (br $again)) (unreachable)"
SETS_A_VARIABLE = """(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "var_set" (func $set (param i64 i64)))
  (func (export "process") (call $set (call $alloc (i64.const 1)) (call $alloc (i64.const 1)))))"""
PUT = '(import "env" "flux_kv_put" (func $put (param i32 i32 i32 i32) (result i32)))'
EMIT = '(import "env" "emit" (func $emit (param i32 i32)))'
LOG = '(import "env" "log" (func $log (param i32 i32 i32)))'


@dataclass(frozen=True)
class Case:
    """A plugin that goes over one limit: in its last payload, or while loading when there are no payloads.

    It is a gear with this body, unless ``module`` has the text of another one, with an export ``process``.
    """

    limits: Limits
    payloads: Sequence[bytes] = ()
    body: str = "(call $copy (local.get $p) (local.get $n))"
    imports: str = ""
    extra: str = ""
    pages: str = "1"
    instances: int = 1
    module: str = ""


CASES = {
    "deadline": Case(Limits(deadline=0.05), [b""], FOR_EVER),
    "fuel": Case(Limits(fuel=100_000), [b""], FOR_EVER),
    "memory_pages, at the start": Case(Limits(memory_pages=1), pages="2"),
    "memory_pages, in `alloc`": Case(Limits(memory_pages=1), [bytes(70_000)]),
    "memory_pages, for an Extism input": Case(Limits(memory_pages=1), [bytes(70_000)], module=SETS_A_VARIABLE),
    "memory_pages, when the guest aborts": Case(
        Limits(memory_pages=2), [b""], "(drop (memory.grow (i32.const 1))) (unreachable)"
    ),
    "module_bytes": Case(Limits(module_bytes=100)),
    "table_elements": Case(Limits(table_elements=8), extra="(table 9 funcref)"),
    "instances, in `load`": Case(Limits(instances=1), instances=2),
    "stack_bytes": Case(Limits(), [b""], "(call $process (local.get $p) (local.get $n))"),
    "input_bytes": Case(Limits(input_bytes=9), [bytes(10)]),
    "output_bytes": Case(Limits(output_bytes=9), [bytes(10)]),
    "messages_out": Case(
        Limits(messages_out=1),
        [b""],
        f"{'(call $emit (local.get $p) (local.get $n))' * 2} (i64.const 0)",
        EMIT,
    ),
    "log_bytes": Case(
        Limits(log_bytes=20), [bytes(21)], "(call $log (i32.const 2) (local.get $p) (local.get $n)) (i64.const 0)", LOG
    ),
    "state_bytes, at the commit": Case(
        Limits(state_bytes=10),
        [b"aaaa", b"bbbb"],
        "(drop (call $put (local.get $p) (local.get $n) (local.get $p) (local.get $n))) (i64.const 0)",
        PUT,
    ),
    "var_bytes": Case(Limits(var_bytes=49), [b""], module=SETS_A_VARIABLE),
}


def idle(plugin: Plugin) -> list[GuestInstance]:
    """The instances that wait for work."""
    return list(plugin._leases.pool.idle)  # pyright: ignore[reportPrivateUsage] # no public name shows the instances


def overstep(plugin: Plugin, payloads: Sequence[bytes]) -> PlugbayError:
    """The error of the last payload; those before it are fine."""
    *fine, last = payloads
    for payload in fine:
        plugin.call("process", payload)
    with pytest.raises(PlugbayError) as caught:
        plugin.call("process", last)
    return caught.value


def test_each_limit_is_listed_with_its_default_and_range(page_at: Callable[[str], Page]) -> None:
    listed = {name.strip("`"): default for name, default, *_ in page_at(PAGE).rows("Defaults and ranges")}
    assert list(listed) == [field.name for field in fields(Limits)]
    for field in fields(Limits):
        assert listed[field.name].replace(",", "") == str(field.default)


def test_the_ranges_are_those_that_are_judged(page_at: Callable[[str], Page]) -> None:
    for name, _, least, most, *_ in page_at(PAGE).rows("Defaults and ranges"):
        field = name.strip("`")
        kind = float if field == "deadline" else int
        low, high = (kind(text.replace(",", "")) for text in (least, most))
        Limits().with_changes(**{field: low})
        Limits().with_changes(**{field: high})
        beyond = (low / 2, high * 2) if kind is float else (low - 1, high + 1)
        for value in beyond:
            with pytest.raises(ConfigInvalid):
                Limits().with_changes(**{field: value})


@pytest.mark.parametrize("name", CASES)
def test_going_over_a_limit_has_the_error_and_the_consequence_of_the_page(
    name: str, host: Host, gear: Callable[..., bytes], page_at: Callable[[str], Page]
) -> None:
    rows = {row[0].replace("`", ""): row for row in page_at(PAGE).rows("What happens")}
    _, _, error, instance = rows[name.replace("`", "")]
    case = CASES[name]
    module = (
        compile_text(case.module.encode(), "case.wat")
        if case.module
        else gear(case.body, imports=case.imports, extra=case.extra, pages=case.pages)
    )

    def load() -> Plugin:
        return host.load(module, limits=case.limits, permissions=Permissions(state=True), instances=case.instances)

    if not case.payloads:
        with pytest.raises(PlugbayError) as caught:
            load()
        found, consequence = caught.value, "none was made"
    else:
        plugin = load()
        before = idle(plugin)[-1]
        found = overstep(plugin, case.payloads)
        consequence = "kept" if idle(plugin) == [before] else "replaced"
    assert (f"`{type(found).__name__}`", consequence) == (error, instance)
    if found.limit is not None:
        assert found.limit == name.partition(",")[0]


def test_every_limit_that_ends_a_call_is_provoked(page_at: Callable[[str], Page]) -> None:
    told = {row[0].replace("`", "") for row in page_at(PAGE).rows("What happens")}
    provoked = {name.replace("`", "") for name in CASES}
    assert told - provoked == {"instances, all busy", "state_bytes, in one message", "http_bytes"}
    assert {name.partition(",")[0] for name in told} == {field.name for field in fields(Limits)}
