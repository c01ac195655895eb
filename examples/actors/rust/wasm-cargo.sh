#!/bin/sh
# Runs `cargo build --release --target wasm32-unknown-unknown` with whatever Rust can do that on this machine: the cargo
# on PATH when it has the target (rustup target add wasm32-unknown-unknown), else Debian's packages, which build the
# standard library from source and are installed when they are missing.
# usage: wasm-cargo.sh WORKSPACE TARGET_FOLDER
set -eu
workspace=$(cd "$1" && pwd)
target=$2
triple=wasm32-unknown-unknown
lld=22
library=/usr/lib/rustlib/src/rust/library

has_target() {
  command -v cargo >/dev/null && found=$(rustc --print target-libdir --target $triple 2>/dev/null) && [ -d "$found" ]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_debian() {
  command -v apt-get >/dev/null || {
    echo "no Rust here builds for $triple; try: rustup target add $triple" >&2
    exit 1
  }
  as_root apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
    rustc-web cargo-web rust-web-src lld-$lld >&2
}

# A stack of 64 KiB keeps a module at a few pages. Paths of the machine would end up in the messages of panics.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Clink-arg=-zstack-size=65536 \
--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$library=std"
set -- build --quiet --release --locked --target $triple --target-dir "$target" --manifest-path "$workspace/Cargo.toml"
if has_target; then
  rustc --version
  exec cargo "$@"
fi
[ -x /usr/bin/cargo ] && [ -d $library ] && [ -x /usr/bin/wasm-ld-$lld ] || install_debian
/usr/bin/rustc --version
export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-$lld
exec /usr/bin/cargo "$@" -Z build-std=std,panic_abort -Z build-std-features=
