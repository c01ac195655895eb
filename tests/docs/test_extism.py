"""The page on Extism lists the kernel as it is, and what calls, outputs and settings of the other engine lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugbay import GuestInstance, Host, Limits, Message, Permissions, Plugin, PluginOptions
from plugbay.errors import CallError, ConfigInvalid
from plugbay.message.payloads import decode_output, encode_input
from plugbay.module.wat import compile_text
from plugbay_adapters.extism.claim import ENV
from plugbay_adapters.extism.driven import kernel_driver
from plugbay_adapters.extism.reference_limits import check_enforceable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.docs.conftest import Page

PAGE = "docs/extism.md"
GUEST = f"""(module
  (import "{ENV}" "alloc" (func $alloc (param i64) (result i64)))
  (import "{ENV}" "output_set" (func $output (param i64 i64)))
  (import "{ENV}" "error_set" (func $error (param i64)))
  (import "{ENV}" "log_info" (func $log (param i64)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $answer (call $output (call $alloc (i64.const 2)) (i64.const 2)))
  (func (export "zero") (result i32) (call $answer) (i32.const 0))
  (func (export "nothing"))
  (func (export "code") (result i32) (i32.const 7))
  (func (export "long") (result i64) (i64.const 0))
  (func (export "real") (result f64) (f64.const 0))
  (func (export "told") (call $error (call $alloc (i64.const 3))))
  (func (export "told_and_trapped") (call $error (call $alloc (i64.const 3))) (unreachable))
  (func (export "told_and_left") (call $error (call $alloc (i64.const 3))) (call $exit (i32.const 0)))
  (func (export "trapped") (unreachable))
  (func (export "left") (call $answer) (call $exit (i32.const 0)))
  (func (export "left_badly") (call $exit (i32.const 3)))
  (func (export "logged_nothing") (call $log (i64.const 5)))
  (func (export "beyond") (call $output (i64.const 32) (i64.const 99))))"""
# By the row of the page: the calls, and what each returns, or a fact of its error.
CALLS: dict[str, dict[str, object]] = {
    "returns 0, or has no result": {"zero": bytes(2), "nothing": b""},
    "returns another i32": {"code": 7},
    "returns an i64, f32 or f64": {"long": -1, "real": -1},
    "called `error_set` with a text, whatever it did then": {
        "told": "\0\0\0",
        "told_and_trapped": "\0\0\0",
        "told_and_left": "\0\0\0",
    },
    "traps": {"trapped": None},
    "`proc_exit(0)`": {"left": bytes(2)},
    "`proc_exit(n)`": {"left_badly": 3},
    "gives a handle that is no live block where one is needed": {"logged_nothing": None},
    "sets an output beyond what was allocated": {"beyond": None},
}
REFUSED = {
    "`fuel`": PluginOptions("p", Limits(fuel=1)),
    "`stack_bytes` other than the default": PluginOptions("p", Limits(stack_bytes=100_000)),
    "`log_bytes` other than the default": PluginOptions("p", Limits(log_bytes=1)),
    "`http`": PluginOptions("p", Limits(), permissions=Permissions(http=("example.com",))),
    "`clock=False` for a plugin with WASI": PluginOptions("p", Limits(), permissions=Permissions(clock=False)),
    "`randomness=False` for a plugin with WASI": PluginOptions(
        "p", Limits(), permissions=Permissions(randomness=False)
    ),
}


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    with Host() as host, host.load(compile_text(GUEST.encode(), "guest.wat")) as loaded:
        yield loaded


def idle(plugin: Plugin) -> list[GuestInstance]:
    """The instances that wait for work."""
    return list(plugin._leases.pool.idle)  # pyright: ignore[reportPrivateUsage] # no public name shows the instances


def test_the_kernel_is_listed_as_it_is(page_at: Callable[[str], Page]) -> None:
    listed = {f"{ENV}.{name.strip('`')}": kind.strip("`") for name, kind, _ in page_at(PAGE).rows("The kernel")}
    assert listed == {name: str(kind) for name, kind in kernel_driver().provides.items()}


def test_every_way_to_end_a_call_is_tried(page_at: Callable[[str], Page]) -> None:
    assert [row[0] for row in page_at(PAGE).rows("Calling")] == list(CALLS)


@pytest.mark.parametrize("does", CALLS)
def test_a_call_ends_as_the_page_says(does: str, plugin: Plugin, page_at: Callable[[str], Page]) -> None:
    cell = next(row[1] for row in page_at(PAGE).rows("Calling") if row[0] == does)
    for function, expected in CALLS[does].items():
        if cell.startswith("succeeds"):
            assert plugin.call(function, b"") == expected
            continue
        with pytest.raises(CallError) as caught:
            plugin.call(function, b"")
        error = caught.value
        assert f"`{type(error).__name__}`" in cell
        facts = (error.found, error.reason, getattr(error, "exit_code", None))
        assert expected is None or expected in facts


@pytest.mark.parametrize("does", CALLS)
def test_only_a_guest_that_reports_an_error_itself_goes_on(does: str, plugin: Plugin) -> None:
    for function, expected in CALLS[does].items():
        if isinstance(expected, bytes):
            continue
        plugin.call("zero", b"")
        before = idle(plugin)
        with pytest.raises(CallError):
            plugin.call(function, b"")
        assert (idle(plugin) == before) is (function in ("code", "long", "real", "told"))


def test_a_message_goes_in_and_comes_out_as_the_page_says() -> None:
    message = Message.new({"a": 1}, raw=b"raw")
    assert encode_input(message) == b"raw"
    assert encode_input(Message.new({"a": 1})) == b'{"a":1}'
    assert decode_output(message, b'{"b":2}', plugin="p").data == {"b": 2}
    assert decode_output(message, b"[2]", plugin="p").raw == b"[2]"


def test_what_the_extism_engine_refuses_is_listed(page_at: Callable[[str], Page]) -> None:
    assert [row[0] for row in page_at(PAGE).rows("What the extism engine refuses")] == list(REFUSED)


@pytest.mark.parametrize("setting", REFUSED)
def test_the_extism_engine_refuses_it_for_the_reason_of_the_page(setting: str, page_at: Callable[[str], Page]) -> None:
    reason = next(row[1] for row in page_at(PAGE).rows("What the extism engine refuses") if row[0] == setting)
    with pytest.raises(ConfigInvalid) as caught:
        check_enforceable(REFUSED[setting], wasi=True)
    assert reason in caught.value.reason
