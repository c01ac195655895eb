"""PRI-072 to PRI-074: numbers of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.priostack.making import guest
from plugbay_conformance.priostack.opening import open_functions
from plugbay_conformance.priostack.samples import TRANSFORM, encoded
from plugbay_conformance.priostack.transforming import read_object, require_value, transform

if TYPE_CHECKING:
    from plugbay_conformance.case import Case, CaseContext

_BIG: Final = 9_007_199_254_740_993
_COUNTS: Final = (
    *(0, 1, -1, -2, 41, 2**31 - 1, 2**31, -(2**31) - 1, 2**32, 2**53 - 1, 2**53, 2**53 + 2, -(2**53) - 2),
    *(10**18 + 6, 2**63 - 2, -(2**63)),
)
_RATIOS: Final = (
    *("0", "1", "-3", "0.5", "0.1", "-0.3", "2.5e-7", "123456.789", "1e15", "1.7976931348623157e300", "1e-300"),
    *("9007199254740993.0", "0.30000000000000004", "5e-324", "2.2250738585072014e-308", "1E+2", "4.35"),
)


def _counts(context: CaseContext) -> None:
    with open_functions(context) as functions:
        for count in (*_COUNTS, *(context.random.randrange(-(2**63), 2**63 - 1) for _ in range(10))):
            data = encoded({**TRANSFORM, "count": count})
            answer = transform(functions, data)
            require_value("count", count + 1, read_object(data, answer).get("count"), data, answer)


def _big(context: CaseContext) -> None:
    data = encoded(TRANSFORM)
    with open_functions(context) as functions:
        answer = transform(functions, data)
    require_value("big", _BIG, read_object(data, answer).get("big"), data, answer)


def _ratios(context: CaseContext) -> None:
    drawn = (repr(context.random.uniform(-1, 1) * 10.0 ** context.random.randint(-300, 300)) for _ in range(40))
    with open_functions(context) as functions:
        for ratio in (*_RATIOS, *drawn):
            data = encoded({**TRANSFORM, "ratio": "%"}).replace(b'"%"', ratio.encode())
            answer = transform(functions, data)
            found = read_object(data, answer, parse_int=_whole).get("ratio")
            require_value("ratio", float(ratio) * 2, float(found) if isinstance(found, _Whole) else found, data, answer)


class _Whole(str):
    """A number without a point or an exponent, as it was written: a float may be written so, and has its digits."""

    __slots__ = ()


def _whole(digits: str) -> object:
    return _Whole(digits)


CASES: Final[tuple[Case, ...]] = (
    guest(72, "counts", _counts),
    guest(73, "big", _big),
    guest(74, "ratios", _ratios),
)
