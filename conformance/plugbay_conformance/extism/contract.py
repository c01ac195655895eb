"""What a conformance guest says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugbay_conformance.case import GuestContract
from plugbay_conformance.engines.contract import CallStatus, GuestStopped, Setting
from plugbay_conformance.extism.hosts import HOSTS
from plugbay_conformance.extism.interface import callable_exports
from plugbay_conformance.extism.json_values import NotJson, read_json
from plugbay_conformance.extism.plugin import as_object

if TYPE_CHECKING:
    from plugbay_conformance.case import Subject
    from plugbay_conformance.engines.contract import ConformanceEngine

CONTRACT: Final = "plugbay-conformance/1"
_KEYS: Final = ("profile", "language", "sdk", "sdk_version")


def read_contract(engine: ConformanceEngine, subject: Subject) -> GuestContract | None:
    """What the module answers to ``contract``; None when it is no conformance guest of Extism's.

    A key that is missing is empty here: EXT-030 judges that.
    """
    if "contract" not in callable_exports(subject.info):
        return None
    try:
        session = engine.open_calls(subject, HOSTS[0], Setting())
        try:
            outcome = session.call("contract", b"")
        finally:
            session.close()
        value = read_json(outcome.output) if outcome.status is CallStatus.OK else None
    except (GuestStopped, NotJson):
        return None
    found = as_object(value) or {}
    if found.get("contract") != CONTRACT or found.get("abi") != "extism":
        return None
    profile, language, sdk, sdk_version = (_text(found.get(key)) for key in _KEYS)
    return GuestContract(CONTRACT, "extism", profile, language, sdk, sdk_version)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
