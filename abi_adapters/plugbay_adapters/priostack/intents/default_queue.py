"""Where a bundle's events are kept when nobody says where: a file that outlives its server."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugbay_adapters.priostack.errors import SensorQueueUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


def default_queue(bundle: str, environment: Mapping[str, str] = os.environ) -> str:
    """The URL of the queue of the bundle at a path, in the user's state folder, which is made.

    The file is named after the bundle's real path, so each bundle has its own, and a restart finds it again. The folder
    is that of the XDG base directory specification. Raises :class:`SensorQueueUnusable` when it can't be made.
    """
    path = os.path.realpath(bundle)
    name = _NOT_IN_NAMES.sub("-", Path(path).stem).strip("-.")[:64]
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    try:
        folder = _state_home(environment) / "plugbay" / "queues"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise SensorQueueUnusable(
            f"no folder can be made for the queue of sensor events: {error}",
            hint="name a file with --queue sqlite:PATH, or give --queue memory: to keep events in memory alone",
        ) from error
    return f"sqlite:{folder / f'{name}-{digest}.sqlite'}"


def _state_home(environment: Mapping[str, str]) -> Path:
    named = environment.get("XDG_STATE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "state"
