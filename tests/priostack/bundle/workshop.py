"""Bundles for tests: a small good one, and its modules as text."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import wasmtime

from plugbay import Host

BUNDLE = """\
name: shop
description: Things to test with
version: 1.2.0
services:
  - path: services/users.yaml
  - path: services/orders.yaml
"""
USERS = """\
name: users
description: Who buys
version: 1.0.0
api:
  basePath: /api/users
  endpoints:
    - {name: createUser, method: POST, path: "/", to: "wasm:users:createUser", description: A new one}
    - name: getUser
      method: GET
      path: /:id
      to: func:echo
goals:
  - {name: fast, metric: latency, target: "p99 < 50ms", description: Quick}
"""
ORDERS = """\
name: orders
api:
  basePath: /api/orders/
  endpoints:
    - {name: get, method: GET, path: "/{id}", to: "wasm:orders:echo"}
intents:
  - name: restock
    whenSensor: stockLow
    toFunc: wasm:users:createUser
    primitiveIntent: workflow
    cooldown: 5m
    retries: 3
    expectedDuration: 1500ms
    expiresIn: 1h30m
"""
MODULE = """
(module
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 4096))
  (global $live (mut i32) (i32.const 0))
  (func $alloc (export "alloc") (param $n i32) (result i32) (local $p i32)
    (local.set $p (global.get $heap))
    (global.set $heap (i32.add (local.get $p) (i32.and (i32.add (local.get $n) (i32.const 15)) (i32.const -8))))
    (global.set $live (i32.add (global.get $live) (i32.const 1)))
    (local.get $p))
  (func (export "free") (param i32 i32)
    (global.set $live (i32.sub (global.get $live) (i32.const 1)))
    (if (i32.eqz (global.get $live)) (then (global.set $heap (i32.const 4096)))))
  (func $copy (param $p i32) (param $n i32) (result i64) (local $q i32)
    (local.set $q (call $alloc (local.get $n)))
    (memory.copy (local.get $q) (local.get $p) (local.get $n))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $q)) (i64.const 32)) (i64.extend_i32_u (local.get $n))))
  (func (export "echo") (param $p i32) (param $n i32) (result i64) (call $copy (local.get $p) (local.get $n)))
  (func (export "fail") (param $p i32) (param $n i32) (result i64)
    (i64.or (i64.const 0x8000000000000000) (call $copy (local.get $p) (local.get $n))))
  (func (export "trap") (param $p i32) (param $n i32) (result i64) unreachable)
  (func (export "wrong") (param $p i32) (result i32) (local.get $p))
  {functions})
"""


def module(**answers: str) -> bytes:
    """A packed module that echoes, fails and traps, and has a function for each answer, which is short and plain."""
    functions: list[str] = []
    at = 16
    for name, answer in answers.items():
        functions.append(
            f'(data (i32.const {at}) "{answer}")'
            f'(func (export "{name}") (param i32 i32) (result i64)'
            f" (call $copy (i32.const {at}) (i32.const {len(answer)})))"
        )
        at += len(answer)
    return bytes(wasmtime.wat2wasm(MODULE.replace("{functions}", "\n".join(functions))))


@dataclass
class BundleFolder:
    """A bundle's folder whose files a test changes."""

    path: Path
    files: dict[str, str | bytes] = field(default_factory=dict[str, "str | bytes"])

    def write(self, **changes: str | bytes | None) -> BundleFolder:
        """Write the files anew; ``changes`` by the last part of a name, None for one that is to be missing."""
        for path in list(self.files):
            key = Path(path).name.partition(".")[0] + ("_wasm" if path.endswith(".wasm") else "")
            if key in changes:
                self.put(path, changes[key])
            else:
                self.put(path, self.files[path])
        return self

    def put(self, path: str, content: str | bytes | None) -> BundleFolder:
        """Write one file, or remove it."""
        target = self.path / path
        if content is None:
            target.unlink(missing_ok=True)
            return self
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def replace(self, path: str, old: str, new: str) -> BundleFolder:
        """Replace a text that must be in a file."""
        text = (self.path / path).read_text()
        assert old in text, f"{path} has no {old!r}"
        return self.put(path, text.replace(old, new))

    def zip(self, top: str = "") -> Path:
        """A zip of the folder, its files below ``top``."""
        archive = self.path.with_suffix(".zip")
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(self.path.rglob("*")):
                if path.is_file():
                    file.write(path, f"{top}{path.relative_to(self.path).as_posix()}")
        return archive


def good_files() -> dict[str, str | bytes]:
    """The files of a good bundle."""
    return {
        "bundle.yaml": BUNDLE,
        "services/users.yaml": USERS,
        "services/orders.yaml": ORDERS,
        "wasm/users.wasm": module(create_user="{}"),
        "wasm/orders.wasm": module(),
    }


def open_plugins(host: Host) -> int:
    """How many plugins of a host are not closed."""
    return len(host._open)  # pyright: ignore[reportPrivateUsage] # it shows nowhere else
