"""A third party's adapter, in its own distribution, installed into an environment of its own, with every verb."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

Run = Callable[..., subprocess.CompletedProcess[str]]

USE = """
from plugbay import Disposition, Host, Limits, Message
from plugbay.errors import AmbiguousAbi, BatchError, DeadlineExceeded, GuestTrap, MissingExport, PlugbayError

with Host() as host:
    plugin = host.load("upper.wasm", instances=2)
    assert plugin.claim.abi == "textcase"
    assert plugin.metadata == {"cases": ["upper"]}
    assert plugin.call("upper", b"hello") == b"HELLO"
    assert plugin.call_many("upper", [b"a", b"b"]) == [b"A", b"B"]
    try:
        plugin.call("lower", b"x")
    except MissingExport as error:
        assert error.expected == "upper"
    try:
        plugin.call_many("upper", [b"a", b"!", b"c"])
    except BatchError as error:
        assert [type(result).__name__ for result in error.results] == ["bytes", "GuestTrap", "bytes"]
        assert error.results[1].frames[0].function == "function 2"
    outcome = plugin.process(Message.new(data={"text": "hello", "n": 1}))
    assert outcome.messages[0][1].data == {"text": "HELLO", "n": 1}
    dropped, wrong, fine = plugin.process_many(
        [Message.new(data={"text": text}) for text in ("", 5, "x")]
    )
    assert dropped.disposition is Disposition.DROP
    assert isinstance(wrong.error, PlugbayError)
    assert fine.messages[0][1].data["text"] == "X"
    assert plugin.process_encoded([Message.new().to_cbor()]) is None

    two = host.load("two.wasm", abi="textcase")
    assert two.process(Message.new(data={"text": "a"}), port="same").messages[0][1].data["text"] == "a"
    assert two.process(Message.new(data={"text": "a"}), port="upper").messages[0][1].data["text"] == "A"

    try:
        host.load("both.wasm")
        raise SystemExit("two adapters claimed it and one was taken")
    except AmbiguousAbi as error:
        assert error.found == "fluxrig, textcase", error.found
    assert host.load("both.wasm", abi="textcase").call("upper", b"x") == b"X"
    assert host.load("both.wasm", abi="fluxrig").call("process", b"x") == b""
print("done")
"""


def test_the_adapter_works_in_a_program(python: Run) -> None:
    result = python("-W", "error", "-c", USE)
    assert (result.returncode, result.stdout, result.stderr) == (0, "done\n", "")


def test_inspect_shows_its_claim(python: Run) -> None:
    result = python("-m", "plugbay", "inspect", "upper.wasm", "--json")
    assert result.returncode == 0, result.stderr
    assert "textcase" in result.stdout
    assert "exports to_upper" in result.stdout
    assert json.loads(result.stdout)


def test_inspect_shows_both_sides_of_an_ambiguous_module(python: Run) -> None:
    result = python("-m", "plugbay", "inspect", "both.wasm")
    assert "textcase" in result.stdout
    assert "fluxrig" in result.stdout


def test_call_needs_no_function_where_there_is_a_default(python: Run) -> None:
    result = python("-m", "plugbay", "call", "upper.wasm", "--input", "hello")
    assert (result.returncode, result.stdout) == (0, "HELLO"), result.stderr
    assert "shouting" in result.stderr
    named = python("-m", "plugbay", "call", "two.wasm", "same", "--input", "hello")
    assert (named.returncode, named.stdout) == (0, "hello"), named.stderr


def test_call_of_a_guest_that_traps_is_a_failure_of_the_plugin(python: Run) -> None:
    result = python("-m", "plugbay", "call", "upper.wasm", "--input", "hello!")
    assert (result.returncode, result.stdout) == (1, "")
    assert "unreachable" in result.stderr


def test_an_ambiguous_module_is_called_with_a_named_abi(python: Run) -> None:
    refused = python("-m", "plugbay", "call", "both.wasm", "--input", "x")
    assert refused.returncode != 0
    assert "--abi" in refused.stderr
    forced = python("-m", "plugbay", "call", "both.wasm", "--abi", "textcase", "--input", "x")
    assert (forced.returncode, forced.stdout) == (0, "X"), forced.stderr


def test_run_streams_messages_through_it(python: Run) -> None:
    lines = "".join(json.dumps({"data": {"text": text}}) + "\n" for text in ("one", "two!", "", "three"))
    result = python("-m", "plugbay", "run", "upper.wasm", "--failures", "-", given=lines)
    texts = [json.loads(line)["data"]["text"] for line in result.stdout.splitlines()]
    assert texts == ["ONE", "THREE"], result.stderr
    assert "unreachable" in result.stderr


def test_bench_measures_it(python: Run) -> None:
    result = python("-m", "plugbay", "bench", "upper.wasm", "--seconds", "0.02", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)


def test_doctor_lists_it(python: Run) -> None:
    result = python("-m", "plugbay", "doctor", "--json")
    assert "textcase" in result.stdout, result.stderr
