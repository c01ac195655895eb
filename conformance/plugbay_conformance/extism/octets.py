"""Cases for bytes and texts that go through the conformance guest: all of them, unchanged, of every length."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.extism.growth import check_growth
from plugbay_conformance.extism.interface import callable_exports
from plugbay_conformance.extism.json_values import shown
from plugbay_conformance.extism.making import guest
from plugbay_conformance.extism.plugin import as_object, open_plugin

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext

FUNCTIONS: Final = (
    *("contract", "echo", "empty", "reverse", "length", "repeat", "transform", "fail", "trap", "write_log"),
    *("config_get", "var_get", "var_set", "count", "http"),
)
"""What the contract asks the guest to export, beside an actor's."""
_CONTRACT_KEYS: Final = ("contract", "abi", "profile", "language", "sdk", "sdk_version")
_MIB: Final = 1024 * 1024
_EVERY_BYTE: Final = bytes(range(256))


def _contract(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        value = plugin.answer_json("contract")
    found = as_object(value) or {}
    for key in _CONTRACT_KEYS:
        if not isinstance(found.get(key), str) or not found[key]:
            fail(f"the contract has no text {key}", expected=", ".join(_CONTRACT_KEYS), found=shown(value))
    if found["profile"] not in ("plugin", "actor"):
        fail(
            "the contract names a profile that there is not", expected="plugin or actor", found=shown(found["profile"])
        )


def _exports(context: CaseContext) -> None:
    missing = [name for name in FUNCTIONS if name not in callable_exports(context.subject.info)]
    if missing:
        fail(
            f"the guest does not export {missing[0]} for a host to call",
            expected="exports without parameters, with an i32 result or none",
            found=f"missing: {', '.join(missing)}",
        )


def _echo_every_byte(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for payload in (b"\x00", b"\xff", _EVERY_BYTE, _EVERY_BYTE[::-1]):
            plugin.require("echo", payload, payload, "echo did not give the input back")


def _echo_every_length(context: CaseContext) -> None:
    noise = context.random.randbytes(300)
    with open_plugin(context) as plugin:
        for size in range(1, 50):
            plugin.require("echo", noise[:size], noise[:size], f"echo did not give {size} bytes back")


def _echo_long(context: CaseContext) -> None:
    payload = context.random.randbytes(_MIB + 3)
    with open_plugin(context) as plugin:
        plugin.require("echo", payload, payload, "echo did not give an input of 1 MiB back")


def _nothing(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        plugin.require("echo", b"", b"", "echo made something of an empty input")
        plugin.require("empty", b"something", b"", "empty did not answer an output of length 0")
        plugin.require("empty", b"", b"", "empty did not answer an output of length 0")


def _short_after_long(context: CaseContext) -> None:
    noise = context.random.randbytes(100_000)
    with open_plugin(context) as plugin:
        for size in (100_000, 3, 40_000, 1, 0, 65_537, 8, 99_999, 7):
            payload = noise[:size]
            plugin.require("echo", payload, payload, "an earlier input of another length showed in the output")


def _reverse(context: CaseContext) -> None:
    payloads = (_EVERY_BYTE, b"", b"a", context.random.randbytes(10_001), context.random.randbytes(17))
    with open_plugin(context) as plugin:
        for payload in payloads:
            plugin.require("reverse", payload, payload[::-1], "reverse did not answer the bytes in reverse order")


def _length(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for size in (0, 1, 7, 8, 9, 255, 256, 65_535, 65_536, 70_001):
            plugin.require("length", b"\xf0" * size, str(size).encode(), "length counted other bytes than there are")


def _repeat(context: CaseContext) -> None:
    cases = (("ab", 3), ("", 5), ("x", 0), ("Grüße, 世界 🚀\n", 20), ('"quoted" \\ \u0001', 2))
    with open_plugin(context) as plugin:
        for text, times in cases:
            request = {"text": text, "times": times}
            for ascii_only in (False, True):
                payload = json.dumps(request, ensure_ascii=ascii_only).encode()
                plugin.require("repeat", payload, text.encode() * times, "repeat answered another text")


def _repeat_much(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        payload = json.dumps({"text": "0123456789abcdef", "times": 70_000}).encode()
        plugin.require("repeat", payload, b"0123456789abcdef" * 70_000, "an output of over 1 MiB did not arrive whole")


def _no_growth(context: CaseContext) -> None:
    payloads = [context.random.randbytes(size) for size in (0, 9, 100, 700, 3_000)]
    with open_plugin(context) as plugin:
        check_growth(plugin, "echo", payloads, 10_000)


CASES: Final[tuple[Case, ...]] = (
    guest(30, "contract", _contract),
    guest(31, "exports", _exports),
    guest(32, "every_byte", _echo_every_byte),
    guest(32, "every_length", _echo_every_length),
    guest(33, "one_mebibyte", _echo_long),
    guest(34, "nothing", _nothing),
    guest(35, "short_after_long", _short_after_long),
    guest(36, "reverse", _reverse),
    guest(37, "length", _length),
    guest(38, "repeat", _repeat),
    guest(39, "one_mebibyte_out", _repeat_much),
    guest(55, "no_growth", _no_growth),
)
