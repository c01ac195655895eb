"""How much memory a worker may take, so that no guest takes the machine's."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from typing import Final

MEMORY_BYTES: Final = 2 * 1024**3
"""What one worker may use. Guests have 64 MiB; the rest is for what a case holds of one, several times over."""
OUT_OF_MEMORY: Final = 77
"""Exit code of a worker that used more."""
_LOOK: Final = 0.1


def bound_memory(most: int = MEMORY_BYTES) -> None:
    """Bound this process: to ask for more fails, and where the system does not see to that, the process ends.

    The address space can't be bounded: engines reserve gigabytes of it for each memory, and never touch them. What
    counts is what can be written to, which Linux bounds as the data segment. Elsewhere a thread looks at the peak.
    """
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    else:
        threading.Thread(target=_watch, args=(most,), name="memory", daemon=True).start()


def _watch(most: int) -> None:
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss <= most:  # bytes, where it is not Linux
        time.sleep(_LOOK)
    os._exit(OUT_OF_MEMORY)
