"""A report without keys and tokens: what commands print, and what models say, may hold some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report.read import report_from_json

if TYPE_CHECKING:
    from mtor_action.redaction.redactor import Redactor
    from mtor_action.report.report import Report


def redacted(report: Report, redactor: Redactor) -> Report:
    """Return the same report with every text in it redacted."""
    return report_from_json(redactor.redact_json(report.as_json()))
