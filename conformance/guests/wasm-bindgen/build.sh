#!/bin/sh
# Builds the conformance guest for wasm-bindgen, in both of its shapes, reproducibly. The toolchain is that of
# examples/users/rust.
# usage: build.sh [FOLDER]    where the modules go; the default is the folder above this one
set -eu
here=$(cd "$(dirname "$0")" && pwd)
examples=$here/../../../examples
out=${1:-$here/..}
export BUILD="${BUILD:-$here/../../../build}"
target=$BUILD/conformance-wasm-bindgen
version=$(sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' "$here/Cargo.toml")
mkdir -p "$out"

# `strip` also removes the note of the features that the code was compiled for. By that note wasm-bindgen knows that a
# function may return two values; without it, it makes functions of the older type, with a pointer to the result.
build() {
  CARGO_PROFILE_RELEASE_STRIP=$1 "$examples/actors/rust/wasm-cargo.sh" "$here" "$target"
  "$examples/users/rust/wasm-bindgen.sh" "$version" --target web --no-typescript --remove-name-section \
    --remove-producers-section --out-dir "$target/bound" --out-name conformance \
    "$target/wasm32-unknown-unknown/release/conformance_wasm_bindgen.wasm"
  cp "$target/bound/conformance_bg.wasm" "$out/$2"
  chmod a-x "$out/$2"
}

build none conformance-priostack-wasm-bindgen-rust.wasm
build symbols conformance-priostack-wasm-bindgen-rust-retptr.wasm
