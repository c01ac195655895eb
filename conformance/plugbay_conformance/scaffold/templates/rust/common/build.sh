#!/bin/sh
# Builds «name».wasm. Options go to cargo: ./build.sh --locked
set -eu
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-target}
CARGO_TARGET_DIR=$target "${CARGO:-cargo}" build --release --target wasm32-unknown-unknown "$@"
cp "$target/wasm32-unknown-unknown/release/«snake».wasm" «name».wasm
chmod a-x «name».wasm
