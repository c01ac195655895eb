"""``plugbay conform``: does a module do what its ABI's specification says?"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugbay.cli.failure import FAILED, INTERRUPTED, UNUSABLE, facts_of, show_failure
from plugbay.cli.session import session_of
from plugbay.cli.text import visible
from plugbay.errors import ConfigInvalid, ModuleError, PlugbayError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from plugbay.cli.output import Output
    from plugbay.cli.session import Session
    from plugbay_conformance.examiner import Examiner
    from plugbay_conformance.options import ConformOptions
    from plugbay_conformance.results import Report
    from plugbay_conformance.running.run import Progress

_WHAT, _HOW, _TOLD = "What is judged", "How", "What is told"

PathArgument = Annotated[
    str,
    typer.Argument(metavar="FILE|DIR", show_default=False, help="A .wasm or .wat file, or a folder of .wasm files."),
]
Abi = Annotated[
    str | None,
    typer.Option(
        "--abi",
        metavar="ABI",
        show_default="found in the module",
        rich_help_panel=_WHAT,
        help="fluxrig, extism, reflow (Extism's actors) or priostack.",
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        show_default="what the module says",
        rich_help_panel=_WHAT,
        help="core, extended; plugin, actor; packed, wasm-bindgen, assemblyscript.",
    ),
]
Requirements = Annotated[
    list[str] | None,
    typer.Option(
        "--requirement",
        "-r",
        metavar="ID",
        show_default=False,
        rich_help_panel=_WHAT,
        help="Only this one, such as FLX-012 or 'FLX-01*'; may be repeated.",
    ),
]
Keyword = Annotated[
    str,
    typer.Option(
        "--keyword",
        "-k",
        metavar="WORD",
        show_default=False,
        rich_help_panel=_WHAT,
        help="Only what has the word in its id or title.",
    ),
]
Engines = Annotated[
    list[str] | None,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        show_default="wasmtime",
        rich_help_panel=_HOW,
        help="wasmtime, wazero or (Extism) libextism; may be repeated.",
    ),
]
Expected = Annotated[
    str | None,
    typer.Option(
        "--expected",
        metavar="FILE",
        show_default=False,
        rich_help_panel=_HOW,
        help="A TOML file of failures that are known, each with its reason.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", rich_help_panel=_HOW, help="What random inputs are made of.")]
Processes = Annotated[
    int | None,
    typer.Option(
        "--processes",
        metavar="N",
        show_default="one for each CPU, at most 8",
        rich_help_panel=_HOW,
        help="Workers; 0 judges in this process, without a limit of time for each case.",
    ),
]
Differential = Annotated[
    bool,
    typer.Option("--differential", rich_help_panel=_HOW, help="Compare what the engines answer, byte for byte, too."),
]
NoHosts = Annotated[
    bool, typer.Option("--no-hosts", rich_help_panel=_HOW, help="Leave out the hosts with habits of their own.")
]
Reports = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="PATH",
        show_default=False,
        rich_help_panel=_TOLD,
        help="Write a report: .json, .xml (JUnit), .html or .svg (a badge); may be repeated.",
    ),
]
RequireComplete = Annotated[
    bool, typer.Option("--require-complete", rich_help_panel=_TOLD, help="Exit with 1 for a partial verdict, too.")
]
Listed = Annotated[
    bool,
    typer.Option("--list", rich_help_panel=_TOLD, help="Show what would be judged, and judge nothing."),
]


def conform(
    context: typer.Context,
    path: PathArgument,
    abi: Abi = None,
    profile: Profile = None,
    requirement: Requirements = None,
    keyword: Keyword = "",
    engine: Engines = None,
    expected: Expected = None,
    seed: Seed = 1,
    processes: Processes = None,
    differential: Differential = False,
    no_hosts: NoHosts = False,
    report: Reports = None,
    require_complete: RequireComplete = False,
    listed: Listed = False,
) -> None:
    """Judge a module, or a folder of them, by the specification of its ABI.

    Every case runs in a process that may crash or hang, at the cost of that case. The module's own answers are judged
    when it is a conformance guest; any other is judged as a black box. The exit code is 0 when no MUST failed, 1 when
    one did (or passed although the file of expected failures says otherwise, engines differ, or a module of a folder
    is no plugin), 2 when there is nothing that can be judged.

    Example: `plugbay conform gear.wasm --engine wasmtime --engine wazero --report report.html`
    """
    from plugbay_conformance.options import WASMTIME, ConformOptions
    from plugbay_conformance.selection import Selection

    session = session_of(context)
    reports = _checked_reports(session, report or [])
    with _progress(session.output) as progress:
        options = ConformOptions(
            abi=abi,
            profile=profile,
            engines=tuple(engine or (WASMTIME,)),
            select=Selection(tuple(requirement or ()), keyword),
            expected=expected,
            seed=seed,
            processes=0 if listed else processes,
            hosts=not no_hosts,
            differential=differential,
            progress=progress,
        )
        if listed:
            _list(session, path, options)
            return
        found, strangers, interrupted = _judge(session, path, options)
    _tell(session.output, found, folder=Path(path).is_dir())
    _write(session, reports, found)
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if strangers or not _good(found, require_complete=require_complete):
        raise typer.Exit(FAILED)


def _checked_reports(session: Session, names: Sequence[str]) -> list[Path]:
    """The paths of the reports, which can be written as far as can be known before."""
    from plugbay_conformance.reports import ReportUnwritable, check_report_path

    paths = [Path(name) for name in names]
    try:
        for path in paths:
            check_report_path(path)
    except ReportUnwritable as error:
        show_failure(session.output, facts_of(error))
        raise typer.Exit(UNUSABLE) from None
    return paths


def _judge(session: Session, path: str, options: ConformOptions) -> tuple[list[Report], int, bool]:
    """The reports, one for a file, else as :func:`judge_folder`."""
    from plugbay_conformance.examiner import Examiner
    from plugbay_conformance.library import modules_of

    folder = Path(path)
    if folder.is_dir():
        modules_of(folder)  # before any process is started
    with Examiner(options, session.plugins) as examiner:
        if folder.is_dir():
            return judge_folder(session.output, examiner, folder)
        report = examiner.examine(examiner.read(path), path)
        return [report], 0, not report.complete


def judge_folder(output: Output, examiner: Examiner, folder: Path) -> tuple[list[Report], int, bool]:
    """The reports of a folder's modules, how many of them are no plugins, and whether Ctrl-C ended that.

    What is not judged is told on standard error: what is no plugin, and what the options leave out. What was judged
    before Ctrl-C is kept, also when that comes between two modules. Raises :class:`ConfigInvalid` when no module could
    be judged.
    """
    from plugbay_conformance.errors import SubjectInvalid
    from plugbay_conformance.library import examine_folder

    strangers: list[Path] = []

    def refuse(module: Path, error: PlugbayError) -> None:
        if isinstance(error, (ModuleError, SubjectInvalid)):
            strangers.append(module)
        output.say(f"{visible(module.name)}: not judged: {visible(error.reason.splitlines()[0])}")

    reports: list[Report] = []
    try:
        reports.extend(examine_folder(examiner, folder, refuse))
    except KeyboardInterrupt:
        if not reports:
            raise
        return reports, len(strangers), True
    if not reports:
        raise ConfigInvalid(f"no module in {folder} can be judged", found=str(folder))
    return reports, len(strangers), not reports[-1].complete


def _list(session: Session, path: str, options: ConformOptions) -> None:
    from plugbay_conformance.cli.conform_list import list_document, list_parts
    from plugbay_conformance.examiner import Examiner

    with Examiner(options, session.plugins) as examiner:
        subject, cases = examiner.plan(path)
    if session.output.json:
        session.output.document(list_document(subject, cases))
    else:
        session.output.show(*list_parts(subject, cases))


def _tell(output: Output, reports: Sequence[Report], *, folder: bool) -> None:
    from plugbay_conformance.cli.conform_view import matrix_parts, report_parts
    from plugbay_conformance.reports.document import matrix_document, report_document

    if output.json:
        output.document(matrix_document(reports) if folder else report_document(reports[0]))
    elif folder:
        output.show(*matrix_parts(reports))
    else:
        output.show(*report_parts(reports[0]))


def _write(session: Session, paths: Sequence[Path], reports: Sequence[Report]) -> None:
    """Write every report that can be. Raises what kept the first of the others from being written."""
    from plugbay_conformance.reports import ReportUnwritable, write_report

    unwritable: list[ReportUnwritable] = []
    for path in paths:
        try:
            write_report(path, reports)
        except ReportUnwritable as error:
            unwritable.append(error)
        else:
            session.output.say(f"wrote {visible(str(path))}")
    if unwritable:
        raise unwritable[0]


def _good(reports: Sequence[Report], *, require_complete: bool) -> bool:
    from plugbay_conformance.results import Verdict

    bad = (Verdict.FAILED, Verdict.PARTIAL) if require_complete else (Verdict.FAILED,)
    return not any(report.verdict in bad or report.differences for report in reports)


@contextmanager
def _progress(output: Output) -> Generator[Callable[[Progress], None] | None]:
    """A line on a terminal that says how far it is; elsewhere nothing."""
    if not output.stderr.is_terminal:
        yield None
        return
    with output.stderr.status("starting") as status:

        def show(progress: Progress) -> None:
            status.update(f"{visible(progress.module)}: {progress.done} of {progress.total} cases")

        yield show
