"""What the result of a run fires: ``{"sensors": [{"name": …, "payload": …}]}``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import orjson

MOST_OF_ONE_RESULT: Final = 32
"""Sensors that one result may fire."""
_MOST_NAME: Final = 200
"""Characters of a sensor's name that a problem repeats."""


@dataclass(frozen=True, slots=True)
class Followup:
    """A sensor that a result fires."""

    sensor: str
    payload: bytes
    """JSON."""


@dataclass(frozen=True, slots=True)
class Followups:
    """All sensors that a result fires, and what was wrong with the others, a sentence each."""

    events: tuple[Followup, ...] = ()
    problems: tuple[str, ...] = ()


def read_followups(result: bytes) -> Followups:
    """The sensors that a result fires; none for a result that is no JSON object, or has no ``sensors``."""
    try:
        value: object = orjson.loads(result)
    except orjson.JSONDecodeError:
        return Followups()
    sensors = cast("dict[str, object]", value).get("sensors") if isinstance(value, dict) else None
    if sensors is None:
        return Followups()
    if not isinstance(sensors, list):
        return Followups(problems=('"sensors" of the result is no array',))
    entries = cast("list[object]", sensors)
    events: list[Followup] = []
    problems: list[str] = []
    for position, entry in enumerate(entries[:MOST_OF_ONE_RESULT]):
        found = _read_entry(f"sensors[{position}] of the result", entry)
        if isinstance(found, Followup):
            events.append(found)
        else:
            problems.append(found)
    over = len(entries) - MOST_OF_ONE_RESULT
    if over > 0:
        problems.append(f"the last {over} sensors were not fired: one result may fire {MOST_OF_ONE_RESULT}")
    return Followups(tuple(events), tuple(problems))


def _read_entry(place: str, entry: object) -> Followup | str:
    """The sensor of an entry, or what is wrong with it. Without a payload it has an empty object."""
    if not isinstance(entry, dict):
        return f"{place} is no object"
    fields = cast("dict[str, object]", entry)
    name = fields.get("name")
    if not isinstance(name, str) or not name or len(name) > _MOST_NAME:
        return f'{place} has no "name" of 1 to {_MOST_NAME} characters'
    try:
        return Followup(name, orjson.dumps(fields.get("payload", {})))
    except orjson.JSONEncodeError as error:  # it was read, but is nested too deeply to be written
        return f"the payload of {place} can't be passed on: {error}"
