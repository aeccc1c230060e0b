"""The night as one self-contained page in the report's style: no request, no script, every word of it escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.night.night_job import NightState, Urgency, cost_of, headline
from mtor_action.night.night_table import pull_words
from mtor_action.report.html import whole_page
from mtor_action.report.markup import card, esc, fact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.night.night_job import NightJob

_TONES = {
    NightState.QUEUED: "calm",
    NightState.RUNNING: "calm",
    NightState.DONE: "good",
    NightState.STALLED: "warn",
    NightState.FAILED: "bad",
}
_STYLE = """<style>
.job { display: grid; grid-template-columns: 104px minmax(0, 1fr) max-content; gap: 2px 16px; padding: 14px 20px;
  border-top: 1px solid var(--line); align-items: baseline; }
h2 + .job { border-top: 0; }
.job .badge { justify-self: start; font-size: 11.5px; padding: 2px 10px; }
.job a { color: inherit; text-decoration: none; }
.job a:hover { text-decoration: underline; }
.job .title { font-weight: 600; }
.job .number { color: var(--soft); font-weight: 400; }
.job .step { grid-column: 2 / -1; color: var(--tone); }
.job .side { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; text-align: right; }
.nothing { padding: 18px 20px; color: var(--soft); }
@media (max-width: 640px) {
  .job { grid-template-columns: minmax(0, 1fr); padding: 12px 14px; }
  .job .step, .job .side { grid-column: 1; text-align: left; }
}
</style>"""


def night_page(jobs: Sequence[NightJob], repository: str, since: str) -> str:
    """Return the whole page: the headline in figures, what needs a person, and the rest."""
    needing = [job for job in jobs if job.needs_a_person]
    others = [job for job in jobs if not job.needs_a_person]
    parts = [_STYLE, _header(jobs, repository, since), card("Needs you", _rows(needing), _count(needing))]
    if others:
        parts.append(card("Nothing to do", _rows(others), _count(others)))
    return whole_page(f"{repository}: {headline(jobs)}", "\n".join(parts))


def _header(jobs: Sequence[NightJob], repository: str, since: str) -> str:
    facts = fact("repository", repository) + fact("since", since) + fact("cost", cost_of(jobs))
    words = headline(jobs).partition(";")[0]
    return f'<header><h1>{esc(words[:1].upper() + words[1:])}</h1>\n<dl class="facts">{facts}</dl></header>'


def _count(jobs: Sequence[NightJob]) -> str:
    return str(len(jobs))


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
