"""A good bundle in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.priostack.bundle.workshop import BundleFolder, good_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> BundleFolder:
    """A good bundle."""
    return BundleFolder(tmp_path / "shop", good_files()).write()
