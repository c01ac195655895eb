"""What stands in the way of an engine."""

from __future__ import annotations

from plugbay.errors import ConfigInvalid


class EngineMissing(ConfigInvalid):
    """The engine can't be used here: there is none of that name, or what it is made with is not installed."""

    code = "engine-missing"
