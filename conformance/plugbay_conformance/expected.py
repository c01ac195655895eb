"""Expected failures: a file that says which failures are known, and why; a stale entry turns the run red."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from plugbay_conformance.errors import ExpectationsInvalid
from plugbay_conformance.host_profile import SPECIFICATION
from plugbay_conformance.results import CaseResult, Status
from plugbay_conformance.specification_text import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from os import PathLike

    from plugbay_conformance.suite import AbiSuite

_KEYS: Final = ("requirement", "case", "engine", "host", "profile", "reason")
_HEAD = re.compile(r"\s*\[\[\s*expected\s*\]\]")
_AT_LINE = re.compile(r"at line (\d+)")
_MOST_BYTES: Final = 1024**2


@dataclass(frozen=True, slots=True)
class Expectation:
    """One entry of the file: a requirement or a case that fails, and why that is known.

    ``engine`` and ``profile`` narrow it, empty for any. ``host`` is the host that it speaks of. ``path`` and ``line``
    say where it stands.
    """

    reason: str
    requirement: str = ""
    case: str = ""
    engine: str = ""
    host: str = SPECIFICATION
    profile: str = ""
    path: str = ""
    line: int = 0

    def covers(self, result: CaseResult, profile: str) -> bool:
        """Whether it speaks of that result, which belongs to a run of that profile."""
        return (
            (self.case or self.requirement)
            == (f"{result.requirement}/{result.case}" if self.case else result.requirement)
            and self.host == result.host
            and self.engine in ("", result.engine)
            and self.profile in ("", profile)
        )

    def __str__(self) -> str:
        """What it names, and where it stands."""
        return f"{self.case or self.requirement} ({self.path}:{self.line})"


def read_expectations(path: str | PathLike[str]) -> tuple[Expectation, ...]:
    """The entries of a TOML file: each an ``[[expected]]`` with ``requirement`` or ``case``, and ``reason``.

    Raises :class:`ExpectationsInvalid` with the line of what is wrong.
    """
    name = str(path)
    text = _read(Path(path), name)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        raise ExpectationsInvalid(f"it is no TOML: {error}", path=name, line=int(line[1]) if line else 1) from None
    tables: object = document.get("expected", [])
    if set(document) - {"expected"} or not isinstance(tables, list):
        raise ExpectationsInvalid("only [[expected]] may stand here", path=name, line=1)
    entries = cast("list[object]", tables)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _HEAD.match(line)]
    if len(lines) != len(entries):  # written in a line, or a text that looks like a head
        lines = [1] * len(entries)
    return tuple(_entry(values, name, line) for values, line in zip(entries, lines, strict=True))


def check_expectations(
    expectations: Iterable[Expectation],
    load_suite: Callable[[str], AbiSuite],
    engines_of: Mapping[str, Sequence[str]],
) -> None:
    """Refuse what speaks of nothing that there is. Raises :class:`ExpectationsInvalid`."""
    for entry in expectations:
        named = entry.case or entry.requirement
        abi = next((abi for abi, prefix in PREFIXES.items() if named.startswith(f"{prefix}-")), None)
        if abi is None:
            raise _unknown(entry, f"there is no requirement {named!r}", f"ids begin {', '.join(PREFIXES.values())}")
        suite = load_suite(abi)
        if entry.case and entry.case not in {case.id for case in suite.cases}:
            raise _unknown(entry, f"there is no case {entry.case!r}", "plugbay conform FILE --list shows them")
        if entry.requirement and suite.specification.requirement(entry.requirement) is None:
            raise _unknown(
                entry, f"there is no requirement {entry.requirement!r}", "plugbay conform FILE --list shows them"
            )
        for what, value, known in (
            ("engine", entry.engine, engines_of.get(abi, ())),
            ("host", entry.host, [host.name for host in suite.hosts]),
            ("profile", entry.profile, suite.specification.profiles),
        ):
            if value and value not in known:
                raise _unknown(entry, f"{abi} has no {what} {value!r}", f"it has {', '.join(known)}")


def apply_expectations(
    expectations: Sequence[Expectation], results: Sequence[CaseResult], profile: str, *, complete: bool
) -> tuple[CaseResult, ...]:
    """The results with known failures told as such, and the passes that make an entry stale as unexpected.

    An entry is stale when nothing that it speaks of failed and something passed. A run that was cut short can't tell.
    """
    covered = [[entry.covers(result, profile) for result in results] for entry in expectations]
    found = list(results)
    for entry, covers in zip(expectations, covered, strict=True):
        own = [place for place, it_does in enumerate(covers) if it_does]
        failed = [place for place in own if results[place].status is Status.FAILED]
        for place in failed:
            found[place] = _expected(results[place], entry)
        if complete and not failed:
            for place in own:
                if results[place].status is Status.PASSED:
                    found[place] = _unexpected(results[place], entry)
    return tuple(found)


def _expected(result: CaseResult, entry: Expectation) -> CaseResult:
    return replace(result, status=Status.EXPECTED, reason=f"{result.reason}; expected: {entry.reason}")


def _unexpected(result: CaseResult, entry: Expectation) -> CaseResult:
    reason = f"it passes, and {entry.path}:{entry.line} expects it to fail ({entry.reason}): remove the entry"
    return replace(result, status=Status.UNEXPECTED, reason=reason)


def _read(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ExpectationsInvalid(f"it has over {_MOST_BYTES:,} bytes", path=name, line=1)
        return data.decode()
    except OSError as error:
        reason = f"it can't be read: {error.strerror or error}"
        raise ExpectationsInvalid(reason, path=name, line=1) from error
    except UnicodeDecodeError as error:
        raise ExpectationsInvalid("it is no UTF-8", path=name, line=1) from error


def _entry(values: object, path: str, line: int) -> Expectation:
    if not isinstance(values, dict):
        raise ExpectationsInvalid("an expected failure is a table", path=path, line=line)
    facts = cast("dict[str, Any]", values)
    for key, value in facts.items():
        if key not in _KEYS:
            raise ExpectationsInvalid(
                f"there is no key {key!r}", path=path, line=line, hint=f"keys: {', '.join(_KEYS)}"
            )
        if not isinstance(value, str) or not value.strip():
            raise ExpectationsInvalid(f"{key} must be a text that is not empty", path=path, line=line)
    if ("requirement" in facts) == ("case" in facts):
        raise ExpectationsInvalid("name a requirement or a case, one of the two", path=path, line=line)
    if "reason" not in facts:
        raise ExpectationsInvalid("give the reason: whoever reads this in a year needs it", path=path, line=line)
    return Expectation(**facts, path=path, line=line)


def _unknown(entry: Expectation, reason: str, hint: str) -> ExpectationsInvalid:
    return ExpectationsInvalid(reason, path=entry.path, line=entry.line, hint=hint)
