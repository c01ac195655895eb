"""Judges one module after the other: holds the workers, and what all modules have in common."""

from __future__ import annotations

from contextlib import ExitStack
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Self

from plugbay.errors import ConfigInvalid
from plugbay_conformance.expected import check_expectations, read_expectations
from plugbay_conformance.running.parts import Parts
from plugbay_conformance.running.plan import selected_cases
from plugbay_conformance.running.run import RunOptions, cut_short, run
from plugbay_conformance.subject import read_subject

if TYPE_CHECKING:
    from plugbay.module.source import ModuleSource
    from plugbay.plugins import PlugbayPlugins
    from plugbay_conformance.case import Case, Subject
    from plugbay_conformance.options import ConformOptions
    from plugbay_conformance.results import EngineFacts, Report
    from plugbay_conformance.running.judges import Judges
    from plugbay_conformance.specification import Requirement

_OWN: Final = Parts()


class Examiner:
    """Ready to judge once it was made: its workers start while the first module is read.

    ``plugins`` are plugbay's, loaded here when None. Raises :class:`~plugbay_conformance.errors.ExpectationsInvalid`.
    """

    def __init__(self, options: ConformOptions, plugins: PlugbayPlugins | None = None, parts: Parts = _OWN) -> None:
        self._options = options
        self._parts = parts
        self.suite = lru_cache(parts.load_suite)
        self._engines_of = parts.load_engines_of()
        self._facts: dict[str, EngineFacts] = {}
        self.expectations = () if options.expected is None else read_expectations(options.expected)
        check_expectations(self.expectations, self.suite, self._engines_of)
        with ExitStack() as held:
            self.judges = self._open_judges()
            held.callback(self.judges.close)
            self._plugins = plugins or _load_plugins(held)
            self._held = held.pop_all()

    def read(self, source: ModuleSource) -> Subject:
        """The module as what is asked for, or as what it is found to be.

        Raises :class:`~plugbay_conformance.errors.SubjectInvalid` or :class:`~plugbay.errors.ModuleError`.
        """
        options = self._options
        return read_subject(source, self._plugins.adapters, self.suite, abi=options.abi, profile=options.profile)

    def examine(self, subject: Subject, path: str, *, any_engine: bool = False) -> Report:
        """Judge a subject that was read from ``path``; Ctrl-C ends that with ``complete`` False.

        ``any_engine``: those engines of the options that its ABI has, where otherwise each has to be one. Raises
        :class:`~plugbay.errors.ConfigInvalid` for engines that the ABI does not have or that are missing here, and
        :class:`~plugbay_conformance.errors.SelectionEmpty`.
        """
        suite = self.suite(subject.abi)
        try:
            engines = self.engines(subject.abi, any_engine=any_engine)
        except KeyboardInterrupt:  # an engine may have to be built first, which takes its time
            return cut_short(suite, subject, path, self._run_options(()))
        return run(self.judges, suite, subject, path, self._run_options(engines))

    def _run_options(self, engines: tuple[EngineFacts, ...]) -> RunOptions:
        options = self._options
        return RunOptions(
            engines,
            options.profile,
            options.select,
            self.expectations,
            options.seed,
            options.hosts,
            options.differential,
            options.progress,
        )

    def engines(self, abi: str, *, any_engine: bool = False) -> tuple[EngineFacts, ...]:
        """The engines of the options, opened; see :meth:`examine`. Raises :class:`~plugbay.errors.ConfigInvalid`."""
        return tuple(map(self._engine, self._engine_names(abi, any_engine=any_engine)))

    def plan(self, source: ModuleSource) -> tuple[Subject, list[tuple[Requirement, Case]]]:
        """What would be judged of a module that is taken as what it looks like; its contract is not asked for.

        Raises what :meth:`read` does, and :class:`~plugbay_conformance.errors.SelectionEmpty`.
        """
        subject = self.read(source)
        suite = self.suite(subject.abi)
        cases = selected_cases(suite, subject.profile, self._options.select)
        return subject, [(suite.requirement(case), case) for case in cases]

    def close(self) -> None:
        """End the workers."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open_judges(self) -> Judges:
        from plugbay_conformance.running.local import LocalJudge
        from plugbay_conformance.running.pool import Pool, default_processes

        processes = self._options.processes
        if processes == 0:
            return LocalJudge(self._parts)
        return Pool(self._parts, default_processes() if processes is None else processes)

    def _engine_names(self, abi: str, *, any_engine: bool) -> list[str]:
        known = self._engines_of[abi]
        names = [name for name in self._options.engines if name in known]
        missing = [name for name in self._options.engines if name not in known]
        if missing and not (any_engine and names):
            raise ConfigInvalid(
                f"{abi} modules can't be judged on the engine {missing[0]!r}",
                found=missing[0],
                hint=f"engines are {', '.join(known)}",
            )
        return names

    def _engine(self, name: str) -> EngineFacts:
        if name not in self._facts:
            self._facts[name] = self.judges.engine_facts(name)
        return self._facts[name]


def _load_plugins(held: ExitStack) -> PlugbayPlugins:
    from plugbay.plugins import PlugbayPlugins

    plugins = PlugbayPlugins()
    held.callback(plugins.close)
    return plugins
