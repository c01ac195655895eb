#!/bin/sh
# Builds users-go.wasm.
# usage: build.sh [FOLDER]    where the module goes; the default is examples/users
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
mkdir -p "$out"
"$here/../../actors/go/wasm-go.sh" "$here" "$out/users-go.wasm"
