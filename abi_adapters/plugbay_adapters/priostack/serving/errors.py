"""What keeps a server from serving, beside what is wrong with its bundle."""

from __future__ import annotations

from plugbay.errors import ConfigInvalid, PlugbayError


class AddressUnusable(ConfigInvalid, OSError):
    """The server can't listen at its address: the port is taken, not allowed, or no address of this machine."""

    code = "address-unusable"


class WorkersFailed(PlugbayError, RuntimeError):
    """The worker processes can't be kept running; ``found`` is what the last of them said."""

    code = "workers-failed"
