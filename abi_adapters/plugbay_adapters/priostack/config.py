"""The config of byte functions, judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from plugbay.errors import ConfigInvalid
from plugbay_adapters.priostack.convention import Convention

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.contracts import PluginOptions

_KEYS: Final = ("convention", "function")


@dataclass(frozen=True, slots=True)
class ByteConfig:
    """What the user decided: the convention, and the function that a call without a name means; None = find it."""

    convention: Convention | None = None
    function: str | None = None


def read_config(options: PluginOptions) -> ByteConfig:
    """The config of a plugin. Raises :class:`ConfigInvalid` for what byte functions don't take."""
    if options.linked:
        raise ConfigInvalid(
            f"byte functions are in one module, {len(options.linked)} others are linked to it",
            found=", ".join(linked.name for linked in options.linked),
        )
    config = options.config
    unknown = sorted(map(str, config.keys() - set(_KEYS)))
    if unknown:
        raise ConfigInvalid(
            f"byte functions have no config {', '.join(unknown)}",
            function=unknown[0],
            hint=f"they take: {', '.join(_KEYS)}",
        )
    return ByteConfig(_convention(config), _function(config))


def _convention(config: Mapping[str, Any]) -> Convention | None:
    value = config.get("convention")
    if value is None:
        return None
    try:
        return Convention(value)
    except ValueError:
        known = ", ".join(Convention)
        raise ConfigInvalid(
            f"there is no calling convention {value!r}",
            function="convention",
            expected=known,
            found=value,
            hint=f"there are: {known}",
        ) from None


def _function(config: Mapping[str, Any]) -> str | None:
    value = config.get("function")
    if value is not None and (not isinstance(value, str) or not value):
        raise ConfigInvalid("function must be the name of an export", function="function", found=value)
    return value
