#!/bin/sh
# Builds the Rust actors as counter-rust.wasm and async-output-rust.wasm.
# usage: build.sh [FOLDER]    where the modules go; the default is examples/actors
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
target=${BUILD:-$here/../../../build}/rust
mkdir -p "$out"
"$here/wasm-cargo.sh" "$here" "$target"
cp "$target/wasm32-unknown-unknown/release/counter.wasm" "$out/counter-rust.wasm"
cp "$target/wasm32-unknown-unknown/release/async_output.wasm" "$out/async-output-rust.wasm"
chmod a-x "$out/counter-rust.wasm" "$out/async-output-rust.wasm"
