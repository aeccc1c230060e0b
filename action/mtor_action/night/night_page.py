"""The night as one self-contained page in the report's style: no request, no script, every word of it escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mtor_action.night.night_job import NightJob, NightState, Urgency, cost_of, headline
from mtor_action.night.night_table import pull_words
from mtor_action.night.note_effect_rows import CAVEAT, effect_rows
from mtor_action.report.html import whole_page
from mtor_action.report.markup import card, esc, fact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.night.morning import Morning
    from mtor_action.outcomes.figures import Week

_TONES = {
    NightState.QUEUED: "calm",
    NightState.RUNNING: "calm",
    NightState.DONE: "good",
    NightState.STALLED: "warn",
    NightState.FAILED: "bad",
}


def night_page(morning: Morning) -> str:
    """Return the whole page: the headline in figures, what needs a person, the rest, the weeks and the notes."""
    style = (Path(__file__).parent / "night.css").read_text(encoding="utf-8")
    parts = [
        f"<style>\n{style}</style>",
        _header(morning),
        card("Needs you", _rows(morning.needing), _count(morning.needing)),
    ]
    if morning.others:
        parts.append(card("Nothing to do", _rows(morning.others), _count(morning.others)))
    if morning.weeks:
        parts.append(card("The weeks", _weeks(morning.weeks)))
    if rows := effect_rows(morning.effects):
        parts.append(card("What the notes changed", _notes(rows), _count(rows)))
    return whole_page(f"{morning.repository}: {headline(morning.jobs)}", "\n".join(parts))


def _header(morning: Morning) -> str:
    cost = cost_of(morning.jobs)
    facts = fact("repository", morning.repository) + fact("since", morning.since) + fact("cost", cost)
    words = headline(morning.jobs).partition(";")[0]
    return f'<header><h1>{esc(words[:1].upper() + words[1:])}</h1>\n<dl class="facts">{facts}</dl></header>'


def _weeks(weeks: Sequence[Week]) -> str:
    return "\n".join(map(_week, weeks))


def _week(week: Week) -> str:
    green = "" if week.green_without_model is None else f", {week.clean} green without a model"
    merged = (("merged", week.merged), ("open", week.open), ("closed", week.closed), ("reverted", week.reverted))
    counts = ", ".join(f"{count} {word}" for word, count in merged if count)
    pulls = f"{week.opened} opened{': ' if counts else ''}{counts}"
    cost = f"{week.tokens:,} tokens, {week.usd:.3f} USD{'+' if week.unpriced else ''} (estimate)"
    cells = (f'<span class="title">{esc(pulls)}</span>', f'<span class="side">{esc(cost)}</span>')
    runs = f'<span class="step">{week.runs} runs{esc(green)}</span>'
    return f'<div class="job"><span class="side">{esc(week.begins)}</span>{"".join(cells)}{runs}</div>'


def _notes(rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(map(_note, rows)) + f'\n<p class="nothing">{esc(CAVEAT)}</p>'


def _note(row: tuple[str, ...]) -> str:
    text, runs_with, runs_without, green_with, green_without, tokens_with, tokens_without = row
    compared = (
        f"with it {runs_with} runs, {green_with} green, {tokens_with} tokens each;"
        f" without it {runs_without}, {green_without}, {tokens_without}"
    )
    return (
        f'<div class="job note"><span class="title">{esc(text)}</span><span class="step">{esc(compared)}</span></div>'
    )


def _count(rows: Sequence[object]) -> str:
    return str(len(rows))


def _rows(jobs: Sequence[NightJob]) -> str:
    return "\n".join(map(_row, jobs)) or '<p class="nothing">Nothing.</p>'


def _row(job: NightJob) -> str:
    tone = "warn" if job.urgency in (Urgency.HELD, Urgency.DRAFT) else _TONES[job.state]
    step = job.step.replace("**", "").replace("`", "")
    title = f'<span class="title">{_link(job.html_url, job.title)} <span class="number">#{job.number}</span></span>'
    pull = _link(job.pull.html_url, pull_words(job.pull)) if job.pull else ""
    side = " · ".join(part for part in (pull, esc(cost_of([job]) if job.tokens else "0 tokens")) if part)
    parts = [f'<span class="badge tone-{tone}">{esc(job.state)}</span>', title, f'<span class="side">{side}</span>']
    if step:
        parts.append(f'<span class="step">{esc(step[:1].upper() + step[1:])}.</span>')
    return f'<div class="job tone-{"bad" if job.urgency is Urgency.RED else tone}">{"".join(parts)}</div>'


def _link(address: str, words: str) -> str:
    """Return the words as a link, or alone if the address is not a web page's."""
    if not address.startswith(("https://", "http://")):
        return esc(words)
    return f'<a href="{esc(address)}" rel="noreferrer">{esc(words)}</a>'
