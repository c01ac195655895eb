"""The sources of the SDK in Zig: documented, and the README's programs build and pass."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from plugbay import Host, Message, Permissions, Plugin
from plugbay.errors import GuestError

SDK: Final = Path(__file__).parents[2] / "sdk_guest" / "zig"
SOURCES: Final = [
    path for path in sorted((SDK / "src").rglob("*.zig")) if not path.name.endswith(("_test.zig", "tests.zig"))
]
_PUBLIC: Final = re.compile(r"\s*pub (?:noinline |inline )?(?:fn|const|var) ")
_ALIAS: Final = re.compile(r"\s*pub const \w+ = (?:@import\(\".+\"\)|\w+)(?:\.\w+)*;")
needs_zig = pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed")


def _published(text: str) -> str:
    """The source without what only mirrors the host's functions: its imports, and a test's stand-ins for them."""
    return re.split(r"^(?:const imports|pub const fake) = ", text, maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SDK)))
def test_every_public_item_says_what_it_is_for(path: Path) -> None:
    lines = _published(path.read_text()).splitlines()
    assert lines[0].startswith("//! ")
    bare = [
        line.strip()
        for above, line in pairwise(lines)
        if _PUBLIC.match(line) and not _ALIAS.fullmatch(line) and not above.lstrip().startswith("///")
    ]
    assert bare == []


PROGRAMS: Final = dict(
    re.findall(r"<!-- file: (\S+) -->\n```zig\n(.*?)^```$", (SDK / "README.md").read_text(), re.MULTILINE | re.DOTALL)
)


def _build(name: str, folder: Path) -> Plugin:
    source = folder / "program.zig"
    source.write_text(PROGRAMS[name])
    command = [sys.executable, "-m", "ziglang", "build-exe", "-target", "wasm32-freestanding", "-O", "ReleaseSmall"]
    command += ["-fstrip", "-fno-entry", "--stack", "65536", "-rdynamic", "--cache-dir", str(folder / "cache")]
    command += ["--dep", "plugbay", f"-Mroot={source}", f"-Mplugbay={SDK / 'src' / 'plugbay.zig'}"]
    command += [f"-femit-bin={folder / 'program.wasm'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Host(permissions=Permissions(state=True)).load(folder / "program.wasm")


@needs_zig
def test_the_gear_of_the_readme_marks_large_payments(tmp_path: Path) -> None:
    gear = _build("src/main.zig", tmp_path)
    assert gear.claim.profile == "core"
    ((_, marked),) = gear.process(Message.new({"payment": {"amount": 250_000}})).messages
    assert marked.data == {"payment": {"amount": 250_000, "large": True}}
    assert gear.process(Message.new({"payment": {"amount": 0}})).logs[0].text == "a payment of nothing"


@needs_zig
def test_the_plugin_the_actor_and_the_function_of_the_readme_do_what_they_should(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("extism", "actor", "priostack")]
    for folder in folders:
        folder.mkdir()
    plugin, actor, function = (_build(f"{folder.name}.zig", folder) for folder in folders)
    assert plugin.call("greet", b'{"name": "Ada"}') == b'{"greeting":"Hello"}'
    assert [actor.process(Message.new({"value": 2}), "add").messages[0][1].data["value"] for _ in "ab"] == [2, 4]
    with pytest.raises(GuestError, match="email is required"):
        function.call("createUser", b'{"email": ""}')
