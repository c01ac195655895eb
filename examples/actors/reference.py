"""Runs an actor on libextism, the reference implementation of Extism's ABI, with Reflow's three host functions.

Reads calls as lines of JSON, ``{"function": "process", "input": …}`` (``input`` is sent as JSON; ``text`` instead of it
is sent as it is), and writes a line for each: what the call returned or its error, what was sent and logged on the way,
and the state that the host keeps. All calls go to one instance.

    python examples/actors/reference.py examples/actors/counter-rust.wasm <calls.ndjson
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import extism  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs] # it has no types

LOG_LINE = re.compile(r"\S+ +(?P<level>[A-Z]+) extism::pdk: (?P<text>.*) plugin=\"[-0-9a-f]+\"\n", re.DOTALL)
"""A line that the plugin logged, as libextism writes it; its own lines name other targets."""


_SDK: Any = extism


class Reference:
    """One instance of an actor, and the host around it."""

    def __init__(self, module: bytes) -> None:
        self._state: dict[str, Any] = {}
        self._sent: list[Any] = []
        self._lines: list[str] = []
        self._logger = _SDK.set_log_custom(self._lines.append, "debug")
        self._plugin = _SDK.Plugin(module, wasi=True, functions=self._functions())

    def call(self, function: str, data: bytes) -> dict[str, Any]:
        """Makes one call and returns what came of it."""
        output, error = None, None
        try:
            output = json.loads(self._plugin.call(function, data))
        except _SDK.Error as failure:
            error = str(failure)
        self._logger.drain()
        logs = [[line["level"].lower(), line["text"]] for line in map(LOG_LINE.fullmatch, self._lines) if line]
        sent = self._sent.copy()
        self._lines.clear()
        self._sent.clear()
        return {"output": output, "error": error, "sent": sent, "logs": logs, "state": self._state}

    def _functions(self) -> list[Any]:
        pointer = _SDK.ValType.PTR

        def get_state(plugin: Any, inputs: list[Any], outputs: list[Any], *_: Any) -> None:
            plugin.return_string(outputs[0], json.dumps(self._state.get(plugin.input_string(inputs[0]))))

        def set_state(plugin: Any, inputs: list[Any], *_: Any) -> None:
            self._state[plugin.input_string(inputs[0])] = json.loads(plugin.input_string(inputs[1]))

        def send_output(plugin: Any, inputs: list[Any], *_: Any) -> None:
            self._sent.append(json.loads(plugin.input_string(inputs[0])))

        return [
            _SDK.host_fn("__get_state", signature=([pointer], [pointer]))(get_state),
            _SDK.host_fn("__set_state", signature=([pointer, pointer], []))(set_state),
            _SDK.host_fn("__send_output", signature=([pointer], []))(send_output),
        ]


def main() -> None:
    """Answers each line of standard input with one on standard output."""
    if len(sys.argv) != 2:
        sys.exit("usage: reference.py MODULE <calls.ndjson")
    actor = Reference(Path(sys.argv[1]).read_bytes())
    for line in sys.stdin:
        call = json.loads(line)
        text = call["text"] if "text" in call else json.dumps(call.get("input"))
        print(json.dumps(actor.call(call["function"], text.encode())))


if __name__ == "__main__":
    main()
