#!/bin/sh
# Builds the tutorial's gear with the Zig compiler from PyPI (pip install ziglang==0.17.0), reproducibly: as the tutorial
# has it, and once more with a stack of 64 KiB.
# usage: build.sh [FOLDER]    the default is this folder, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
mkdir -p "$out"
out=$(cd "$out" && pwd)

gear() {
  name=$1
  shift
  "${PYTHON:-python3}" -m ziglang build-exe "$here/tutorial.zig" -target wasm32-freestanding -fno-entry -rdynamic \
    -O ReleaseSmall -fstrip "$@" "-femit-bin=$out/$name.wasm"
  chmod a-x "$out/$name.wasm"
}

gear tutorial
gear tutorial-small-stack --stack 65536

if [ $# -eq 0 ]; then
  cd "$out"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- tutorial.wasm tutorial-small-stack.wasm >DIGESTS
fi
