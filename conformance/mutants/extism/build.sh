#!/bin/sh
# Builds the mutants of Extism's ABI with the Zig compiler from PyPI (pip install ziglang==0.17.0).
# usage: build.sh [FOLDER]    where the module goes; the default is this folder, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
mkdir -p "$out"
"${PYTHON:-python3}" -m ziglang build-exe "$here/guest.zig" -target wasm32-freestanding -O ReleaseSmall -fstrip \
  -fno-entry -rdynamic --stack 65536 -femit-bin="$out/guest.wasm"
chmod a-x "$out/guest.wasm"
if [ $# -eq 0 ]; then
  cd "$here"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- *.wasm >DIGESTS
fi
