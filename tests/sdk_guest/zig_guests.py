"""What the tests of the guests in Zig have in common."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from plugbay import Host, Limits, LogLevel, Message, Outcome, Permissions, Plugin
from plugbay.message import EntityId, Hop

ROOT: Final = Path(__file__).parents[2]
SDK: Final = ROOT / "sdk_guest" / "zig"
DIST: Final = ROOT / "sdk_guest" / "dist"
TUTORIAL: Final = ROOT / "conformance" / "tutorial"
ROCKET: Final = "Grüße, 世界 🚀"

Load = Callable[..., Plugin]


@contextmanager
def loading() -> Generator[Load]:
    """Loads committed modules by name, with 16 pages of memory unless said otherwise."""
    host = Host(permissions=Permissions(state=True, outputs=True))

    def load(name: str, pages: int = 16, **options: Any) -> Plugin:
        return host.load(DIST / f"{name}-zig.wasm", limits=Limits(memory_pages=pages), **options)

    with host:
        yield load


def everything(data: dict[str, Any] | None = None) -> Message:
    """A message with something in each field."""
    message = Message.new(
        data or {},
        {"event.type": "t", "remove.me": "x"},
        src_id=EntityId(bytes(range(16))),
        trace="4bf9",
        flags=0xFFFF_FFFE,
        raw=b"\x00raw\xff",
        path=(Hop(EntityId(b"g" * 16), EntityId(b"p" * 16), -5),),
    )
    return replace(message, ts=-7)


def lines(outcome: Outcome) -> list[tuple[LogLevel, str]]:
    """What was logged."""
    return [(line.level, line.text) for line in outcome.logs]
