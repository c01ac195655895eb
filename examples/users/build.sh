#!/bin/sh
# Builds the user service in six languages. Installs what is missing; see README.md for the toolchains.
# usage: build.sh [FOLDER]    the default is this folder, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
for language in rust c zig go assemblyscript; do "$here/$language/build.sh" "$out"; done
if [ $# -eq 0 ]; then
  cd "$here"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- *.wasm >DIGESTS
fi
