"""The first step of a model's ladder, by the results of each form with it in earlier runs.

    record, usual form → choice

A model is asked the smallest question first, and then works with tools or in text, unless the record says that this
only costs. The record is bounded: the latest runs of that model count. So a form
that has not been tried for long is tried again, once the runs that spoke against it have fallen out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtor_action.coaching.form_results import FormResult, Result
from mtor_action.implementer.conversation.transcript import Form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mtor_action.coaching.runs import RunRecord

RECENT_RUNS = 20  # of one model
LEAST_RUNS = 3  # fewer may be chance
_TALKS = (Form.TOOLS, Form.TEXT)


@dataclass(frozen=True, slots=True)
class FormChoice:
    """The forms of asking: `first`, then `conversation` (tools or text); `why` is "" for the usual ones."""

    first: Form
    conversation: Form
    why: str = ""

    def as_json(self) -> list[str]:
        """Return the three fields as a list of strings, for the transcript."""
        return [str(self.first), str(self.conversation), self.why]


def from_json(record: Any) -> FormChoice | None:
    """Return the choice that `as_json` made a list of; None for anything else."""
    try:
        first, conversation, reason = record
        return FormChoice(Form(first), Form(conversation), str(reason))
    except (TypeError, ValueError):
        return None


def chosen_forms(model: str, runs: Sequence[RunRecord], usual: Form, *, is_set: bool = False) -> FormChoice:
    """Return how `model` begins. `usual` is the form of its conversation without a record; `is_set`: by a setting.

    `runs` are oldest first. The same record always gives the same choice.
    """
    records = [_of(run, model) for run in runs]
    recent = [record for record in records if record][-RECENT_RUNS:]
    conversation, reason = (usual, "") if is_set else _conversation(recent, usual)
    went_on = [record for record in recent if _needed_more(record)]
    has_repaired = any(record.get(Form.QUESTION) is Result.REPAIRED for record in recent)
    if has_repaired or len(went_on) < LEAST_RUNS:
        return FormChoice(Form.QUESTION, conversation, reason)
    ladder_reason = (
        f"in its last {len(recent)} runs the smallest question repaired nothing, "
        f"and a conversation did after it in {len(went_on)}"
    )
    return FormChoice(conversation, conversation, "; ".join(part for part in (ladder_reason, reason) if part))


def _conversation(recent: Sequence[Mapping[Form, Result]], usual: Form) -> tuple[Form, str]:
    tools = [record[Form.TOOLS] for record in recent if Form.TOOLS in record]
    if usual is Form.TOOLS and tools and tools[-1] is Result.REFUSED:
        return Form.TEXT, "its provider refused tools when they were last tried"
    has_text = any(record.get(Form.TEXT) is Result.REPAIRED for record in recent)
    if usual is Form.TOOLS and has_text and len(tools) >= LEAST_RUNS and Result.REPAIRED not in tools:
        return Form.TEXT, f"tools repaired nothing in the last {len(tools)} runs that used them, and text did"
    return usual, ""


def _needed_more(record: Mapping[Form, Result]) -> bool:
    """Return whether the question failed at something repairable: a conversation did it after all."""
    return record.get(Form.QUESTION) is Result.FAILED and Result.REPAIRED in (record.get(form) for form in _TALKS)


def _of(run: RunRecord, model: str) -> dict[Form, Result]:
    forms_by_name = {str(form): form for form in Form}
    return {
        forms_by_name[result.form]: result.result
        for result in run.forms
        if result.model == model and result.form in forms_by_name
    }


def results(
    turns: Iterable[tuple[str, Form]], refused: Iterable[str], *, is_green: bool
) -> dict[str, list[FormResult]]:
    """Return the results of each form, by model: `turns` are model and form in order, the last one ended the run.

    `refused` are the models whose provider did not take tools.
    """
    turn_list = list(turns)
    without_tools = {(model, Form.TOOLS) for model in refused}
    repaired = turn_list[-1] if turn_list and is_green else None
    by_model: dict[str, list[FormResult]] = {}
    for model, form in dict.fromkeys([*turn_list, *sorted(without_tools)]):
        result = Result.REPAIRED if (model, form) == repaired else Result.FAILED
        if (model, form) in without_tools:
            result = Result.REFUSED
        by_model.setdefault(model, []).append(FormResult(model, str(form), turn_list.count((model, form)), result))
    return by_model
