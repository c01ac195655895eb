"""The committed modules of the SDK in Zig: what they were built from, and how large they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from tests.sdk_guest.zig_guests import DIST, SDK, TUTORIAL, Load, everything, lines, loading

from plugbay import Host, Limits, LogLevel


@pytest.fixture
def load() -> Iterator[Load]:
    with loading() as load:
        yield load


@pytest.mark.parametrize(("folder", "digests"), [(DIST, "DIGESTS-zig"), (TUTORIAL, "DIGESTS")])
def test_the_committed_modules_are_those_of_the_digests(folder: Path, digests: str) -> None:
    rows = [line.split("  ") for line in (folder / digests).read_text().splitlines()]
    known = {name: digest for digest, name in rows}
    pattern = "*-zig.wasm" if folder == DIST else "*.wasm"
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.glob(pattern)} == known


@pytest.mark.parametrize("path", sorted(DIST.glob("*-zig.wasm")), ids=lambda path: path.stem)
def test_no_module_names_a_path_of_the_machine_that_built_it(path: Path) -> None:
    assert not re.search(rb"/(home|root|usr|work|tmp)/|\.zig\b", path.read_bytes())


def test_the_readme_tells_the_sizes_of_the_modules() -> None:
    told = re.findall(r"^\| `([a-z-]+-zig)` \| .* \| ([\d,]+) \|$", (SDK / "README.md").read_text(), re.MULTILINE)
    sizes = {path.stem: f"{path.stat().st_size:,}" for path in DIST.glob("*-zig.wasm")}
    assert dict(told) == sizes
    assert int(sizes["fluxrig-unread-zig"].replace(",", "")) < 4096


def test_the_smallest_gears_pass_messages_on(load: Load) -> None:
    sent = everything({"a": [1.5, None]})
    for name in ("fluxrig-echo", "fluxrig-unread"):
        gear = load(name, pages=2)
        assert gear.process(sent).messages == (("out", sent),)
    assert lines(load("fluxrig-echo").process(sent)) == []


def test_the_gears_of_the_tutorial_pass_messages_on() -> None:
    sent = everything({"a": 1})
    with Host() as host:
        outcome = host.load(TUTORIAL / "tutorial.wasm").process(sent)
        assert outcome.messages == (("out", sent),)
        assert lines(outcome) == [(LogLevel.INFO, "Zig Wasm Gear: Processing message!")]
        small = host.load(TUTORIAL / "tutorial-small-stack.wasm", limits=Limits(memory_pages=16))
        assert small.process(sent).messages == (("out", sent),)
