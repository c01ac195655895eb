#!/bin/sh
# Builds the conformance guests and the examples with the Zig compiler from PyPI (pip install ziglang==0.17.0),
# reproducibly, and prints their sizes.
# usage: build.sh [FOLDER]    the default is ../dist, and then DIGESTS-zig is written there too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../dist}
mkdir -p "$out"
out=$(cd "$out" && pwd)

# module NAME SOURCE: a stack of 64 KiB keeps a module within the 16 pages of memory that a fluxrig rack gives a gear
module() {
  "${PYTHON:-python3}" -m ziglang build-exe -target wasm32-freestanding -O ReleaseSmall -fstrip -fno-entry --stack 65536 \
    -rdynamic --dep plugbay "-Mroot=$here/$2" "-Mplugbay=$here/src/plugbay.zig" "-femit-bin=$out/$1-zig.wasm"
  chmod a-x "$out/$1-zig.wasm"
  printf '%7d  %s-zig.wasm\n' "$(wc -c <"$out/$1-zig.wasm")" "$1"
}

module conformance-fluxrig-core guests/fluxrig_core.zig
module conformance-fluxrig-extended guests/fluxrig_extended.zig
module conformance-extism-actor guests/extism_actor.zig
module conformance-priostack-packed guests/priostack_packed.zig
for example in "$here"/examples/*.zig; do
  name=$(basename "$example" .zig)
  module "$(printf %s "$name" | tr _ -)" "examples/$name.zig"
done
module fluxrig-echo examples/sizes/fluxrig_echo.zig
module fluxrig-unread examples/sizes/fluxrig_unread.zig

if [ $# -eq 0 ]; then
  cd "$out"
  if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
  $sum -- *-zig.wasm >DIGESTS-zig
fi
