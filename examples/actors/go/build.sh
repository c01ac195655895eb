#!/bin/sh
# Builds the Go actors as counter-go.wasm and async-output-go.wasm.
# usage: build.sh [FOLDER]    where the modules go; the default is examples/actors
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
mkdir -p "$out"
"$here/wasm-go.sh" "$here/counter" "$out/counter-go.wasm"
"$here/wasm-go.sh" "$here/asyncoutput" "$out/async-output-go.wasm"
