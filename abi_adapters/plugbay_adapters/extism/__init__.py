"""Extism plugins: exports without parameters, bytes in and out through the kernel of ``extism:host/env``."""
