"""The sample that a project begins with: the same for each profile in all languages, so that one README tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plugbay_conformance.scaffold.kind import ProjectKind


@dataclass(frozen=True, slots=True)
class Sample:
    """``does`` ends the sentence "a plugin that …"; ``call`` are the arguments of ``plugbay call`` after the module."""

    does: str
    call: str


_SAMPLES: Final = {
    "fluxrig-core": Sample(
        "drops small payments and marks large ones", """--message '{"data": {"payment": {"amount": 250000}}}'"""
    ),
    "fluxrig-extended": Sample(
        "counts the payments of each user", """--message '{"data": {"user": "ada"}}' --allow state"""
    ),
    "extism-plugin": Sample("greets, in the words of its config", "greet --input Ada --config greeting=Hi"),
    "extism-actor": Sample(
        "counts, in steps that its config says", "--port tick --message '{}' --config step=5 --allow state"
    ),
    "priostack-packed": Sample(
        "makes users, JSON in and out", """create_user --input '{"name": "Ada", "email": "ada@example.com"}'"""
    ),
}


def sample_of(kind: ProjectKind) -> Sample:
    """What the plugin of a new project does."""
    return _SAMPLES[kind.templates]
