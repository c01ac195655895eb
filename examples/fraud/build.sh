#!/bin/sh
# Builds fraud.wasm with the Zig compiler from PyPI (pip install ziglang==0.17.0), reproducibly.
# A stack of 64 KiB keeps the module within the 16 pages of memory that a fluxrig rack gives a gear.
# usage: build.sh [FILE]    the default is fraud.wasm beside this script, and then its digest is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/fraud.wasm}
"${PYTHON:-python3}" -m ziglang build-exe "$here/fraud.zig" -target wasm32-freestanding -O ReleaseSmall -fstrip \
  -fno-entry --stack 65536 --export=alloc --export=free --export=process -femit-bin="$out"
if [ $# -eq 0 ]; then
  cd "$here"
  chmod a-x fraud.wasm
  if command -v sha256sum >/dev/null; then sha256sum fraud.wasm; else shasum -a 256 fraud.wasm; fi >fraud.wasm.sha256
fi
