"""What is asked of the suite, judged in one place before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plugbay.errors import ConfigInvalid
from plugbay_conformance.selection import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from plugbay_conformance.running.run import Progress
    from plugbay_conformance.selection import Selection

WASMTIME: Final = "wasmtime"
MOST_PROCESSES: Final = 64


@dataclass(frozen=True, slots=True)
class ConformOptions:
    """How modules are judged.

    ``abi`` and ``profile`` None = found in the module; ``reflow`` means Extism's actors. ``expected`` is the path of a
    file of expected failures. ``processes`` 0 = in this process, with no limit of time but each call's; None = one for
    each CPU, at most 8. ``hosts`` False leaves out the hosts with quirks. ``differential`` compares the answers of the
    engines, too. Raises :class:`~plugbay.errors.ConfigInvalid`.
    """

    abi: str | None = None
    profile: str | None = None
    engines: Sequence[str] = (WASMTIME,)
    select: Selection = EVERYTHING
    expected: str | PathLike[str] | None = None
    seed: int = 1
    processes: int | None = None
    hosts: bool = True
    differential: bool = False
    progress: Callable[[Progress], None] | None = None

    def __post_init__(self) -> None:
        if not self.engines or len(set(self.engines)) < len(self.engines):
            raise ConfigInvalid("name each engine once", found=", ".join(self.engines) or "no engine")
        if self.differential and len(self.engines) < 2:
            raise ConfigInvalid("engines are compared two by two", found=self.engines[0], hint="name another --engine")
        if self.processes is not None and not 0 <= self.processes <= MOST_PROCESSES:
            raise ConfigInvalid(f"processes={self.processes} (from 0 to {MOST_PROCESSES})", found=self.processes)
