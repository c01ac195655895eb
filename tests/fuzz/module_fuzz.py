"""Fuzz the module layer: damaged modules must be refused by a ``ModuleError`` or read as wasmtime reads them.

Run it as ``python tests/fuzz/module_fuzz.py --count 50000 --seed 1``. The same seed makes the same mutants. It exits
with 1 when there is a finding, and keeps the bytes of each under ``--keep``. With ``--through-host`` the mutants are
damaged gears, Extism plugins, Reflow actors and byte functions, loaded by a host and called: nothing but a
``PlugbayError`` may come out, and the process must live.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wasmtime import Config, Engine, Module, WasmtimeError, wat2wasm

from plugbay import Host, Limits, Message, Permissions, PlugbayPlugins
from plugbay.engines.wasmtime.cache import ArtifactCache
from plugbay.engines.wasmtime.engine import WasmtimeEngine
from plugbay.errors import ModuleError, PlugbayError, UnsupportedFeature
from plugbay.hookspecs import hookimpl
from plugbay.module.binary import read_module
from plugbay.module.info import MemoryType
from plugbay.module.rewrite import START_EXPORT, prepare_guest
from plugbay_adapters import extism, fluxrig, priostack, reflow

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

CORPUS = Path(__file__).parent / "corpus"
EXAMPLES = Path(__file__).parents[2] / "examples"
EXTISM_GUESTS = Path(__file__).parents[1] / "extism" / "guests"
MOST_BYTES = 64 * 1024
"""Of a guest that is damaged: larger ones take too long to compile."""
MEMORY_PAGES = 16
LIMITS = Limits(deadline=0.05, memory_pages=256, output_bytes=1024 * 1024)
"""For mutants that run: most that loop do so at once."""
_TELLING = (b"\x00", b"\x7f", b"\x80", b"\xff", b"\x80\x80\x80\x80\x10", b"\xff\xff\xff\xff\x0f", b"\x80\x00")
"""Bytes that sit on an edge: of LEB128 groups, of 32 bits, of what is canonical."""


def corpus() -> list[bytes]:
    """The binaries of the corpus folder, the text ones compiled."""
    binaries = [path.read_bytes() for path in sorted(CORPUS.glob("*.wasm"))]
    return binaries + [bytes(wat2wasm(path.read_bytes())) for path in sorted(CORPUS.glob("*.wat"))]


def guests() -> list[bytes]:
    """The guests of the corpus, of the examples, and those in the shapes of Extism's PDKs."""
    folders = (CORPUS.glob("*.wasm"), EXAMPLES.glob("*/*.wasm"), EXTISM_GUESTS.glob("*/*.wasm"))
    binaries = [path.read_bytes() for folder in folders for path in sorted(folder)]
    texts = (*sorted(CORPUS.glob("bytes_*.wat")), *sorted(EXTISM_GUESTS.glob("*.wat")))
    binaries += [bytes(wat2wasm(path.read_bytes())) for path in texts]
    return [binary for binary in binaries if len(binary) <= MOST_BYTES]


def mutants(seed: int, count: int, originals: Sequence[bytes] = ()) -> Iterator[bytes]:
    """``count`` damaged modules, the same ones for the same seed.

    They are of the corpus and damaged mostly in their declarations; or of the ``originals``, and mostly in their code,
    so that many still run.
    """
    chance = random.Random(seed)
    mutations = _MUTATIONS + (_change_code,) * len(_MUTATIONS) * 3 if originals else _MUTATIONS
    originals = originals or corpus()
    for _ in range(count):
        mutant = bytearray(chance.choice(originals))
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            chance.choice(mutations)(chance, mutant, originals)
        yield bytes(mutant)


def engine() -> Engine:
    """An engine to compare with. It has every proposal that wasmtime ships, and makes no threads."""
    config = Config()
    config.parallel_compilation = False
    return Engine(config)


