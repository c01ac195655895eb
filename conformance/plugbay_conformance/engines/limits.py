"""Limits of every session that no setting and no host changes."""

from __future__ import annotations

from typing import Final

TABLE_ELEMENTS: Final = 100_000
"""What a guest's tables may grow to, as plugbay's own default."""
