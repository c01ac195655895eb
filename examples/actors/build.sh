#!/bin/sh
# Builds the four actors from source. Installs what is missing; see README.md for the toolchains.
# usage: build.sh [FOLDER]    the default is this folder, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
"$here/rust/build.sh" "$out"
"$here/go/build.sh" "$out"
if [ $# -eq 0 ]; then
  cd "$here"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- *.wasm >DIGESTS
fi
