#!/bin/sh
# Builds every guest of the Rust SDK: the conformance guests and the examples.
# usage: build.sh [FOLDER]    the default is sdk_guest/dist, and then DIGESTS-rust is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../dist}
target=${BUILD:-$here/../../build}/rust-sdk
built=$target/wasm32-unknown-unknown/release
mkdir -p "$out"

"$here/../../examples/actors/rust/wasm-cargo.sh" "$here" "$target"
for manifest in "$here"/conformance/*/Cargo.toml "$here"/examples/*/Cargo.toml; do
  [ -e "$manifest" ] || continue
  grep -q cdylib "$manifest" || continue
  name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$manifest" | head -n 1)
  cp "$built/$(echo "$name" | tr - _).wasm" "$out/$name-rust.wasm"
  chmod a-x "$out/$name-rust.wasm"
done

cd "$out"
wc -c -- *-rust.wasm
if [ $# -eq 0 ]; then
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- *-rust.wasm >DIGESTS-rust
fi
