"""The coaching part of the page: the notes of this run, and what they seem to have done in earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.report import report_json
from mtor_action.report.markup import card, esc

if TYPE_CHECKING:
    from mtor_action.report.model_records import ReportedNote
    from mtor_action.report.report import Report
    from mtor_action.report.report_json import ReportedEffect

_CAVEAT = "Runs with a note and runs without it also differ in other ways."
_FEW = "Faint bars: too few runs to say anything."


def coaching_section(report: Report) -> str:
    """Return the notes that were given to the model, those for which there was no room, and a plot of their effect."""
    used, left_out = report.coaching.injected, report.coaching.left_out
    effects = report_json.effects(report)
    if not used and not left_out and not effects:
        return ""
    items = "".join(_note(note, "used") for note in used) + "".join(_note(note, "left out") for note in left_out)
    notes = f'<ul class="notes">{items}</ul>' if items else ""
    return card("Coaching", notes + (_plot(effects) if effects else ""))


def _note(note: ReportedNote, state: str) -> str:
    name = f"<code>{esc(note.id)}</code> " if note.id else ""
    return f'<li><span class="kind">{state}</span><span>{name}{esc(note.text)}</span></li>'


def _plot(effects: list[ReportedEffect]) -> str:
    rows = "".join(_row(effect) for effect in effects)
    caveat = f"{_CAVEAT} {_FEW}" if any(effect.few for effect in effects) else _CAVEAT
    return (
        '<h3 class="effects-title">Green without the model, in earlier runs</h3><div class="effects">'
        f'{rows}</div><p class="quiet">{caveat}</p>'
    )


def _row(effect: ReportedEffect) -> str:
    few = " few" if effect.few else ""
    with_note = _bar("with", effect.with_runs, effect.with_green)
    without_note = _bar("without", effect.without_runs, effect.without_green)
    return f'<div class="effect{few}"><code>{esc(effect.id)}</code>{with_note}{without_note}</div>'


def _bar(name: str, runs: int, share: float) -> str:
    label = f"{share:.0%} of {runs:,}" if runs else "no run"
    return f'<span>{name}</span><i class="{name}" style="--share:{share:.4f}"></i><span class="quiet">{label}</span>'
