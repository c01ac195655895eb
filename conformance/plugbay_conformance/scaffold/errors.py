"""What can go wrong with a new project."""

from __future__ import annotations

from plugbay.errors import ConfigInvalid


class ProjectInvalid(ConfigInvalid):
    """The project can't be made: its name, its folder, or a combination that does not exist."""

    code = "project-invalid"
