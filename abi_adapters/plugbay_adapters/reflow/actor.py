"""What is known of an actor before its first message: its metadata and its config, asked of the actor itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from plugbay.errors import CallError, ConfigInvalid, InvalidMetadata, LimitExceeded, PermissionDenied
from plugbay.guest_log import GuestLog
from plugbay_adapters.reflow.claim import ENTRY_POINT, GET_METADATA
from plugbay_adapters.reflow.config import ConfigSchema, read_verdict
from plugbay_adapters.reflow.metadata import read_metadata, read_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay.byte_guest import ByteGuest
    from plugbay_adapters.reflow.metadata import ActorMetadata

_GET_VERSION: Final = "get_version"
_VALIDATE_CONFIG: Final = "validate_config"


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor's metadata; ``asks`` are the optional exports that it has."""

    plugin: str
    metadata: ActorMetadata
    asks: frozenset[str]

    @classmethod
    def introduce(cls, guest: ByteGuest, functions: frozenset[str], *, plugin: str) -> Actor:
        """The actor in a guest that was just made; it is started and asked, under its limits.

        Raises :class:`InvalidMetadata`, :class:`InitFailed` or :class:`LimitExceeded`.
        """
        try:
            guest.start()
            version = None
            if _GET_VERSION in functions:
                version = read_version(_asked(guest, _GET_VERSION, plugin), plugin=plugin)
            metadata = read_metadata(_asked(guest, GET_METADATA, plugin), plugin=plugin, version=version)
        finally:
            GuestLog(plugin).write(guest.take_logs())
        return cls(plugin, metadata, functions & {_VALIDATE_CONFIG})

    def completed_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The config with its defaults, judged by the schema. ``entry_point`` is plugbay's, unless the schema has it.

        Raises :class:`ConfigInvalid`.
        """
        schema = self.metadata.config_schema
        known: Any = schema.get("properties") if isinstance(schema, dict) else None
        own = ENTRY_POINT in known if isinstance(known, dict) else False
        plain = {name: value for name, value in config.items() if own or name != ENTRY_POINT}
        return ConfigSchema(schema, plugin=self.plugin).complete(plain)

    def require_valid(self, guest: ByteGuest, config: Mapping[str, Any]) -> None:
        """Let the actor judge its config where it can. Raises :class:`ConfigInvalid` when it does not take it."""
        if _VALIDATE_CONFIG not in self.asks:
            return
        text = orjson.dumps(config)
        if not read_verdict(_asked(guest, _VALIDATE_CONFIG, self.plugin, text), plugin=self.plugin):
            raise ConfigInvalid(
                f"the actor's own {_VALIDATE_CONFIG} refuses the config",
                plugin=self.plugin,
                function=_VALIDATE_CONFIG,
                found=text.decode()[:200],
                hint="it passes the schema of its metadata; the actor's documentation may say more",
            )


def _asked(guest: ByteGuest, function: str, plugin: str, payload: bytes = b"") -> bytes:
    try:
        return guest.invoke(function, payload)
    except (CallError, PermissionDenied) as error:
        raise InvalidMetadata(
            f"{function} failed: {error.reason}",
            plugin=plugin,
            function=function,
            hint=error.hint
            if isinstance(error, LimitExceeded)
            else "if it is no Reflow actor, host it as a plain Extism plugin (--abi extism)",
        ) from error
