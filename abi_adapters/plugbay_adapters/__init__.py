"""Adapters for the ABIs that plugbay hosts, each loaded through the entry-point group `plugbay`."""
