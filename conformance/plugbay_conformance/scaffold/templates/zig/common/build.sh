#!/bin/sh
# Builds «name».wasm with the zig on PATH when it is a 0.17, else with the one of pip install ziglang==0.17.0. Options go to
# zig build.
set -eu
cd "$(dirname "$0")"
case $(zig version 2>/dev/null) in
  0.17.*) zig build install "$@" ;;
  *)
    "${PYTHON:-python3}" -c 'import ziglang' 2>/dev/null || {
      echo "Zig 0.17 is missing: pip install ziglang==0.17.0" >&2
      exit 1
    }
    "${PYTHON:-python3}" -m ziglang build install "$@"
    ;;
esac
cp zig-out/bin/«name».wasm «name».wasm
chmod a-x «name».wasm
