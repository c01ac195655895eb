"""fluxrig's cases."""
