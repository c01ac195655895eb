#!/bin/sh
# Builds users-c.wasm with the C compiler of Zig from PyPI (pip install ziglang==0.17.0), reproducibly.
# usage: build.sh [FOLDER]    where the module goes; the default is examples/users
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
mkdir -p "$out"
cd "$here"
"${PYTHON:-python3}" -m ziglang cc -target wasm32-freestanding -std=c11 -Wall -Wextra -Werror -Oz -flto -nostdlib \
  -fno-builtin -mbulk-memory -Wl,--no-entry -Wl,-z,stack-size=16384 -s -o "$out/users-c.wasm" users.c json.c packed.c
chmod a-x "$out/users-c.wasm"
