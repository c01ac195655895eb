"""PrioStack's cases."""
