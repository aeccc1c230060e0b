"""The result of a form of asking with a model, in one run: an item in a line of the record of runs.

A record chooses among forms and can do nothing else, so whatever does not have this shape is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mtor_action.report.model_records import ReportedForms, ReportedResult

_MOST_RESULTS = 24  # of one run
_MOST_NAME_CHARACTERS = 200
_MOST_TURNS = 100_000


class Result(StrEnum):
    """The end of the turns in one form of asking."""

    REPAIRED = "repaired"
    FAILED = "failed"
    REFUSED = "refused"  # the provider did not take the request in this form


@dataclass(frozen=True, slots=True)
class FormResult:
    """A result: `form` is `question`, `tools` or `text`; `turns` is 0 if none could be asked in it."""

    model: str
    form: str
    turns: int
    result: Result

    def as_json(self) -> list[str | int]:
        """Return the item for a line of runs: model, form, turns, result."""
        return [self.model, self.form, self.turns, str(self.result)]

    def as_report(self) -> ReportedResult:
        """Return the item of `report.forms`, which names the model above it."""
        return ReportedResult(self.form, self.turns, str(self.result))


def from_json(record: Any) -> tuple[FormResult, ...]:
    """Return the valid results in a list of such items, at most 24; invalid ones are left out."""
    items = record if isinstance(record, list) else []
    return tuple(_sound(item for item in items[:_MOST_RESULTS] if isinstance(item, list) and len(item) == 4))


def from_report(forms: Iterable[ReportedForms]) -> tuple[FormResult, ...]:
    """Return the results of `report.forms`, which may come from another machine."""
    return from_json([[row.model, item.form, item.turns, item.result] for row in forms for item in row.results])


def _sound(items: Iterable[list[Any]]) -> Iterable[FormResult]:
    for model, form, turns, result in items:
        names = all(isinstance(name, str) and 0 < len(name) <= _MOST_NAME_CHARACTERS for name in (model, form))
        if names and type(turns) is int and 0 <= turns <= _MOST_TURNS and result in list(Result):
            yield FormResult(model, form, turns, Result(result))
