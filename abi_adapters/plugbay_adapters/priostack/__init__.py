"""PrioStack: byte functions, and bundles of services made of them."""
