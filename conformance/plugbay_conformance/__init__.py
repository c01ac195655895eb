"""The conformance suite: a specification of each ABI, and cases that judge any module by it.

::

    from plugbay_conformance import conform

    report = conform("gear.wasm")
    print(report.profile, report.verdict)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugbay_conformance.library import conform, conform_folder
    from plugbay_conformance.options import ConformOptions
    from plugbay_conformance.results import Report, Verdict
    from plugbay_conformance.selection import Selection

__all__ = ["ConformOptions", "Report", "Selection", "Verdict", "conform", "conform_folder"]

_HOMES = {
    "ConformOptions": "options",
    "Report": "results",
    "Selection": "selection",
    "Verdict": "results",
    "conform": "library",
    "conform_folder": "library",
}


def __getattr__(name: str) -> Any:
    """A public name, loaded when it is first asked for: the command line imports this package at each start."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
