"""``pytest --plugbay-guest gear.wasm``: each requirement of the module's specification is a test.

Nothing is loaded or done unless the option is given. Without paths of tests on the command line only the module is
judged; with paths, both. Cases run in a process of their own, so a guest that hangs or crashes fails one test.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugbay_conformance.guest_trial import GuestTrial
    from plugbay_conformance.results import CaseResult
    from plugbay_conformance.specification import Requirement

_TRIAL = pytest.StashKey["GuestTrial"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("plugbay", "conformance of a WebAssembly plugin")
    group.addoption("--plugbay-guest", metavar="FILE", help="judge this module: each requirement is a test")
    group.addoption("--plugbay-abi", metavar="ABI", help="fluxrig, extism, reflow or priostack; found by default")
    group.addoption("--plugbay-profile", metavar="PROFILE", help="what the module says by default")
    group.addoption("--plugbay-engine", metavar="ENGINE", action="append", help="wasmtime by default; may be repeated")
    group.addoption("--plugbay-expected", metavar="FILE", help="a TOML file of failures that are known")
    group.addoption("--plugbay-seed", metavar="N", type=int, default=1, help="what random inputs are made of")


def pytest_configure(config: pytest.Config) -> None:
    """The module is one of the paths where tests are; without paths that were given it is the only one."""
    guest = config.getoption("--plugbay-guest")
    if not guest:
        return
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = []
    if guest not in config.args:  # a process of xdist is given it as a path
        config.args.append(guest)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The module as a file of tests."""
    guest = parent.config.getoption("--plugbay-guest")
    if not guest or file_path != parent.config.invocation_params.dir / guest:
        return None
    return GuestModule.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType] # pytest leaves its keywords untyped


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the process that judges."""
    if _TRIAL in config.stash:
        config.stash[_TRIAL].close()


class GuestModule(pytest.File):
    """The module that is judged."""

    def collect(self) -> list[pytest.Item]:
        """A test for each requirement of the profile; with several engines, for each of them."""
        trial = self.config.stash[_TRIAL] = self._open()
        several = len(trial.engines) > 1
        return [
            RequirementItem.from_parent(  # pyright: ignore[reportUnknownMemberType] # pytest leaves its keywords untyped
                self,
                name=f"{requirement.id} {requirement.title}" + (f" [{engine}]" if several else ""),
                requirement=requirement,
                engine=engine,
            )
            for engine in trial.engines
            for requirement in trial.requirements
        ]

    def _open(self) -> GuestTrial:
        from plugbay.errors import PlugbayError
        from plugbay_conformance.guest_trial import GuestTrial
        from plugbay_conformance.options import WASMTIME, ConformOptions

        option = self.config.option
        try:
            options = ConformOptions(
                abi=option.plugbay_abi,
                profile=option.plugbay_profile,
                engines=tuple(option.plugbay_engine or (WASMTIME,)),
                expected=option.plugbay_expected,
                seed=option.plugbay_seed,
                processes=1,
            )
            return GuestTrial(self.path, options)
        except PlugbayError as error:
            raise self.CollectError(str(error)) from None


class RequirementItem(pytest.Item):
    """One requirement on one engine.

    A MUST that fails is a failed test. A SHOULD that fails binds nobody, so it is shown as an expected failure, as is
    what the file of expected failures names; what passes although the file says otherwise is a failed test.
    """

    def __init__(self, *, requirement: Requirement, engine: str, **node: object) -> None:
        super().__init__(**node)  # type: ignore[arg-type] # what pytest gives to every node
        self.requirement = requirement
        self.engine = engine

    def runtest(self) -> None:
        """Judge the requirement's cases."""
        results = self.config.stash[_TRIAL].judge(self.requirement, self.engine)
        by_status = {status: [result for result in results if result.status == status] for status in _ORDER}
        if red := (*by_status["failed"], *by_status["unexpected"]):
            if self.requirement.level == "SHOULD" and not by_status["unexpected"]:
                pytest.xfail(f"a SHOULD: {red[0].reason}")
            raise RequirementFailed(self.requirement, red)
        for status, end in (("expected", pytest.xfail), ("skipped", pytest.skip)):
            if by_status[status]:
                end(by_status[status][0].reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002 # pytest's
        """What failed, in words; a mistake of the suite with its traceback."""
        if isinstance(excinfo.value, RequirementFailed):
            return "\n\n".join(excinfo.value.texts())
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it is shown to be: in the module."""
        return self.path, None, self.name


class RequirementFailed(Exception):
    """The requirement does not hold."""

    def __init__(self, requirement: Requirement, results: tuple[CaseResult, ...]) -> None:
        super().__init__(f"{requirement.id}: {results[0].reason}")
        self._requirement = requirement
        self._results = results

    def texts(self) -> Iterator[str]:
        """Each failed case, for people."""
        from plugbay_conformance.failure_view import failure_text

        for result in self._results:
            yield failure_text(self._requirement, result)


_ORDER = ("failed", "unexpected", "expected", "skipped", "passed")
