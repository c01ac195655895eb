"""The doctor's hostile guests: what each one tries, and how it must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from plugbay.errors import (
    DeadlineExceeded,
    GuestError,
    GuestTrap,
    InvalidHandle,
    OutOfFuel,
    OutOfMemory,
    OutputTooLarge,
    PermissionDenied,
    PlugbayError,
    PointerOutOfBounds,
    TooManyLogs,
    TooManyMessages,
    VariableStoreFull,
)
from plugbay.module.wat import compile_text
from plugbay.outcome import LogLevel

if TYPE_CHECKING:
    from plugbay.limits import Limits
    from plugbay.outcome import Outcome

FLUXRIG: Final = "fluxrig"
EXTISM: Final = "extism"
PRIOSTACK: Final = "priostack"
_FRAMES: Final = {FLUXRIG: "frame", EXTISM: "extism_frame", PRIOSTACK: "priostack_frame"}
HONEST: Final = "honest"
"""The guest that stands beside the others and attacks nothing."""
_PLACE: Final = ";; (the guest's file comes here)"
_SERVICES_ASKED: Final = 3

Judge = Callable[["Outcome", "Limits"], bool]
"""Whether the attack's message ended as it must."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile guest. ``guest`` names its file; ``meets`` is the limit or check that must stop it."""

    guest: str
    tries: str
    meets: str
    ends_well: Judge
    fuel: int | None = None
    """Fuel units that the guest gets; None = it is not metered."""
    abi: str = FLUXRIG
    """The ABI that it speaks."""


def guest_module(guest: str, abi: str = FLUXRIG) -> bytes:
    """The guest's module: its file put into the frame that all of its ABI share, compiled."""
    folder = files("plugbay.doctor") / "guests"
    frame = folder.joinpath(f"{_FRAMES[abi]}.wat").read_text("utf-8")
    own = folder.joinpath(f"{guest}.wat").read_text("utf-8")
    return compile_text(frame.replace(_PLACE, own).encode(), f"{guest}.wat")


def attacks() -> tuple[Attack, ...]:
    """Every attack, in the order in which they are run."""
    return (
        Attack("endless_loop", "never to return", "deadline", _fails(DeadlineExceeded)),
        Attack("fuel_burner", "to count to 2**63", "fuel", _fails(OutOfFuel), fuel=1_000_000),
        Attack("memory_bomb", "to take all memory", "memory_pages", _fails(OutOfMemory)),
        Attack("table_bomb", "to grow a table without end", "table_elements", _table_stayed_small),
        Attack("recursion", "to fill the stack", "stack_bytes", _fails(GuestTrap, limit="stack_bytes")),
        Attack("log_flood", "to log without end", "log_bytes", _fails(TooManyLogs)),
        Attack("emit_flood", "to send messages without end", "messages_out", _fails(TooManyMessages, OutputTooLarge)),
        Attack("huge_output", "to send too many bytes", "output_bytes", _fails(OutputTooLarge, TooManyMessages)),
        Attack("wild_pointer", "to return what is not its own", "bounds check", _fails(PointerOutOfBounds)),
        Attack("wild_scribble", "to write beyond its memory", "sandbox", _fails(GuestTrap)),
        Attack("forbidden_services", "to reach state and network", "permissions", _was_refused),
        *_extism_attacks(),
        *_priostack_attacks(),
    )


def _extism_attacks() -> tuple[Attack, ...]:
    """What only Extism's kernel can be asked for; and the deadline, which its driver has to keep too."""
    return (
        Attack("extism_endless_loop", "Extism: never to return", "deadline", _fails(DeadlineExceeded), abi=EXTISM),
        Attack(
            "extism_var_flood",
            "Extism: to keep variables without end",
            "var_bytes",
            _fails(VariableStoreFull),
            abi=EXTISM,
        ),
        Attack(
            "extism_forged_handle",
            "Extism: to pass a handle made up",
            "handle check",
            _fails(InvalidHandle),
            abi=EXTISM,
        ),
        Attack("extism_network", "Extism: to reach the network", "permissions", _fails(PermissionDenied), abi=EXTISM),
    )


def _priostack_attacks() -> tuple[Attack, ...]:
    """What only objects and texts of AssemblyScript can lie about; and the deadline, which each driver has to keep."""
    return (
        Attack(
            "priostack_endless_loop", "PrioStack: never to return", "deadline", _fails(DeadlineExceeded), abi=PRIOSTACK
        ),
        Attack(
            "priostack_lying_buffer",
            "PrioStack: to return a buffer longer than memory",
            "bounds check",
            _fails(PointerOutOfBounds),
            abi=PRIOSTACK,
        ),
        Attack(
            "priostack_wild_abort",
            "PrioStack: to abort with a text that is not there",
            "bounds check",
            _fails(GuestError),
            abi=PRIOSTACK,
        ),
    )


def _fails(*errors: type[PlugbayError], limit: str | None = None) -> Judge:
    def judge(outcome: Outcome, _limits: Limits) -> bool:
        error = outcome.error
        return isinstance(error, errors) and limit in (None, error.limit)

    return judge


def _table_stayed_small(outcome: Outcome, limits: Limits) -> bool:
    sizes = [message.flags for _, message in outcome.messages]
    return outcome.error is None and len(sizes) == 1 and sizes[0] <= max(limits.table_elements, 1)


def _was_refused(outcome: Outcome, _limits: Limits) -> bool:
    refusals = [record for record in outcome.logs if record.level is LogLevel.WARN and "refused" in record.text]
    return outcome.error is None and not outcome.messages and len(refusals) == _SERVICES_ASKED
