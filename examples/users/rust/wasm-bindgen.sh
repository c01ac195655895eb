#!/bin/sh
# Runs the wasm-bindgen that fits the crate: the one on PATH if it has the version, else cargo builds it, once.
# usage: wasm-bindgen.sh VERSION ARGUMENTS...
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$1
shift
if [ "$(wasm-bindgen --version 2>/dev/null || true)" = "wasm-bindgen $version" ]; then exec wasm-bindgen "$@"; fi
installed=${BUILD:-$here/../../../build}/wasm-bindgen-$version
if [ ! -x "$installed/bin/wasm-bindgen" ]; then
  cargo=$(command -v cargo || echo /usr/bin/cargo)
  echo "building wasm-bindgen-cli $version" >&2
  # Not optimised: that takes half the time, and the modules are small.
  CARGO_PROFILE_DEV_DEBUG=0 "$cargo" install --quiet --locked --debug --bin wasm-bindgen --version "$version" \
    --root "$installed" wasm-bindgen-cli
fi
exec "$installed/bin/wasm-bindgen" "$@"
