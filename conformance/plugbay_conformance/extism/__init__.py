"""Extism's and Reflow's cases."""
