"""A small suite whose cases do what guests, engines and the suite itself may do to a run."""

from __future__ import annotations

import os
import resource
import signal
import threading
from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import Case, CaseContext, CaseKind, CaseSkipped, GuestContract, fail
from plugbay_conformance.engines.contract import GuestStopped, StopKind
from plugbay_conformance.engines.errors import EngineMissing
from plugbay_conformance.host_profile import SPECIFICATION, HostProfile
from plugbay_conformance.results import Difference
from plugbay_conformance.running.parts import Parts
from plugbay_conformance.specification import Level, Requirement, Specification
from plugbay_conformance.suite import AbiSuite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import CallSession, ConformanceEngine, PointerSession, Setting

FAKES: Final = Parts(
    *(f"{__name__}:{name}" for name in ("load_suite", "open_engine", "find_differences", "ENGINES_OF"))
)
ENGINES_OF: Final = {"fluxrig": ("wasmtime", "wazero"), "extism": ("wasmtime", "libextism"), "priostack": ("wasmtime",)}
CONTRACT: Final = GuestContract("plugbay-conformance/1", "fluxrig", "extended", "rust", "plugbay-guest", "1.0")
QUIRKY: Final = "fluxrig-v0.6"


class FakeEngine:
    """An engine that traps every session."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.version = "1.2.3"

    def open_pointers(self, subject: Subject, host: HostProfile, setting: Setting) -> PointerSession:
        raise GuestStopped(StopKind.TRAP, f"{subject.name} trapped on {self.name} under {host.name}")

    def open_calls(self, subject: Subject, host: HostProfile, setting: Setting) -> CallSession:
        raise GuestStopped(StopKind.LINK, "no calls here")

    def close(self) -> None:
        pass


def open_engine(name: str) -> ConformanceEngine:
    if name == "wazero":
        raise EngineMissing("wazero is not here", hint="install Go")
    return FakeEngine(name)


def interrupted_engine(name: str) -> ConformanceEngine:
    """Ctrl-C comes while the engine is built."""
    raise KeyboardInterrupt


def find_differences(
    case: Case,
    requirement: Requirement,
    subject: Subject,
    engines: tuple[ConformanceEngine, ConformanceEngine],
    host: HostProfile,
    seed: int,
) -> Iterator[Difference]:
    if case.name == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if case.name == "fails":
        names = (engines[0].name, engines[1].name)
        yield Difference(requirement.id, case.name, "output", names, (f"00 by {seed}", f"01 by {seed}"))


def _passes(context: CaseContext) -> None:
    pass


def _fails(context: CaseContext) -> None:
    number = context.random.randrange(1000)
    fail("the answer is another", expected="41", found=number, input=b"\x00in", output=b"out\xff", logs=("info: hm",))


def _skips(context: CaseContext) -> None:
    raise CaseSkipped("nothing to see")


def _traps(context: CaseContext) -> None:
    from plugbay_conformance.engines.contract import Setting

    context.engine.open_pointers(context.subject, context.host, Setting())


def _hangs(context: CaseContext) -> None:
    threading.Event().wait()


def _dies(context: CaseContext) -> None:
    os.write(2, b"thread 'main' panicked\n")
    os.kill(os.getpid(), signal.SIGKILL)


def _exits(context: CaseContext) -> None:
    os.write(2, b"last words\n")
    os._exit(3)


def _floods_memory(context: CaseContext) -> None:
    kept: list[bytes] = []
    while resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY:  # never in the tests' own process
        kept.append(bytes(256 * 1024**2))  # never touched


def _floods_streams(context: CaseContext) -> None:
    for _ in range(2_000):
        os.write(1, b"x" * 1024)
        os.write(2, b"y" * 1024)


def _floods_the_report(context: CaseContext) -> None:
    fail("much", expected="x" * 1_000_000, found="y", input=bytes(1_000_000), logs=("\udc80z" * 10_000,) * 1_000)


def _breaks(context: CaseContext) -> None:
    raise ZeroDivisionError("a bug of the suite")


def _breaks_on_quirky_host(context: CaseContext) -> None:
    if context.host.name == QUIRKY:
        fail("it needs _initialize", expected="an answer", found="none")


def _knows_its_guest(context: CaseContext) -> None:
    contract = context.subject.contract
    if contract is None or context.subject.profile != contract.profile:
        fail("the contract did not arrive", expected=CONTRACT, found=contract)


_CASES: dict[str, Callable[[CaseContext], None]] = {
    "passes": _passes,
    "fails": _fails,
    "skips": _skips,
    "traps": _traps,
    "hangs": _hangs,
    "dies": _dies,
    "exits": _exits,
    "floods_memory": _floods_memory,
    "floods_streams": _floods_streams,
    "floods_the_report": _floods_the_report,
    "breaks": _breaks,
    "breaks_on_quirky_host": _breaks_on_quirky_host,
    "knows_its_guest": _knows_its_guest,
}
NUMBERS: Final = {name: f"FLX-{number:03}" for number, name in enumerate(_CASES, 1)}
"""The requirement that each case judges."""


def case_id(name: str) -> str:
    """The id of a case."""
    return f"{NUMBERS[name]}/{name}"


def load_suite(abi: str) -> AbiSuite:
    """fluxrig: a requirement for each case; the others: one that passes."""
    if abi != "fluxrig":
        return _other_suite(abi)
    requirements = tuple(
        Requirement(
            number,
            "fluxrig",
            Level.SHOULD if name == "skips" else Level.MUST,
            ("extended",) if name == "knows_its_guest" else ("core", "extended"),
            f"It {name.replace('_', ' ')}",
            "Text.",
            "source",
            "reason",
        )
        for name, number in NUMBERS.items()
    )
    kinds = {"passes": CaseKind.BINARY, "knows_its_guest": CaseKind.GUEST}
    cases = tuple(
        Case(
            NUMBERS[name],
            name,
            kinds.get(name, CaseKind.MODULE),
            run,
            on_hosts=name == "breaks_on_quirky_host",
            slow=name == "traps",
        )
        for name, run in _CASES.items()
    )
    hosts = (
        HostProfile(SPECIFICATION, "As specified", "fluxrig", ("core", "extended")),
        HostProfile(QUIRKY, "fluxrig 0.6", "fluxrig", ("core", "extended"), runs_initialize=False),
        HostProfile("later", "A host of the extended profile", "fluxrig", ("extended",)),
    )
    specification = Specification("1", "fluxrig", "fluxrig gears", ("core", "extended"), requirements)
    return AbiSuite(specification, cases, hosts, _read_contract)


def _read_contract(engine: ConformanceEngine, subject: Subject) -> GuestContract | None:
    marks = {section.name for section in subject.info.custom_sections}
    if "hangs" in marks:
        threading.Event().wait()
    if "dies" in marks:
        os.kill(os.getpid(), signal.SIGKILL)
    return CONTRACT if "guest" in marks else None


def _other_suite(abi: str) -> AbiSuite:
    prefix, profiles = {"extism": ("EXT", ("plugin", "actor")), "priostack": ("PRI", ("packed",))}[abi]
    requirement = Requirement(f"{prefix}-001", abi, Level.MUST, profiles, "It passes", "Text.", "source", "reason")
    case = Case(requirement.id, "passes", CaseKind.MODULE, _passes)
    host = HostProfile(SPECIFICATION, "As specified", abi, profiles)
    specification = Specification("1", abi, abi, profiles, (requirement,))
    return AbiSuite(specification, (case,), (host,), lambda _engine, _subject: None)
