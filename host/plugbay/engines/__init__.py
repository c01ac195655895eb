"""Engines: what runs wasm."""
