"""The library call: judge a module, or a folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugbay.errors import PlugbayError
from plugbay_conformance.errors import SubjectInvalid
from plugbay_conformance.examiner import Examiner
from plugbay_conformance.options import WASMTIME, ConformOptions
from plugbay_conformance.selection import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike

    from plugbay.module.source import ModuleSource
    from plugbay_conformance.results import Report
    from plugbay_conformance.running.run import Progress
    from plugbay_conformance.selection import Selection

SUFFIX = ".wasm"
"""How the modules of a folder end."""


def conform(
    source: ModuleSource,
    *,
    abi: str | None = None,
    profile: str | None = None,
    engines: Sequence[str] = (WASMTIME,),
    select: Selection = EVERYTHING,
    expected: str | PathLike[str] | None = None,
    seed: int = 1,
    processes: int | None = None,
    hosts: bool = True,
    differential: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Judge the module at a path, or in bytes; the options are those of :class:`ConformOptions`.

    Ctrl-C ends it with a report of what was judged until then, ``complete`` False. Raises a
    :class:`~plugbay.errors.PlugbayError` for what can't be judged; what a guest does is in the report.
    """
    options = ConformOptions(abi, profile, engines, select, expected, seed, processes, hosts, differential, progress)
    with Examiner(options) as examiner:
        return examiner.examine(examiner.read(source), str(source) if isinstance(source, (str, Path)) else "")


def conform_folder(
    folder: str | PathLike[str],
    options: ConformOptions | None = None,
    *,
    on_refused: Callable[[Path, PlugbayError], None] = lambda _path, _error: None,
) -> list[Report]:
    """Judge every module (``*.wasm``) of a folder, in the order of their names, for a matrix.

    ``on_refused`` is told of those that are none that can be judged as asked for. After Ctrl-C in the middle of a
    module the last report's ``complete`` is False, and what comes after it is not judged. Raises
    :class:`SubjectInvalid` for a folder without modules.
    """
    with Examiner(options or ConformOptions()) as examiner:
        return list(examine_folder(examiner, Path(folder), on_refused))


def examine_folder(
    examiner: Examiner, folder: Path, on_refused: Callable[[Path, PlugbayError], None]
) -> Iterator[Report]:
    """The reports of :func:`conform_folder`, one after the other."""
    for path in modules_of(folder):
        try:
            report = examiner.examine(examiner.read(path), str(path), any_engine=True)
        except PlugbayError as error:
            on_refused(path, error)
            continue
        yield report
        if not report.complete:
            return


def modules_of(folder: Path) -> list[Path]:
    """The modules of a folder, by name. Raises :class:`SubjectInvalid` when there is none."""
    found = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX and path.is_file())
    if not found:
        raise SubjectInvalid(f"{folder} has no module", expected=f"files that end in {SUFFIX}", hint="build them first")
    return found
