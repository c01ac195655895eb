#!/bin/sh
# Builds wasm/user-service.wasm and wasm/order-service.wasm. Installs what is missing; the toolchain is that of
# examples/users/rust.
# usage: build.sh [FOLDER]    the default is wasm/ beside this script, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/wasm}
target=${BUILD:-$here/../../build}/rust
built=$target/wasm32-unknown-unknown/release
version=$(sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' "$here/src/Cargo.toml")
mkdir -p "$out"
# wasm-bindgen reads a note of the compiler's that `strip` removes; see examples/users/rust/build.sh.
compile() { CARGO_PROFILE_RELEASE_STRIP=$1 "$here/../actors/rust/wasm-cargo.sh" "$here/src" "$target"; }
bind() {
  "$here/../users/rust/wasm-bindgen.sh" "$version" --target web --no-typescript --remove-name-section \
    --remove-producers-section --out-dir "$target/bound" --out-name "$1" "$built/$2"
  cp "$target/bound/$1_bg.wasm" "$out/$1.wasm"
}
compile none
bind user-service user_service.wasm
compile symbols
cp "$built/order_service.wasm" "$out/order-service.wasm"
chmod a-x "$out/user-service.wasm" "$out/order-service.wasm"
if [ $# -eq 0 ]; then
  cd "$here"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum wasm/*.wasm >DIGESTS
fi
