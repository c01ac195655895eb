"""New guest projects: ``plugbay new``."""

from plugbay_conformance.scaffold.errors import ProjectInvalid
from plugbay_conformance.scaffold.kind import ABIS, KINDS, LANGUAGES, ProjectKind, kind_of
from plugbay_conformance.scaffold.project import SDK_FOLDER, Project, create_project
from plugbay_conformance.scaffold.sample import Sample, sample_of

__all__ = [
    "ABIS",
    "KINDS",
    "LANGUAGES",
    "SDK_FOLDER",
    "Project",
    "ProjectInvalid",
    "ProjectKind",
    "Sample",
    "create_project",
    "kind_of",
    "sample_of",
]
