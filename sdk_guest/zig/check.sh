#!/bin/sh
# The gate of this folder: format, the package's tests, those of the examples, and the README's project, built as a user
# builds it.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

zig() {
  verb=$1
  shift
  "${PYTHON:-python3}" -m ziglang "$verb" "$@"
}

zig fmt --check .
zig test --cache-dir "$work/cache" src/tests.zig
for example in examples/*.zig; do
  zig test --cache-dir "$work/cache" --dep plugbay "-Mroot=$example" -Mplugbay=src/plugbay.zig
done

mkdir -p "$work/project/src" "$work/project/plugbay"
cp -r build.zig build.zig.zon README.md src "$work/project/plugbay"
awk -v folder="$work/project" '
  /^<!-- file: / { name = $3 }
  /^```/ { inside = name != "" && !inside; if (!inside) name = ""; next }
  inside && (name ~ /^build/ || name ~ /\//) { print >(folder "/" name) }
' README.md
cd "$work/project"
zig build test install
test -s zig-out/bin/my-gear.wasm
