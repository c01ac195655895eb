"""Asking a module whether it is a conformance guest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from plugbay_conformance.case import GuestContract
from plugbay_conformance.engines.contract import GuestStopped, OutOfBounds
from plugbay_conformance.priostack.byte_functions import ByteFunctions
from plugbay_conformance.priostack.convention import read_convention
from plugbay_conformance.priostack.hosts import HOSTS
from plugbay_conformance.priostack.opening import DEFAULT

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import ConformanceEngine
    from plugbay_conformance.priostack.convention import Convention

CONTRACT: Final = "contract"
CONTRACT_KEYS: Final = (CONTRACT, "abi", "profile", "language", "sdk", "sdk_version")
_PREFIX: Final = "plugbay-conformance/"


def read_contract(engine: ConformanceEngine, subject: Subject) -> GuestContract | None:
    """What the module's ``contract`` answers; None when it is no conformance guest, whatever it does instead."""
    convention = read_convention(subject.info, subject.profile)
    if convention is None or CONTRACT not in convention.functions:
        return None
    try:
        return _contract(_ask(engine, subject, convention))
    except (GuestStopped, OutOfBounds):
        return None


def _ask(engine: ConformanceEngine, subject: Subject, convention: Convention) -> bytes:
    functions = ByteFunctions(convention, lambda: engine.open_pointers(subject, HOSTS[0], DEFAULT))
    try:
        answer = functions.call(CONTRACT)
        return b"" if answer.failed else answer.data
    finally:
        functions.close()


def _contract(answer: bytes) -> GuestContract | None:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    said = cast("dict[str, Any]", found)
    values = [said.get(key) for key in CONTRACT_KEYS]
    if not all(isinstance(value, str) for value in values) or not str(values[0]).startswith(_PREFIX):
        return None
    return GuestContract(*map(str, values))
