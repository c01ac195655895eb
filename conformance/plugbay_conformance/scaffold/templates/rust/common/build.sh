#!/bin/sh
# Builds «name».wasm. Options go to cargo: ./build.sh --locked
set -eu
cd "$(dirname "$0")"
command -v "${CARGO:-cargo}" >/dev/null || { echo "cargo is missing: install Rust with rustup" >&2; exit 1; }
target=${CARGO_TARGET_DIR:-target}
# The size of the stack is said here too, as a RUSTFLAGS in the environment hides .cargo/config.toml.
CARGO_TARGET_DIR=$target "${CARGO:-cargo}" rustc --release --target wasm32-unknown-unknown "$@" -- \
  -Clink-arg=-zstack-size=65536
cp "$target/wasm32-unknown-unknown/release/«snake».wasm" «name».wasm
chmod a-x «name».wasm
