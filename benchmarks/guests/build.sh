#!/bin/sh
# Builds the guests that are measured, as echo.wasm, config_var.wasm and byte_functions.wasm. Installs what is missing.
# usage: build.sh [FOLDER]    the default is this folder, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
target=${BUILD:-$here/../../build}/rust
mkdir -p "$out"
"$here/../../examples/actors/rust/wasm-cargo.sh" "$here" "$target"
for guest in echo config_var byte_functions; do
  cp "$target/wasm32-unknown-unknown/release/$guest.wasm" "$out/$guest.wasm"
  chmod a-x "$out/$guest.wasm"
done
if [ $# -eq 0 ]; then
  cd "$here"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- *.wasm >DIGESTS
fi
