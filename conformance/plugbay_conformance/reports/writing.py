"""Writing reports to files, in the form that a file's ending names."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from plugbay_conformance.reports.errors import ReportUnwritable

if TYPE_CHECKING:
    from plugbay_conformance.results import Report


def check_report_path(path: Path) -> None:
    """Say at once what would fail at the end of a run. Raises :class:`ReportUnwritable`."""
    _form_of(path)
    if path.is_dir():
        raise ReportUnwritable(f"'{path}' is a folder", found=str(path), hint="name a file in it")
    folder = path.parent
    if not folder.is_dir():
        raise ReportUnwritable(f"there is no folder '{folder}' for the report '{path.name}'", hint=f"mkdir -p {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ReportUnwritable(f"the report '{path}' can't be written: permission denied")


def write_report(path: Path, reports: Sequence[Report]) -> None:
    """Write reports as JSON, JUnit XML, HTML or an SVG badge, by the ending ``.json``, ``.xml``, ``.html``, ``.svg``.

    The file appears whole or not at all. One report is written as such, several as a matrix. Raises
    :class:`ReportUnwritable`.
    """
    text = _form_of(path)(reports)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            beside.write_bytes(text)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ReportUnwritable(f"the report '{path}' can't be written: {error.strerror or error}") from error


def _form_of(path: Path) -> Callable[[Sequence[Report]], bytes]:
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        endings = ", ".join(_FORMS)
        raise ReportUnwritable(
            f"'{path.name}' does not say which form of report is wanted",
            expected=endings,
            found=path.suffix or "no ending",
            hint=f"end the name with one of {endings}",
        )
    return form


def _json(reports: Sequence[Report]) -> bytes:
    import json  # not orjson, which refuses the lone surrogates that a guest can put into a text

    from plugbay_conformance.reports.document import matrix_document, report_document

    document = report_document(reports[0]) if len(reports) == 1 else matrix_document(reports)
    return json.dumps(document, indent=2).encode() + b"\n"


def _xml(reports: Sequence[Report]) -> bytes:
    from plugbay_conformance.reports.junit import junit

    return junit(reports)


def _html(reports: Sequence[Report]) -> bytes:
    from plugbay_conformance.reports.page import page

    return page(reports)


def _svg(reports: Sequence[Report]) -> bytes:
    from plugbay_conformance.reports.badge import badge

    return badge(reports)


_FORMS: dict[str, Callable[[Sequence[Report]], bytes]] = {".json": _json, ".xml": _xml, ".html": _html, ".svg": _svg}
