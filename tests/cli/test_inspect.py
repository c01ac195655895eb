"""``plugbay inspect``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugbay import Certainty, Claim
from plugbay.errors import InvalidMetadata
from plugbay.hookspecs import hookimpl

Cli = Callable[..., Any]
EXAMPLES = Path(__file__).parents[2] / "examples"
FRAUD = EXAMPLES / "fraud" / "fraud.wasm"
KEYS = {
    "source", "digest", "size", "hostable", "abi", "profile", "problems", "claims", "declines", "metadata", "functions",
    "default_function", "linked_modules", "imports", "exports", "memories", "tables", "start", "function_count",
    "custom_sections", "producers", "features",
}  # fmt: skip


def test_the_fraud_gear_is_shown_for_people(cli: Cli) -> None:
    result = cli("inspect", FRAUD)
    assert result.code == 0
    for words in ("exact", "(chosen)", "env.reject", "(i32, i32) -> (i64)", "8 or more pages", "It can be hosted"):
        assert words in result.text
    assert max(len(line.rstrip()) for line in result.text.splitlines() if str(FRAUD) not in line) <= 100


def test_json_has_stable_keys(cli: Cli, echo_file: Path, stranger_file: Path) -> None:
    for file in (echo_file, stranger_file):
        assert set(cli("inspect", file, "--json").json) == KEYS


def test_a_module_of_no_abi_is_shown_and_fails_the_check(cli: Cli, stranger_file: Path) -> None:
    result = cli("inspect", stranger_file)
    assert result.code == 1
    assert "It can't be hosted" in result.text
    assert "no export process" in result.text
    assert "error[unknown-abi]" in result.text


def test_findings_of_the_wanted_abi_are_listed(cli: Cli, gear_file: Callable[..., Path]) -> None:
    odd = gear_file(imports='(import "env" "open_file" (func))')
    result = cli("inspect", odd, "--json")
    assert result.code == 1
    assert [problem["code"] for problem in result.json["problems"]] == ["forbidden-import"]
    assert [claim["abi"] for claim in result.json["claims"] if claim["wins"]] == ["fluxrig"]


class Greedy:
    """An adapter, and the plugin that registers it, that claims every module for sure."""

    name = "greedy"
    engines = ("wasmtime",)

    @hookimpl
    def plugbay_adapters(self) -> list[Greedy]:
        return [self]

    def claim(self, info: object, config: object) -> Claim:
        return Claim(self.name, Certainty.EXACT, ("it is mine",))

    def compile(self, *arguments: object) -> None:
        raise InvalidMetadata("it says nothing about itself")


def test_two_sure_claims_are_ambiguous_until_one_is_named(
    cli: Cli, echo_file: Path, install: Callable[[object], None]
) -> None:
    install(Greedy())
    result = cli("inspect", echo_file)
    assert result.code == 1
    for words in ("error[ambiguous-abi]: 2 adapters claim the module", "it is mine", "exports process", "--abi"):
        assert words in result.text
    for verb in ("call", "run", "bench"):
        assert cli(verb, echo_file, "--json").json["error"]["code"] == "ambiguous-abi"
    assert cli("inspect", echo_file, "--abi", "fluxrig", "--json").json["abi"] == "fluxrig"
    assert cli("inspect", echo_file, "--abi", "greedy", "--json").json["problems"][0]["code"] == "invalid-metadata"


def test_limits_decide_whether_it_can_be_hosted(cli: Cli, gear_file: Callable[..., Path]) -> None:
    wide = gear_file(pages="20")
    assert cli("inspect", wide).code == 0
    result = cli("inspect", wide, "--memory-pages", 16, "--json")
    assert result.code == 1
    assert result.json["problems"][0]["limit"] == "memory_pages"


def test_text_is_compiled(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "small.wat"
    file.write_text('(module (func (export "process") (param i32 i32) (result i64) (i64.const 0)))')
    result = cli("inspect", file, "--json")
    assert result.json["source"] == str(file)
    assert result.json["exports"][0]["type"] == "(i32, i32) -> (i64)"


def test_wrong_text_is_told_with_its_line(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "wrong.wat"
    file.write_text("(module\n  (func (bogus)))")
    result = cli("inspect", file)
    assert result.code == 2
    assert "wrong.wat:2:" in result.err


def test_names_in_a_module_can_not_reach_the_terminal(cli: Cli, tmp_path: Path, wat: Callable[[str], bytes]) -> None:
    file = tmp_path / "rude.wasm"
    file.write_bytes(wat(r'(module (import "a\0ab" "[bold]" (func)) (func (export "\1b]0;owned\07")))'))
    text = cli("inspect", file).text
    assert "\x1b" not in text
    assert r"\x1b]0;owned\x07" in text
    assert r"a\x0ab.[bold]" in text


def test_a_long_list_is_cut_for_people_only(cli: Cli, tmp_path: Path, wat: Callable[[str], bytes]) -> None:
    file = tmp_path / "many.wasm"
    file.write_bytes(wat("(module" + "".join(f'(func (export "f{i}"))' for i in range(150)) + ")"))
    assert "… and 50 more" in cli("inspect", file).text
    assert len(cli("inspect", file, "--json").json["exports"]) == 150


def test_files_that_are_no_modules_are_unusable_input(cli: Cli, tmp_path: Path) -> None:
    empty, page, big = tmp_path / "empty.wasm", tmp_path / "page.wasm", tmp_path / "big.wasm"
    empty.write_bytes(b"")
    page.write_bytes(b"<!doctype html>")
    with big.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    os.mkfifo(tmp_path / "pipe")
    for path, code in (
        (empty, "invalid-binary"),
        (page, "invalid-binary"),
        (big, "too-large"),
        (tmp_path, "source-unreadable"),
        (tmp_path / "pipe", "source-unreadable"),
        (tmp_path / "nope", "source-not-found"),
        ("", "source-not-found"),
        ("martian://module", "source-not-found"),
    ):
        result = cli("inspect", path, "--json")
        assert (result.code, result.json["error"]["code"]) == (2, code), path


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_unusable_input(cli: Cli, echo_file: Path) -> None:
    echo_file.chmod(0)
    assert cli("inspect", echo_file).code == 2


def test_all_that_a_module_declares_is_shown(cli: Cli, tmp_path: Path, wat: Callable[[str], bytes]) -> None:
    file = tmp_path / "everything.wasm"
    file.write_bytes(
        wat(
            r'(module (@custom "note" "\01\02\03") (@producers (language "Zig" "0.17"))'
            ' (import "env" "table" (table 1 2 funcref)) (memory 1 3)'
            ' (func $go (export "go") (param v128)) (func $start) (start $start))'
        )
    )
    text = cli("inspect", file).text
    for words in (
        "function 1 runs when the module is instantiated",
        "funcref, 1 to 2",
        "1 to 3 pages: 64 KiB at the start, at most 192 KiB",
        "note, 3 bytes at byte",
        "Zig 0.17",
        "simd",
    ):
        assert words in text


def words_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_an_actor_is_shown_with_its_version_ports_and_config(cli: Cli) -> None:
    result = cli("inspect", EXAMPLES / "actors" / "counter-rust.wasm")
    assert result.code == 0
    lines = words_of(result.text)
    for line in (
        "yes reflow exact, profile actor (chosen)",
        "or extism exact, profile plugin",
        "component Counter",
        "version 1.0.0",
        "reset Flow Back to the initial value; before the other ports",
        "count Integer The count after the message",
        "initial_value integer, -1000000 to 1000000 default 0",
        "step integer, 1 to 1000 default 1",
    ):
        assert line in lines
    assert max(map(len, result.text.splitlines())) <= 100


def test_an_inport_that_needs_a_value_is_said_to(cli: Cli) -> None:
    text = cli("inspect", EXAMPLES / "actors" / "async-output-rust.wasm").text
    assert "in Array required Readings: whole numbers" in words_of(text)


def test_json_has_all_of_an_actors_metadata(cli: Cli) -> None:
    metadata = cli("inspect", EXAMPLES / "actors" / "counter-rust.wasm", "--json").json["metadata"]
    assert [port["name"] for port in metadata["inports"]] == ["reset", "add", "increment", "decrement"]
    assert metadata["config_schema"]["properties"]["step"]["maximum"] == 1000


def test_a_plain_extism_plugin_is_shown_with_its_functions(
    cli: Cli, tmp_path: Path, wat: Callable[[str], bytes]
) -> None:
    file = tmp_path / "two.wasm"
    file.write_bytes(
        wat(
            '(module (import "extism:host/env" "input_length" (func (result i64)))'
            ' (func (export "first")) (func (export "second") (result i32) (i32.const 0)))'
        )
    )
    lines = words_of(cli("inspect", file).text)
    assert "function first (default)" in lines
    assert "function second" in lines


def test_a_manifest_is_shown_with_its_linked_modules(cli: Cli, tmp_path: Path, wat: Callable[[str], bytes]) -> None:
    helper, main = (
        wat('(module (func (export "help")))'),
        wat('(module (import "lib" "help" (func $help)) (func (export "run") (call $help)))'),
    )
    (tmp_path / "lib.wasm").write_bytes(helper)
    (tmp_path / "main.wasm").write_bytes(main)
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"wasm": [{"path": "lib.wasm", "name": "lib"}, {"path": "main.wasm", "name": "main"}]}')
    result = cli("inspect", manifest, "--json")
    assert result.code == 0
    (linked,) = result.json["linked_modules"]
    assert (linked["name"], linked["size"]) == ("lib", len(helper))
    text = cli("inspect", manifest).text
    assert "Linked modules" in text
    assert linked["digest"] in text
