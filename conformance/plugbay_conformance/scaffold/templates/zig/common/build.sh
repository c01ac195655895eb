#!/bin/sh
# Builds «name».wasm with the zig on PATH, else with the one of pip install ziglang==0.17.0. Options go to zig build.
set -eu
cd "$(dirname "$0")"
if command -v zig >/dev/null; then
  zig build install "$@"
else
  "${PYTHON:-python3}" -m ziglang build install "$@"
fi
cp zig-out/bin/«name».wasm «name».wasm
chmod a-x «name».wasm
