#!/bin/sh
# Checks the Rust SDK natively: format, lints with each feature alone, tests, this folder's README, documentation.
set -eu
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="${BUILD:-$PWD/../../build}/rust-sdk-native"
export RUSTDOCFLAGS="-D warnings"
cargo fmt --check
cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
for feature in fluxrig fluxrig-extended extism reflow packed packed,json; do
  cargo clippy --quiet --locked -p plugbay-guest --no-default-features --features "$feature" -- -D warnings
done
cargo test --quiet --locked --workspace
cargo doc --quiet --locked --no-deps -p plugbay-guest
