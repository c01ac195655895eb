#!/bin/sh
# Builds users-c.wasm and host-c.wasm with the C compiler of Zig from PyPI (pip install ziglang==0.17.0), reproducibly.
# usage: build.sh [FOLDER]    where the modules go; the default is examples/users
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
mkdir -p "$out"
cd "$here"
compile() {
  module=$1
  shift
  "${PYTHON:-python3}" -m ziglang cc -target wasm32-freestanding -std=c11 -Wall -Wextra -Werror -Oz -flto -nostdlib \
    -fno-builtin -mbulk-memory -Wl,--no-entry -Wl,-z,stack-size=16384 -s -o "$out/$module" "$@" packed.c
  chmod a-x "$out/$module"
}
compile users-c.wasm users.c json.c
compile host-c.wasm host.c
