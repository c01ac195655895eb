"""One version of a plugin: what was read, claimed and compiled, and its instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugbay.contracts import Claim, CompiledPlugin
    from plugbay.limits import Limits
    from plugbay.module.info import ModuleInfo
    from plugbay.pool import Pool


@dataclass(frozen=True, slots=True)
class Version:
    """One loaded version of a plugin; a reload replaces it whole."""

    info: ModuleInfo
    claim: Claim
    compiled: CompiledPlugin
    pool: Pool
    limits: Limits

    def close(self, *, drain: bool = True) -> None:
        """Finish what runs, or interrupt it without ``drain``, then free everything."""
        self.pool.close(drain=drain)
        self.compiled.close()
