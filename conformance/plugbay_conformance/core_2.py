"""Whether a module keeps to WebAssembly core 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import ModuleError

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject


def outside_core_2(subject: Subject) -> str | None:
    """What of the module is not WebAssembly core 2.0, in words; None when all is."""
    from plugbay.engines.wasmtime.features import check_features  # brings wasmtime along

    try:
        check_features(subject.module, frozenset(), shown=subject.info.features, origin="the module")
    except ModuleError as error:
        return error.reason
    return None
