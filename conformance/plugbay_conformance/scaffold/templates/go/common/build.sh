#!/bin/sh
# Builds «name».wasm. Options go to go build.
set -eu
cd "$(dirname "$0")"
command -v "${GO:-go}" >/dev/null || { echo "go is missing: install Go 1.24 or newer" >&2; exit 1; }
# -s -w leaves out what only debuggers want, a third of the module.
GOOS=wasip1 GOARCH=wasm "${GO:-go}" build -trimpath -buildvcs=false -buildmode=c-shared -ldflags='-s -w' \
  -o «name».wasm "$@" .
chmod a-x «name».wasm
