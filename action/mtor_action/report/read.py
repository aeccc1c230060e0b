"""From JSON back to a `Report`, and typed views of the parts that are loose in it.

A report that comes from another machine is untrusted: whatever has the wrong type is read as its default.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mtor_action.diagnostics import Diagnostic
from mtor_action.errors import MtorError
from mtor_action.report.report import (
    SCHEMA,
    CommandReport,
    OperationReport,
    Outcome,
    Report,
    ReviewLine,
    SpecSummary,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_LARGEST = 2**53  # beyond it a JSON number does not count anything


class ReportedCall(NamedTuple):
    """One tool call of a turn; `arguments` is JSON text."""

    tool: str
    arguments: str
    observation: str


class ReportedTurn(NamedTuple):
    """One reply of a model and what came of it.

    `context` counts the conversations from 0: another one is another model. `said` is what mtor told the model then.
    """

    number: int  # from 1
    model: str  # its litellm name
    text: str  # of the reply
    calls: tuple[ReportedCall, ...]  # in order
    input_tokens: int
    output_tokens: int
    seconds: float
    context: int = 0
    said: str = ""

    @property
    def tokens(self) -> int:
        """The input and output tokens of the turn together."""
        return self.input_tokens + self.output_tokens


class ReportedSignal(NamedTuple):
    """A stall signal that fired at `turn` (0 if unknown), why, and what was done about it."""

    kind: str
    turn: int
    evidence: str
    response: str


class ReportedNote(NamedTuple):
    """A coaching note in the form in which the report names it."""

    id: str
    text: str


class ReportedEffect(NamedTuple):
    """One note: runs with and without it, and the shares (0 to 1) of them that were green without the model."""

    id: str  # of the note
    with_runs: int  # runs that got the note
    with_green: float  # share, 0 to 1
    without_runs: int  # runs that did not
    without_green: float  # share, 0 to 1
    few: bool  # too few runs to say anything


def report_from_json(data: Mapping[str, Any]) -> Report:
    """Read what `Report.as_json` wrote. Raises MtorError for another schema; wrong types become defaults."""
    if data.get("schema") != SCHEMA:
        schema = json.dumps(data.get("schema"), default=str)[:40]
        raise MtorError(
            f"this report has schema {schema}, expected {SCHEMA}",
            "read it with the mtor version that wrote it",
        )
    return _fill(Report, data)


def turns(report: Report) -> list[ReportedTurn]:
    """Return the turns of the implementer, numbered from 1 where the record has no number."""
    return [_turn(index, item) for index, item in enumerate(_dicts(report.turns), start=1)]


def signals(report: Report) -> list[ReportedSignal]:
    """Return the stall signals that fired, in order."""
    return [
        ReportedSignal(
            kind=loose_text(item.get("kind")) or "unknown",
            turn=_whole(item.get("turn")),
            evidence=loose_text(item.get("evidence")),
            response=loose_text(item.get("response")),
        )
        for item in _dicts(_dict(report.stall).get("signals"))
    ]


_REFLECTION_HEADINGS = {
    "surprised": "What surprised it",
    "spec_left_out": "What the spec left out",
    "environment": "What was wrong with the environment",
    "disputed_tests": "Tests it disputes",
    "advice": "Advice to the next worker",
    "facts": "Facts of the run",
}


def reflection(report: Report) -> list[tuple[str, list[str]]]:
    """Return (heading, sentences) for every part of the reflection that says something."""
    answers = _dict(report.reflection)
    parts = [(heading, _sentences(answers.get(key))) for key, heading in _REFLECTION_HEADINGS.items()]
    return [(heading, sentences) for heading, sentences in parts if sentences]


def coaching(report: Report) -> tuple[list[ReportedNote], list[ReportedNote]]:
    """Return the notes that were prepended, and those that did not fit."""
    record = _dict(report.coaching)
    return _notes(record.get("injected")), _notes(record.get("left_out"))


def effects(report: Report) -> list[ReportedEffect]:
    """Return the effects that this run's notes seem to have had in earlier runs."""
    with_and_without = [_effect(item) for item in _dicts(_dict(report.coaching).get("effects"))]
    return [effect for effect in with_and_without if effect.with_runs or effect.without_runs]