def fault(mutant: bytes, judge: Engine) -> str | None:
    """What plugbay does wrong with the bytes, or None.

    Whatever wasmtime validates must be read, unless it needs a proposal that plugbay names; nothing but a
    ``ModuleError`` may come out; and what is prepared for hosting must be as valid as it was before.
    """
    valid = _validates(mutant, judge)
    try:
        info = read_module(mutant, "")
        prepared = prepare_guest(mutant, info, memory_pages=MEMORY_PAGES)
    except UnsupportedFeature:
        return None
    except ModuleError as error:
        return f"refused, but wasmtime takes it: {error}" if valid and error.code != "too-large" else None
    except Exception as error:  # noqa: BLE001 # the very thing that is looked for
        return f"{type(error).__name__} came out: {error}"
    if not valid:
        return None
    if not _validates(prepared, judge):
        return "valid before it was prepared, invalid after"
    after = read_module(prepared, "")
    if info.start is not None and (after.start is not None or after.function(START_EXPORT) is None):
        return "its start function was not made an export"
    names = [export.name for export in info.exports]
    if after.imports != info.imports or [export.name for export in after.exports][: len(names)] != names:
        return "preparing it changed an import or export"
    defined = after.memories[sum(isinstance(item.type, MemoryType) for item in info.imports) :]
    if any(memory.maximum is None or memory.maximum > MEMORY_PAGES for memory in defined):
        return "a memory may grow over the limit"
    return None


class _Engines:
    """Registers an engine whose cache is small and its own: mutants would drive everything else out of the user's."""

    def __init__(self, folder: Path) -> None:
        self._engine = WasmtimeEngine(ArtifactCache(folder, max_bytes=1024 * 1024))

    @hookimpl
    def plugbay_engines(self) -> list[WasmtimeEngine]:
        return [self._engine]


@contextlib.contextmanager
def host() -> Generator[Host]:
    """A host for mutants."""
    with tempfile.TemporaryDirectory(prefix="plugbay-fuzz-") as folder:
        plugins = PlugbayPlugins([fluxrig, extism, reflow, priostack, _Engines(Path(folder))], entry_points=False)
        granted = Permissions(state=True)
        with contextlib.closing(plugins), Host(plugins=plugins, limits=LIMITS, permissions=granted) as opened:
            yield opened


def run_in(opened: Host, mutant: bytes) -> str:
    """Load a mutant and send it messages; how that ended. Raises only what the host should not."""
    message = Message.new(data={"amount": 1299})
    try:
        with opened.load(mutant, name="mutant") as plugin:
            outcomes = [plugin.process(message), *plugin.process_many([message] * 2)]
    except PlugbayError as error:
        return error.code
    failure = next((outcome.error for outcome in outcomes if outcome.error), None)
    return f"ran into {failure.code}" if failure else "none, it ran"


def _validates(data: bytes, judge: Engine) -> bool:
    try:
        Module.validate(judge, data)
    except WasmtimeError:
        return False
    return True


def _place(chance: random.Random, mutant: bytearray) -> int:
    """Mostly behind the header and near the start, where the declarations are."""
    last = max(len(mutant) - 1, 0)
    return min(8 + int(chance.expovariate(1 / 120)), last) if chance.random() < 0.7 else chance.randint(0, last)


def _set_byte(chance: random.Random, mutant: bytearray, _: Sequence[bytes]) -> None:
    if mutant:
        mutant[_place(chance, mutant)] = chance.randrange(256)


