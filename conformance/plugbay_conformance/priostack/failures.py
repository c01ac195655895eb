"""PRI-080 to PRI-083: how a function says that it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import fail
from plugbay_conformance.priostack.making import guest
from plugbay_conformance.priostack.opening import open_functions

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext

_TEXTS: Final = ("no such user", "x", "Grüße, 世界 🚀", 'with "quotes"\nand lines', "long " * 400)


def _with_its_text(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for text in _TEXTS:
            data = text.encode()
            message = functions.expect_failure("fail", data).data
            if message != data:
                fail("fail has another message", expected=text, found=message.decode("utf-8", "replace"), input=data)


def _without_text(context: CaseContext) -> None:
    with open_functions(context) as functions:
        functions.expect_failure("fail")


CASES: Final[tuple[Case, ...]] = (
    guest(80, "bit_63", _with_its_text),
    guest(81, "throw", _with_its_text),
    guest(82, "abort", _with_its_text),
    guest(83, "no_text", _without_text),
)
