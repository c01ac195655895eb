#!/bin/sh
# Builds passthrough.wasm with the Zig compiler from PyPI (pip install ziglang==0.17.0), reproducibly.
# A stack of 64 KiB keeps the module within the 16 pages of memory that a fluxrig rack gives a gear.
# usage: build.sh [FILE]    the default is passthrough.wasm beside this script, and then its digest is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/passthrough.wasm}
"${PYTHON:-python3}" -m ziglang build-exe "$here/passthrough.zig" -target wasm32-freestanding -O ReleaseSmall -fstrip \
  -fno-entry --stack 65536 --export=alloc --export=free --export=process -femit-bin="$out"
if [ $# -eq 0 ]; then
  cd "$here"
  chmod a-x passthrough.wasm
  if command -v sha256sum >/dev/null; then sha256sum passthrough.wasm; else shasum -a 256 passthrough.wasm; fi >passthrough.wasm.sha256
fi
