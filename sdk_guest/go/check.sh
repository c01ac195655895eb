#!/bin/sh
# The gate of the Go SDK: formatting, vet for a module and natively, a comment on each public item, and the native tests.
set -eu
cd "$(dirname "$0")"
go=${GO:-go}
export GOFLAGS='' GOWORK=off

unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { printf 'gofmt these:\n%s\n' "$unformatted" >&2; exit 1; }
"$go" mod verify
"$go" vet ./...
GOOS=wasip1 GOARCH=wasm "$go" vet ./internal/... ./conformance/... ./fluxrig/internal/... ./packed/internal/... \
  ./extism/internal/... ./reflow/internal/...
GOOS=wasip1 GOARCH=wasm "$go" build -o /dev/null ./...
"$go" run ./internal/doccheck .
"$go" test ./...
# What is for TinyGo too has to do with 32 bits.
GOARCH=386 "$go" vet ./message ./fluxrig ./internal/... ./conformance/gear ./conformance/fluxrigcore
case $(uname -sm) in "Linux x86_64") GOARCH=386 "$go" test ./message ./fluxrig ./internal/... ;; esac
