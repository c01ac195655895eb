#!/bin/sh
# Builds greeter.wasm and shop.wasm with the C compiler of Zig from PyPI (pip install ziglang==0.17.0), reproducibly.
# usage: build.sh [FOLDER]    the default is this folder, and then DIGESTS is written too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here}
for name in greeter shop; do
  "${PYTHON:-python3}" -m ziglang cc -target wasm32-freestanding -std=c11 -Wall -Wextra -Werror -Oz -nostdlib \
    -Wl,--no-entry -Wl,-z,stack-size=16384 -s -o "$folder/$name.wasm" "$here/$name.c"
  chmod a-x "$folder/$name.wasm"
done
if [ $# -eq 0 ]; then
  cd "$here"
  if command -v sha256sum >/dev/null; then sha256sum ./*.wasm; else shasum -a 256 ./*.wasm; fi | sed 's|\./||' >DIGESTS
fi
