"""From JSON back to a `Report`, and views of the parts of it that stay loose.

A report that comes from another machine is untrusted: whatever has the wrong type is read as its default.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from mtor_action.diagnostics import Diagnostic
from mtor_action.errors import MtorError
from mtor_action.lazy_dataclasses import NamedTuple, replace
from mtor_action.report.report import SCHEMA, Outcome, Report

_LARGEST = 2**53  # beyond it a JSON number does not count anything


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
    report: Report = _reader(Report)(data)
    report.turns = [replace(turn, number=turn.number or index) for index, turn in enumerate(report.turns, start=1)]
    return report


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
    parts = [(heading, _sentences(report.reflection.get(key))) for key, heading in _REFLECTION_HEADINGS.items()]
    return [(heading, sentences) for heading, sentences in parts if sentences]


def effects(report: Report) -> list[ReportedEffect]:
    """Return the effects that this run's notes seem to have had in earlier runs."""
    with_and_without = [_effect(item) for item in _dicts(report.coaching.effects)]
    return [effect for effect in with_and_without if effect.with_runs or effect.without_runs]


def loose_text(value: object) -> str:
    """Return any JSON value as text: strings as they are, lists of strings by line, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _diagnostic(value: object) -> Diagnostic:
    item = _dict(value)
    return Diagnostic(
        rule=_text(item.get("rule")) or "unknown",
        path=_text(item.get("path")),
        line=max(1, _whole(item.get("line"))),
        column=max(1, _whole(item.get("column"))),
        message=_text(item.get("message")),
        help=_text(item.get("help")),
        source=_text(item.get("source")),
        width=max(1, _whole(item.get("width"))),
    )


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


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _outcome(value: object) -> Outcome | None:
    by_value = {outcome.value: outcome for outcome in Outcome}
    return by_value.get(value) if isinstance(value, str) else None


_READERS: dict[object, Callable[[object], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _flag,
    str | None: lambda value: value if isinstance(value, str) else None,
    Outcome | None: _outcome,
    Diagnostic: _diagnostic,
    dict[str, object]: _dict,
    dict[str, int]: lambda value: {str(key): _whole(item) for key, item in _dict(value).items()},
}


@cache
def _reader(annotation: Any) -> Callable[[object], Any]:
    """Return what reads the values of a field with this annotation, so that a new field needs no line here."""
    from dataclasses import is_dataclass

    if annotation in _READERS:
        return _READERS[annotation]
    if is_dataclass(annotation):
        return _record_reader(annotation)
    if get_origin(annotation) is list:
        return _list_reader(get_args(annotation)[0])
    read = _reader(get_args(annotation)[0])  # of `list[…] | None`
    return lambda value: read(value) if isinstance(value, list) else None


def _record_reader(record: Any) -> Callable[[object], Any]:
    from dataclasses import fields

    hints, defaults = get_type_hints(record), {field.name: field.default for field in fields(record)}
    readers = [(name, _reader(hints[name]), defaults[name]) for name in defaults]

    def read(value: object) -> Any:
        data = _dict(value)
        return record(**{name: _usual(read_field(data.get(name)), default) for name, read_field, default in readers})

    return read


def _usual(value: object, default: object) -> object:
    """Return the default of a text that is missing or empty; any other value as it is."""
    return default if value == "" and isinstance(default, str) else value


def _list_reader(annotation: Any) -> Callable[[object], list[Any]]:
    read, of_json = _reader(annotation), annotation if annotation in (str, int) else dict
    return lambda value: [read(item) for item in value if type(item) is of_json] if isinstance(value, list) else []


def _effect(item: dict[str, object]) -> ReportedEffect:
    with_note, without_note = _dict(item.get("with")), _dict(item.get("without"))
    return ReportedEffect(
        loose_text(item.get("id")),
        _whole(with_note.get("runs")),
        min(1.0, max(0.0, _number(with_note.get("green_without_model")))),
        _whole(without_note.get("runs")),
        min(1.0, max(0.0, _number(without_note.get("green_without_model")))),
        item.get("few") is not False,
    )