def diagnostics(report: Report) -> list[Diagnostic]:
    """Return the diagnostics as values again, ready for `mtor_action.diagnostics.render`."""
    return [_diagnostic(item) for item in _dicts(report.diagnostics)]


def loose_text(value: object) -> str:
    """Return any JSON value as text: strings as they are, lists of strings by line, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _turn(index: int, item: dict[str, Any]) -> ReportedTurn:
    calls = (
        ReportedCall(
            tool=loose_text(call.get("tool")) or "unknown",
            arguments=loose_text(call.get("arguments")),
            observation=loose_text(call.get("observation")),
        )
        for call in _dicts(item.get("calls"))
    )
    return ReportedTurn(
        number=_whole(item.get("number")) or index,
        model=loose_text(item.get("model")),
        text=loose_text(item.get("text")),
        calls=tuple(calls),
        input_tokens=_whole(item.get("input_tokens")),
        output_tokens=_whole(item.get("output_tokens")),
        seconds=_number(item.get("seconds")),
        context=_whole(item.get("context")),
        said=loose_text(item.get("said")),
    )


def _diagnostic(item: dict[str, Any]) -> Diagnostic:
    return Diagnostic(
        rule=loose_text(item.get("rule")) or "unknown",
        path=loose_text(item.get("path")),
        line=max(1, _whole(item.get("line"))),
        column=max(1, _whole(item.get("column"))),
        message=loose_text(item.get("message")),
        help=loose_text(item.get("help")),
        source=loose_text(item.get("source")),
        width=max(1, _whole(item.get("width"))),
    )


def _notes(value: object) -> list[ReportedNote]:
    items = value if isinstance(value, list) else []
    return [
        ReportedNote(loose_text(item.get("id")), loose_text(item.get("text")))
        if isinstance(item, dict)
        else ReportedNote("", loose_text(item))
        for item in items
    ]


def _sentences(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := loose_text(item).strip())]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int:
    return value if type(value) is int and abs(value) < _LARGEST else 0


def _number(value: object) -> float:
    if type(value) not in (int, float):
        return 0.0
    # The comparison is false for NaN as well.
    return float(value) if abs(value) < _LARGEST else 0.0  # type: ignore[arg-type]  # int or float, as just tested


def _flag(value: object) -> bool:
    return value is True


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _wholes(value: object) -> list[int]:
    return [item for item in value if type(item) is int] if isinstance(value, list) else []


def _outcome(value: object) -> Outcome | None:
    by_value = {outcome.value: outcome for outcome in Outcome}
    return by_value.get(value) if isinstance(value, str) else None


# By annotation, so that a new field of `Report` is read without a line here.
_READERS: dict[str, Callable[[object], object]] = {
    "str": _text,
    "int": _whole,
    "float": _number,
    "bool": _flag,
    "list[int]": _wholes,
    "list[str]": _texts,
    "dict[str, Any]": _dict,
    "dict[str, int]": lambda value: {str(key): _whole(item) for key, item in _dict(value).items()},
    "list[dict[str, Any]]": _dicts,
    "Outcome | None": _outcome,
    "SpecSummary": lambda value: _fill(SpecSummary, _dict(value)),
    "Usage": lambda value: _fill(Usage, _dict(value)),
    "list[OperationReport]": lambda value: [_fill(OperationReport, item) for item in _dicts(value)],
    "list[ReviewLine]": lambda value: [_fill(ReviewLine, item) for item in _dicts(value)],
    "list[CommandReport]": lambda value: [_fill(CommandReport, item) for item in _dicts(value)],
}


def _fill(kind: type[T], data: Mapping[str, Any]) -> T:
    values = {
        field.name: _READERS[str(field.type)](data.get(field.name))
        for field in fields(kind)  # type: ignore[arg-type]  # called with the report's dataclasses only
    }
    return kind(**values)


def _effect(item: dict[str, Any]) -> ReportedEffect:
    with_note, without_note = _dict(item.get("with")), _dict(item.get("without"))
    return ReportedEffect(
        loose_text(item.get("id")),
        _whole(with_note.get("runs")),
        min(1.0, max(0.0, _number(with_note.get("green_without_model")))),
        _whole(without_note.get("runs")),
        min(1.0, max(0.0, _number(without_note.get("green_without_model")))),
        item.get("few") is not False,
    )
