#!/bin/sh
# Builds the conformance guests of wasm-bindgen and AssemblyScript, which have no SDK of ours.
# usage: build.sh [FOLDER]    where the modules go; the default is this folder, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
for language in wasm-bindgen assemblyscript; do "$here/$language/build.sh" "$out"; done
if [ $# -eq 0 ]; then
  cd "$here"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- *.wasm >DIGESTS
fi
