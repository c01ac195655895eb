"""One host for WebAssembly plugins of any ABI."""
