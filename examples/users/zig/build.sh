#!/bin/sh
# Builds users-zig.wasm with the Zig compiler from PyPI (pip install ziglang==0.17.0), reproducibly.
# usage: build.sh [FOLDER]    where the module goes; the default is examples/users
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
mkdir -p "$out"
"${PYTHON:-python3}" -m ziglang build-exe "$here/users.zig" -target wasm32-freestanding -O ReleaseSmall -fstrip \
  -fno-entry --stack 65536 --export=alloc --export=free --export=createUser --export=echo --export=fail \
  -femit-bin="$out/users-zig.wasm"
chmod a-x "$out/users-zig.wasm"
