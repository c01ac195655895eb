"""Reports of every form: JSON, JUnit XML, HTML, a badge."""

from plugbay_conformance.reports.errors import ReportUnwritable
from plugbay_conformance.reports.writing import check_report_path, write_report

__all__ = ["ReportUnwritable", "check_report_path", "write_report"]
