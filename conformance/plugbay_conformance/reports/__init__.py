"""Reports of every form."""
