"""The command line: ``plugbay VERB``. It parses, calls the library and prints."""

from plugbay.cli.program import main

__all__ = ["main"]