def _change_code(chance: random.Random, mutant: bytearray, _: Sequence[bytes]) -> None:
    """A byte behind the declarations: an operand, an instruction, data."""
    if mutant:
        place = chance.randrange(len(mutant) // 6, len(mutant))
        mutant[place] = chance.choice((mutant[place] ^ (1 << chance.randrange(8)), chance.randrange(256)))


def _nudge_byte(chance: random.Random, mutant: bytearray, _: Sequence[bytes]) -> None:
    if mutant:
        place = _place(chance, mutant)
        mutant[place] = (mutant[place] + chance.choice((-1, 1, 64, 128))) % 256


def _insert(chance: random.Random, mutant: bytearray, _: Sequence[bytes]) -> None:
    place = _place(chance, mutant)
    mutant[place:place] = chance.choice(_TELLING)


def _overwrite(chance: random.Random, mutant: bytearray, _: Sequence[bytes]) -> None:
    place = _place(chance, mutant)
    telling = chance.choice(_TELLING)
    mutant[place : place + len(telling)] = telling


def _remove(chance: random.Random, mutant: bytearray, _: Sequence[bytes]) -> None:
    place = _place(chance, mutant)
    del mutant[place : place + chance.choice((1, 1, 2, 8, 64))]


def _truncate(chance: random.Random, mutant: bytearray, _: Sequence[bytes]) -> None:
    del mutant[chance.randint(0, len(mutant)) :]


def _repeat(chance: random.Random, mutant: bytearray, _: Sequence[bytes]) -> None:
    place = _place(chance, mutant)
    size = chance.choice((1, 4, 16, 64))
    mutant[place:place] = mutant[place : place + size]


def _graft(chance: random.Random, mutant: bytearray, originals: Sequence[bytes]) -> None:
    donor = chance.choice(originals)
    place = chance.randrange(len(donor))
    mutant[_place(chance, mutant) :] = donor[place:]


_MUTATIONS: tuple[Callable[[random.Random, bytearray, Sequence[bytes]], None], ...] = (
    _set_byte,
    _set_byte,
    _nudge_byte,
    _nudge_byte,
    _insert,
    _overwrite,
    _remove,
    _truncate,
    _repeat,
    _graft,
)


@dataclass(slots=True)
class Tally:
    """What became of the mutants; ``slowest`` is in seconds."""

    valid: int = 0
    refusals: Counter[str] = field(default_factory=Counter[str])
    findings: list[tuple[bytes, str]] = field(default_factory=list[tuple[bytes, str]])
    slowest: float = 0.0

    def add(self, mutant: bytes, judge: Engine) -> None:
        """Judge one mutant."""
        start = time.perf_counter()
        try:
            read_module(mutant, "")
            self.refusals["none, it was read"] += 1
        except ModuleError as error:
            self.refusals[error.code] += 1
        except Exception:  # noqa: BLE001 # reported by `fault`
            self.refusals["a foreign error"] += 1
        self.slowest = max(self.slowest, time.perf_counter() - start)
        self.valid += _validates(mutant, judge)
        if reason := fault(mutant, judge):
            self.findings.append((mutant, reason))

    def add_run(self, mutant: bytes, opened: Host) -> None:
        """Run one mutant."""
        start = time.perf_counter()
        try:
            ending = run_in(opened, mutant)
        except Exception as error:  # noqa: BLE001 # the very thing that is looked for
            ending = "a foreign error"
            self.findings.append((mutant, f"{type(error).__name__} came out: {error}"))
        self.refusals[ending] += 1
        self.valid += ending.startswith(("none", "ran"))
        self.slowest = max(self.slowest, time.perf_counter() - start)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the fuzzer; 1 when there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000, help="mutants to make")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same mutants")
    parser.add_argument("--keep", type=Path, help="folder for the bytes of each finding")
    parser.add_argument("--through-host", action="store_true", help="load and call damaged guests with a host")
    options = parser.parse_args(arguments)
    judge, tally, start = engine(), Tally(), time.perf_counter()
    with host() as opened:
        originals = guests() if options.through_host else ()
        for number, mutant in enumerate(mutants(options.seed, options.count, originals), 1):
            if options.through_host:
                tally.add_run(mutant, opened)
            else:
                tally.add(mutant, judge)
            if number % 5000 == 0:
                sys.stderr.write(f"{number} of {options.count}, {len(tally.findings)} findings\n")
    _report(tally, options.count, time.perf_counter() - start)
    if options.keep:
        _keep(tally.findings, options.keep)
    return 1 if tally.findings else 0


def _report(tally: Tally, count: int, seconds: float) -> None:
    refusals = ", ".join(f"{number} {code}" for code, number in tally.refusals.most_common())
    lines = [
        f"{count} mutants in {seconds:.1f} s, {tally.valid} of them valid; slowest {tally.slowest * 1000:.1f} ms",
        f"errors: {refusals}",
        f"{len(tally.findings)} findings",
        *(f"  {reason}: {mutant[:64].hex()}" for mutant, reason in tally.findings[:20]),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _keep(findings: list[tuple[bytes, str]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (mutant, _) in enumerate(findings):
        (folder / f"finding-{number}.wasm").write_bytes(mutant)


if __name__ == "__main__":
    sys.exit(main())
