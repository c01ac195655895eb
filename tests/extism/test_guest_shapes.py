"""Guests in the shapes that other languages' PDKs give them, hosted on every engine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from plugbay import Host, Message, Permissions
from plugbay.errors import ForbiddenImport, GuestError, GuestTrap, MissingExport
from plugbay.module.wat import compile_text

GUESTS: Final = Path(__file__).parent / "guests"
VOWELS: Final = GUESTS / "c" / "vowels.wasm"


def assembled(name: str) -> bytes:
    return compile_text((GUESTS / name).read_bytes(), name)


def test_an_actor_in_tinygos_shape_keeps_its_state(host: Host, engine: str) -> None:
    permissions = Permissions(state=True)
    with host.load(assembled("tinygo_actor.wat"), engine=engine, permissions=permissions) as actor:
        assert actor.claim.abi == "reflow"
        outcomes = [actor.process(Message.new()).raise_for_error() for _ in range(2)]
        assert [outcome.messages[0][1].data for outcome in outcomes] == [{"value": False}] * 2
        assert outcomes[1].state_change is not None
        assert host.state.snapshot(actor.name)["calls"].value == b"2"


def test_a_panic_of_the_tinygo_actor_is_a_trap_and_the_next_call_works(host: Host, engine: str) -> None:
    with host.load(assembled("tinygo_actor.wat"), engine=engine, abi="extism") as actor:
        with pytest.raises(GuestTrap):
            actor.call("process", b"")
        assert b"outputs" in actor.call("process", b"{}")


def test_start_of_the_tinygo_actor_gets_an_instance_of_its_own(host: Host, engine: str) -> None:
    with host.load(assembled("tinygo_actor.wat"), engine=engine, abi="extism") as actor:
        actor.call("process", b"{}")
        assert actor.call("_start", b"") == b""
        assert b'"state":{"calls":1}' in actor.call("process", b"{}")


def test_the_assemblyscript_plugin_runs_its_start_function_and_tells_its_error(host: Host, engine: str) -> None:
    with host.load(assembled("assemblyscript.wat"), engine=engine) as plugin:
        assert plugin.call("length_of_greeting", b"ab") == b"9"
        with pytest.raises(GuestError, match=r"^[^:]*: too long$"):
            plugin.call("length_of_greeting", b"abc")
        assert plugin.call("length_of_greeting", b"ab") == b"9"


def test_the_abort_of_assemblyscript_is_no_import_of_extisms(host: Host, engine: str) -> None:
    with pytest.raises(ForbiddenImport, match=r"env\.abort"):
        host.load(assembled("assemblyscript_abort.wat"), engine=engine)


def test_an_old_actor_is_hosted_as_a_plain_plugin_and_refused_as_an_actor(host: Host, engine: str) -> None:
    guest = assembled("process_only.wat")
    with host.load(guest, engine=engine) as plugin:
        assert plugin.claim.abi == "extism"
        assert plugin.call("process", b"{}") == b'{"outputs":{}}'
    with pytest.raises(MissingExport, match="get_metadata"):
        host.load(guest, engine=engine, abi="reflow")


def test_the_c_plugin_counts_keeps_a_total_and_reads_its_config(host: Host, engine: str) -> None:
    with host.load(VOWELS, engine=engine) as counter:
        assert [counter.call("count_vowels", text) for text in (b"Hello, World", b"AEIOU aeiou")] == [b"3", b"10"]
        with pytest.raises(GuestError, match="there is no text"):
            counter.call("count_vowels", b"")
        assert counter.call("total", b"") == b"13"
    with host.load(VOWELS, engine=engine, config={"vowels": "l"}) as counter:
        assert counter.call("count_vowels", b"Hello, World") == b"3"
