"""What libextism can't enforce, refused rather than ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay.errors import ConfigInvalid
from plugbay.limits import Limits

if TYPE_CHECKING:
    from plugbay.contracts import PluginOptions

_FIXED: Final = {
    "fuel": "does not meter fuel through its Python package",
    "stack_bytes": "has a fixed stack",
    "log_bytes": "keeps no log of its own for a plugin",
}
_WASI: Final = {"clock": "the clock", "randomness": "randomness"}
_HINT: Final = "use the wasmtime engine"


def check_enforceable(options: PluginOptions, *, wasi: bool) -> None:
    """Raise :class:`~plugbay.errors.ConfigInvalid` for the first limit or permission that libextism can't hold."""
    usual = Limits()
    for name, why in _FIXED.items():
        value = getattr(options.limits, name)
        if value != getattr(usual, name):
            raise ConfigInvalid(
                f"the extism engine can't enforce {name}={value}: libextism {why}",
                limit=name,
                expected=getattr(usual, name),
                found=value,
                hint=_HINT,
            )
    if options.permissions.http:
        raise ConfigInvalid(
            "the extism engine can't grant HTTP: libextism would do the requests itself, without the host's checks of "
            "addresses and redirects",
            found=", ".join(options.permissions.http),
            hint=_HINT,
        )
    for name, what in _WASI.items():
        if wasi and not getattr(options.permissions, name):
            raise ConfigInvalid(
                f"the extism engine can't deny {what}: libextism's WASI has it always",
                found=f"{name}=False",
                hint=_HINT,
            )
