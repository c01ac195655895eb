"""A module becomes a subject of its ABI and profile, or is refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conformance.fakes import load_suite

from plugbay import PlugbayPlugins
from plugbay.errors import InvalidBinary, ModuleError, PlugbayError, SourceNotFound, SourceUnreadable
from plugbay_conformance.case import GuestContract, Subject
from plugbay_conformance.errors import SubjectInvalid
from plugbay_conformance.subject import read_subject, with_contract

if TYPE_CHECKING:
    from plugbay.contracts import AbiAdapter
    from plugbay.module.source import ModuleSource

ROOT = Path(__file__).parents[2]
GEAR, ACTOR = ROOT / "examples/fraud/fraud.wasm", ROOT / "examples/actors/counter-rust.wasm"
Read = Callable[..., Subject]


@pytest.fixture(scope="module")
def adapters() -> Iterator[Mapping[str, AbiAdapter]]:
    plugins = PlugbayPlugins()
    yield plugins.adapters
    plugins.close()


@pytest.fixture
def read(adapters: Mapping[str, AbiAdapter]) -> Read:
    def from_source(source: ModuleSource, **asked: str) -> Subject:
        return read_subject(source, adapters, load_suite, abi=asked.get("abi"), profile=asked.get("profile"))

    return from_source


def test_a_module_is_what_its_exports_say(read: Read, echo_gear: bytes, wat: Callable[[str], bytes]) -> None:
    assert (read(GEAR).abi, read(GEAR).profile, read(GEAR).name) == ("fluxrig", "extended", "fraud.wasm")
    assert (read(echo_gear).abi, read(echo_gear).profile) == ("fluxrig", "core")
    assert (read(ACTOR).abi, read(ACTOR).profile) == ("extism", "actor")
    plugin = wat('(module (func (export "run") (result i32) (i32.const 0)))')
    assert (read(plugin).abi, read(plugin).profile) == ("extism", "plugin")
    assert read(echo_gear).contract is None
    assert read(echo_gear).info.digest == read(echo_gear).info.digest


def test_what_is_asked_for_counts(read: Read, echo_gear: bytes) -> None:
    assert read(echo_gear, profile="extended").profile == "extended"
    assert (read(echo_gear, abi="priostack").abi, read(echo_gear, abi="priostack").profile) == ("priostack", "packed")
    assert (read(ACTOR, abi="extism").profile, read(ACTOR, abi="reflow").profile) == ("actor", "actor")
    assert read(ACTOR, abi="extism", profile="plugin").profile == "plugin"


def test_a_built_conformance_guest_says_its_abi_by_its_name(read: Read, echo_gear: bytes, tmp_path: Path) -> None:
    path = tmp_path / "conformance-priostack-packed-c.wasm"
    path.write_bytes(echo_gear)
    assert read(path).abi == "priostack"
    assert read(path, abi="fluxrig").abi == "fluxrig"


def test_a_module_that_lacks_something_is_judged(read: Read, wat: Callable[[str], bytes]) -> None:
    broken = wat('(module (func (export "process") (param i32 i32) (result i64) (i64.const 0)))')
    assert read(broken, abi="fluxrig").abi == "fluxrig"


def test_text_is_compiled(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "plugin.wat"
    path.write_text('(module (func (export "run") (result i32) (i32.const 0)))')
    assert read(path).module[:4] == b"\0asm"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"abi": "fluxrig"}, "counter-rust.wasm is no plugin of fluxrig: process is () -> (i32)"),
        ({"abi": "priostack"}, "counter-rust.wasm is no plugin of priostack"),
        ({"abi": "wascap"}, "there is no specification of the ABI 'wascap'"),
        ({"abi": "extism", "profile": "core"}, "extism has no profile 'core'"),
        ({"profile": "gear"}, "no ABI has a profile 'gear'"),
    ],
)
def test_what_it_is_not_is_told_in_a_sentence_with_the_way_out(read: Read, asked: dict[str, str], told: str) -> None:
    with pytest.raises(SubjectInvalid) as caught:
        read(ACTOR, **asked)
    assert told in caught.value.reason
    assert "\n" not in caught.value.reason
    assert caught.value.hint


def test_the_hint_names_the_abi_that_it_looks_like(read: Read) -> None:
    with pytest.raises(SubjectInvalid) as caught:
        read(ACTOR, abi="fluxrig")
    assert caught.value.hint == "it looks like a plugin of reflow"


def test_a_profile_of_another_abi_is_refused_once_the_abi_is_found(read: Read) -> None:
    with pytest.raises(SubjectInvalid, match="extism has no profile 'core'"):
        read(ACTOR, profile="core")


def test_a_module_of_no_abi_is_told_so(read: Read, wat: Callable[[str], bytes]) -> None:
    with pytest.raises(SubjectInvalid, match="is no plugin of fluxrig, extism, priostack"):
        read(wat('(module (func (export "run") (param f64)))'))


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"", InvalidBinary, "is empty"),
        (b"hello", InvalidBinary, "not a core WebAssembly module"),
        (b"\0asm\x0d\0\1\0", InvalidBinary, "component"),
        (b"\0asm\1\0\0\0\xff", InvalidBinary, "unknown section 255"),
        (b'{"wasm": []}', InvalidBinary, "not a core WebAssembly module"),
    ],
)
def test_what_is_no_module_is_refused(
    read: Read, tmp_path: Path, data: bytes, error: type[ModuleError], told: str
) -> None:
    path = tmp_path / "thing.wasm"
    path.write_bytes(data)
    with pytest.raises(error, match=told):
        read(path)


def test_a_file_of_100_mb_is_refused_unread(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "huge.wasm"
    with path.open("wb") as file:
        file.truncate(100 * 1024**2)
    with pytest.raises(SubjectInvalid, match=r"huge\.wasm has over 67108864 bytes") as caught:
        read(path)
    assert caught.value.hint == "build it for release, and without debug information"


def test_what_can_not_be_read_is_refused(read: Read, tmp_path: Path) -> None:
    refused: list[tuple[object, type[PlugbayError]]] = [
        (tmp_path / "missing.wasm", SourceNotFound),
        (tmp_path, SourceUnreadable),
        ("oci://somewhere/gear", SourceNotFound),
    ]
    for source, error in refused:
        with pytest.raises(error):
            read(source)


def test_the_contract_decides_the_profile_where_none_was_asked_for(read: Read, echo_gear: bytes) -> None:
    subject = read(echo_gear)
    contract = GuestContract("plugbay-conformance/1", "fluxrig", "extended", "rust", "sdk", "1")
    profiles = ("core", "extended")
    assert with_contract(subject, contract, None, profiles).profile == "extended"
    assert with_contract(subject, contract, "core", profiles).profile == "core"
    assert with_contract(subject, None, None, profiles).profile == "core"
    strange = GuestContract("plugbay-conformance/1", "fluxrig", "huge", "rust", "sdk", "1")
    assert with_contract(subject, strange, None, profiles).profile == "core"
