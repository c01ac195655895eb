#!/bin/sh
# Builds vowels.wasm with the C compiler of Zig from PyPI (pip install ziglang==0.17.0), reproducibly.
# usage: build.sh [FILE]    the default is vowels.wasm beside this script
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/vowels.wasm}
"${PYTHON:-python3}" -m ziglang cc -target wasm32-freestanding -std=c11 -Wall -Wextra -Werror -Oz -nostdlib \
  -Wl,--no-entry -Wl,-z,stack-size=16384 -s -o "$out" "$here/vowels.c"
chmod a-x "$out"
