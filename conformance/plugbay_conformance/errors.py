"""The errors of the conformance suite, beside those of :mod:`plugbay.errors`.

::

    PlugbayError
    ├── SpecificationInvalid        (ValueError) a file of the specification is not written as it must be
    ├── SuiteInvalid                (RuntimeError) cases and specification do not belong together
    └── ConfigInvalid
        ├── SubjectInvalid          the module is none that can be judged as what was asked for
        ├── SelectionEmpty          no case is selected
        └── ExpectationsInvalid     the file of expected failures is wrong
"""

from __future__ import annotations

from plugbay.errors import ConfigInvalid, PlugbayError


class SpecificationInvalid(PlugbayError, ValueError):
    """A file of the specification is not written as it must be; ``path`` and ``line`` (from 1) say where."""

    code = "specification-invalid"

    def __init__(self, reason: str, *, path: str, line: int, hint: str | None = None) -> None:
        super().__init__(f"{path}:{line}: {reason}", hint=hint)
        self.path = path
        self.line = line


class SuiteInvalid(PlugbayError, RuntimeError):
    """Cases and specification do not belong together: a mistake of the suite, not of a module."""

    code = "suite-invalid"


class SubjectInvalid(ConfigInvalid):
    """The module is none that can be judged as what was asked for: another ABI, or a profile that there is not."""

    code = "subject-invalid"


class SelectionEmpty(ConfigInvalid):
    """No case is selected, so that a run would say nothing."""

    code = "selection-empty"


class ExpectationsInvalid(ConfigInvalid):
    """The file of expected failures is wrong; ``path`` and ``line`` (from 1) say where."""

    code = "expectations-invalid"

    def __init__(self, reason: str, *, path: str, line: int, hint: str | None = None) -> None:
        super().__init__(f"{path}:{line}: {reason}", hint=hint)
        self.path = path
        self.line = line
