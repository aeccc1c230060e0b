"""A report without keys and tokens: what commands print, and what models say, may hold some."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from mtor_action.lazy_dataclasses import field_names, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.redaction.redactor import Redactor
    from mtor_action.report.report import Report


def redacted(report: Report, redactor: Redactor) -> Report:
    """Return the same report with every text in it redacted."""
    whole: Report = _redacted(report, redactor.redact)
    return whole


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else redact(value)
    if isinstance(value, (list, tuple)):
        return [_redacted(item, redact) for item in value]
    if isinstance(value, dict):
        return {redact(key): _redacted(item, redact) for key, item in value.items()}
    if names := field_names(value):
        return replace(value, **{name: _redacted(getattr(value, name), redact) for name in names})
    return value
