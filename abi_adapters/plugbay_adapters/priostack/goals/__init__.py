"""Goals: what a service promises, measured over a sliding window."""
