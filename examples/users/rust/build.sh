#!/bin/sh
# Builds the user service in Rust: users-rust.wasm (packed), users-rust-bindgen.wasm and users-rust-bindgen-retptr.wasm.
# usage: build.sh [FOLDER]    where the modules go; the default is examples/users
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
target=${BUILD:-$here/../../../build}/rust
built=$target/wasm32-unknown-unknown/release
version=$(sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' "$here/Cargo.toml")
mkdir -p "$out"

# `strip` also removes the note of the features that the code was compiled for. By that note wasm-bindgen knows that a
# function may return two values; without it, it makes functions of the older type, with a pointer to the result.
compile() { CARGO_PROFILE_RELEASE_STRIP=$1 "$here/../../actors/rust/wasm-cargo.sh" "$here" "$target"; }
bind() {
  "$here/wasm-bindgen.sh" "$version" --target web --no-typescript --remove-name-section --remove-producers-section \
    --out-dir "$target/bound" --out-name users "$built/users_bindgen.wasm"
  cp "$target/bound/users_bg.wasm" "$out/$1"
}

compile none
bind users-rust-bindgen.wasm
compile symbols
bind users-rust-bindgen-retptr.wasm
cp "$built/users_plain.wasm" "$out/users-rust.wasm"
chmod a-x "$out"/users-rust*.wasm
