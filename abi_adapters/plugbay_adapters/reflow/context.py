"""The ActorContext: what an actor is given with each message, in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from plugbay.errors import InvalidMessage
from plugbay_adapters.reflow.jsontext import Misfit
from plugbay_adapters.reflow.values import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugbay_adapters.reflow.values import Value


class ContextWriter:
    """Writes the contexts of one actor; its config is encoded once.

    ``config`` is completed and judged, by :meth:`~plugbay_adapters.reflow.config.ConfigSchema.complete`. The state's
    values are JSON already, as :mod:`plugbay_adapters.reflow.state` makes them, and are copied as they are.
    """

    def __init__(self, component: str, node_id: str, config: Mapping[str, Any], *, plugin: str | None = None) -> None:
        self._plugin = plugin
        about: dict[str, Any] = {
            "node_id": node_id,
            "component": component,
            "resolved_env": {},
            "config": config,
            "namespace": None,
        }
        self._middle = b'},"config":' + orjson.dumps(about) + b',"state":{'

    def write(self, payload: Mapping[str, Value], state: Mapping[str, bytes]) -> bytes:
        """The context of one message.

        Raises :class:`~plugbay.errors.InvalidMessage` that names the port of a value that JSON can't hold exactly.
        """
        entries: list[bytes] = []
        for port, value in payload.items():
            try:
                entries.append(orjson.dumps(port) + b":" + encode(value))
            except Misfit as misfit:
                where = f"{port}{misfit.where}"
                raise InvalidMessage(
                    f"port {where}: {misfit}",
                    plugin=self._plugin,
                    function=port,
                    expected=misfit.expected,
                    found=misfit.found,
                ) from None
        kept = [orjson.dumps(key) + b":" + value for key, value in state.items()]
        return b"".join((b'{"payload":{', b",".join(entries), self._middle, b",".join(kept), b"}}"))
