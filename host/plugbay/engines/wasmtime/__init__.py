"""The wasmtime engine: compiles once, drives guests from inside wasm, enforces the limits."""
