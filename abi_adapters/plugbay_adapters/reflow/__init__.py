"""Reflow actors: Extism plugins that exchange typed messages on named ports."""
