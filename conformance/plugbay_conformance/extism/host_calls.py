"""Cases for what the conformance guest's functions ask of the host: config, variables, log lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.engines.contract import LogLine, Setting
from plugbay_conformance.extism.json_values import shown
from plugbay_conformance.extism.making import WITH_LOGS, guest
from plugbay_conformance.extism.plugin import open_plugin

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext
    from plugbay_conformance.extism.plugin import Plugin

LEVELS: Final = ("trace", "debug", "info", "warn", "error")
_CONFIG: Final = {
    "plain": "a value",
    "k": "v",
    "ключ 🔑": "Grüße, 世界 🚀",
    "json": '{"a": [1, 2], "b": "\\"q\\""}',
    "lines": "one\ntwo\n",
    "long": "0123456789" * 7_000,
}
_VALUES: Final = (b"\x00", b"a value", bytes(range(256)), b"\xff" * 9, b"0123456789" * 2_000)
_TEXTS: Final = ("plain", "Grüße, 世界 🚀", 'a "quoted" \\ text', "two\nlines", "long " * 1_000)


def _config_value(context: CaseContext) -> None:
    with open_plugin(context, Setting(config=_CONFIG)) as plugin:
        for key, value in _CONFIG.items():
            plugin.require_json("config_get", key.encode(), {"value": value}, "config_get read another value")


def _config_absent(context: CaseContext) -> None:
    with open_plugin(context, Setting(config=_CONFIG)) as plugin:
        for key in ("absent", "plai", "plain ", "Plain"):
            plugin.require_json("config_get", key.encode(), {"value": None}, f"there is no config key {key!r}")


def _variable(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for number, value in enumerate(_VALUES):
            key = f"key {number} ✓"
            _set(plugin, key, value)
            _require(plugin, key, value, "a variable did not come back as it was set")


def _variable_absent(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        _require(plugin, "absent", None, "a variable that was never set has a value")
        _set(plugin, "there", b"1")
        _require(plugin, "ther", None, "a variable that was never set has a value")


def _variable_removed(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        _set(plugin, "removed", b"1")
        _set(plugin, "kept", b"2")
        _set(plugin, "removed", None)
        _require(plugin, "removed", None, "a variable that was removed has a value")
        _require(plugin, "kept", b"2", "removing a variable changed another one")


def _variable_replaced(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        _set(plugin, "replaced", b"a longer value at first")
        _set(plugin, "other", b"2")
        _set(plugin, "replaced", b"new")
        _require(plugin, "replaced", b"new", "a variable kept its old value")
        _require(plugin, "other", b"2", "setting a variable changed another one")


def _count(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for expected in range(1, 12):
            plugin.require("count", b"", str(expected).encode(), "count did not add 1 to the variable")


def _count_form(context: CaseContext) -> None:
    before = 0x0102030405060708
    with open_plugin(context) as plugin:
        _set(plugin, "count", before.to_bytes(8, "little"))
        plugin.require("count", b"", str(before + 1).encode(), "count read the variable's 8 bytes in another way")
        after = (before + 1).to_bytes(8, "little")
        _require(plugin, "count", after, "count did not store 8 bytes, the least significant first")


def _log_levels(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for level in LEVELS:
            _log(plugin, level, f"a line at level {level}")


def _log_texts(context: CaseContext) -> None:
    with open_plugin(context) as plugin:
        for text in _TEXTS:
            _log(plugin, "warn", text)


def _log(plugin: Plugin, level: str, text: str) -> None:
    payload = json.dumps({"level": level, "text": text}, ensure_ascii=False).encode()
    plugin.session.logs()
    plugin.require("write_log", payload, b"ok", "write_log did not answer ok")
    check_logged(plugin, level, text, payload)


def check_logged(plugin: Plugin, level: str, text: str, payload: bytes) -> None:
    """Fail unless exactly that line was logged."""
    lines = plugin.session.logs()
    if lines != [LogLine(level, text)]:
        fail(
            "the log does not have exactly the line that was asked for",
            expected=f"one line, {level}: {text[:200]}",
            found="\n".join(f"{line.level}: {line.text[:200]}" for line in lines[:10]) or "no line",
            input=payload,
        )


def _set(plugin: Plugin, key: str, value: bytes | None) -> None:
    numbers = None if value is None else list(value)
    payload = json.dumps({"key": key, "value": numbers}, ensure_ascii=False).encode()
    plugin.require("var_set", payload, b"ok", "var_set did not answer ok")


def _require(plugin: Plugin, key: str, value: bytes | None, reason: str) -> None:
    expected = None if value is None else list(value)
    plugin.require_json("var_get", key.encode(), {"value": expected}, f"{reason} ({shown(key)})")


CASES: Final[tuple[Case, ...]] = (
    guest(60, "values", _config_value),
    guest(61, "absent_keys", _config_absent),
    guest(62, "set_and_get", _variable),
    guest(63, "absent", _variable_absent),
    guest(64, "removed", _variable_removed),
    guest(65, "replaced", _variable_replaced),
    guest(66, "count", _count),
    guest(67, "eight_bytes", _count_form),
    guest(70, "levels", _log_levels, engines=WITH_LOGS),
    guest(71, "texts", _log_texts, engines=WITH_LOGS),
)
