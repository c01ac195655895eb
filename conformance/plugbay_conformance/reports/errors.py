"""What can go wrong with reports."""

from __future__ import annotations

from plugbay.errors import PlugbayError


class ReportUnwritable(PlugbayError, OSError):
    """A report's file has no known ending, or can't be written."""

    code = "report-unwritable"
