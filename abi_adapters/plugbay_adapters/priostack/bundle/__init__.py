"""PrioStack bundles: services with HTTP endpoints, intents and goals, each backed by a module."""
