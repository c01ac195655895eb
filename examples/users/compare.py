"""Compares user services that were built elsewhere with the committed ones: the same bytes, and the same behaviour.

All get the same requests, made from a seed: right ones, wrong ones, and right ones with a few bytes changed. A module
must answer what the committed one answers, and every language must answer the same. Equal bytes are not asked for:
another version of a compiler makes other bytes. They are only reported.

    examples/users/build.sh /tmp/users && python examples/users/compare.py /tmp/users
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from pathlib import Path
from typing import Any, Final

from plugbay import Host, Plugin
from plugbay.errors import GuestError

HERE: Final = Path(__file__).parent
REQUESTS: Final = 3000
PIECES: Final = ("a", "Ada", "é", "😀", "\u2028", "\ufeff", "\x7f", "\x00", "\x1f", "\b\f\n\r\t", '"', "\\", "/")
HALVES: Final = ("\ud83d", "\ude00")
CHANGES: Final = b'{}[],:"\\u0123ed.+-tfn \x00\x1f\x80\xc0\xe2\xed\xf4\xff'


def text(chance: random.Random) -> str:
    """A short text; sometimes one that no UTF-8 can say."""
    pieces = chance.choices(PIECES, k=chance.randint(0, 4))
    return "".join(pieces) + (chance.choice(HALVES) if chance.random() < 0.03 else "")


def value(chance: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = chance.randrange(8 if depth < 4 else 6)
    if kind < 2:
        return text(chance)
    if kind < 6:
        return chance.choice([None, True, False, 0, -1, 1.5, 1e300, 10**30])
    if kind == 6:
        return [value(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return {text(chance): value(chance, depth + 1) for _ in range(chance.randint(0, 3))}


def fields(chance: random.Random) -> Any:
    """A user's fields in any order, with others between; sometimes an array, and sometimes wrong ones."""
    if chance.random() < 0.1:
        return [text(chance) for _ in range(chance.choice([1, 2, 2, 2, 3]))]
    made: dict[str, Any] = {"email": text(chance), "name": text(chance)}
    if chance.random() < 0.5:
        made |= {text(chance): value(chance), "zip": value(chance)}
    if chance.random() < 0.1:
        made[chance.choice(["email", "name"])] = value(chance)
    if chance.random() < 0.05:
        del made["name"]
    members = list(made.items())
    chance.shuffle(members)
    return dict(members)


def request(chance: random.Random) -> bytes:
    """A request; in every fourth one a few bytes were changed."""
    written = json.dumps(fields(chance), ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1, "\t"]))
    if chance.random() < 0.1:
        written = written.replace("email", "\\u0065mail", 1)
    data = bytearray(written.encode("utf-8", "surrogatepass"))
    if chance.random() < 0.25:
        at = chance.randrange(len(data) + 1)
        data[at : at + chance.randint(0, 2)] = bytes(chance.choices(CHANGES, k=chance.randint(0, 2)))
    return bytes(data)


def requests(count: int, seed: int) -> list[bytes]:
    """The requests that each module gets."""
    chance = random.Random(seed)
    deep = b'{"email":"a","name":"b","x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    wide = b'{"email":"' + b"\\u0001" * 20_000 + b'","name":"' + "ü".encode() * 20_000 + b'"}'
    return [b"", b"{}", b"[]", deep, wide, *(request(chance) for _ in range(count))]


def answer(plugin: Plugin, function: str, data: bytes) -> str:
    """What a function does with its input."""
    try:
        return repr(plugin.call(function, data))
    except GuestError as error:
        return f"failed: {error.reason}"


def answers(host: Host, module: Path, asked: list[bytes]) -> list[str]:
    """What the user service of a module answers."""
    with host.load(module) as plugin:
        (function,) = plugin.functions & {"create_user", "createUser"}
        return [answer(plugin, function, data) for data in asked]


def difference(title: str, asked: list[bytes], first: list[str], second: list[str], note: str = "") -> int:
    """Prints how many answers differ, and the first of them on standard error; returns the count."""
    differing = [row for row in zip(asked, first, second, strict=True) if row[1] != row[2]]
    print(f"{title:<34} {len(asked)} requests, {len(differing)} answers differ{note}")
    for data, one, other in differing[:3]:
        print(f"  {data!r}\n    {one}\n    {other}", file=sys.stderr)
    return len(differing)


def main() -> None:
    """Compares the modules of a folder with the committed ones; the exit code is 1 when behaviour differs."""
    parser = argparse.ArgumentParser(description="Compare rebuilt user services with the committed ones.")
    parser.add_argument("folder", type=Path, help="where the rebuilt modules are")
    parser.add_argument("--count", type=int, default=REQUESTS, help="random requests for each module")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asked = requests(options.count, options.seed)
    found = 0
    with Host() as host:
        rust = answers(host, HERE / "users-rust.wasm", asked)
        for committed in sorted(HERE.glob("users-*.wasm")):
            rebuilt: Path = options.folder / committed.name
            same = hashlib.sha256(committed.read_bytes()).digest() == hashlib.sha256(rebuilt.read_bytes()).digest()
            now = answers(host, rebuilt, asked)
            note = "; the same bytes" if same else "; other bytes"
            found += difference(committed.name, asked, answers(host, committed, asked), now, note)
            found += difference("  beside users-rust.wasm", asked, now, rust)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
