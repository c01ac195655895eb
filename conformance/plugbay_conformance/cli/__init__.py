"""The verbs ``plugbay conform`` and ``plugbay new``."""
