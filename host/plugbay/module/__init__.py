"""The module layer: from a source to verified bytes and what they declare."""
