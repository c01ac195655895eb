#!/bin/sh
# Builds the mutants' gears with the Zig compiler from PyPI (pip install ziglang==0.17.0), reproducibly.
# usage: build.sh [OUT_FOLDER]    the default is this folder, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
mkdir -p "$out"
for profile in core extended; do
  "${PYTHON:-python3}" -m ziglang build-exe "$here/$profile.zig" -target wasm32-freestanding -O ReleaseSmall -fstrip \
    -fno-entry --stack 65536 --export=alloc --export=free --export=process --export=_initialize --export=mutation \
    -femit-bin="$out/$profile.wasm"
done
if [ $# -eq 0 ]; then
  cd "$here"
  chmod a-x core.wasm extended.wasm
  if command -v sha256sum >/dev/null; then sha256sum core.wasm extended.wasm; else shasum -a 256 core.wasm extended.wasm; fi >DIGESTS
fi
