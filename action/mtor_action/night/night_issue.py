"""The issue "mtor: last night": made once by the token's own account, then edited in place, which notifies nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mtor_action.github.issues.comments import ACTIONS_LOGIN, own_id
from mtor_action.github.issues.night_mark import LABEL, MARKER, is_marked
from mtor_action.github.issues.pinned_issues import pin_to_top
from mtor_action.neutral import BREAK, one_line, prose
from mtor_action.night.night_boxes import boxes
from mtor_action.night.night_job import NightJob, cost_of, headline
from mtor_action.night.night_table import pull_words
from mtor_action.night.note_effect_rows import CAVEAT, effect_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.night.morning import Morning
    from mtor_action.outcomes.figures import Week

TITLE = "mtor: last night"
_LONGEST_TITLE = 80
# A browser breaks no word in a table's cell, and one long word would push every other column out of sight.
_LONG_WORD = re.compile(r"\w{24}(?=\w)")
_MOST_CHARACTERS = 50_000
_CLOSING = "mtor writes this once a night and edits it in place, which notifies nobody."
# What a new issue says until it is pinned: whoever is notified of it reads this.
_FIRST_BODY = f"{MARKER}\n\nWhat ran last night, what needs a person, and what it cost. {_CLOSING}"


def night_markdown(morning: Morning) -> str:
    """Return the body: the headline, what needs a person, the rest, the boxes, the weeks and the notes."""
    parts = [MARKER, f"**{headline(morning.jobs)}**, since {morning.since}."]
    if morning.needing:
        parts.append(f"## Needs you\n\n{_table(morning.needing, has_steps=True)}")
    if morning.others:
        parts.append(f"## Nothing to do\n\n{_table(morning.others, has_steps=False)}")
    if offered := boxes(morning.jobs):
        asks = "Tick a box, and mtor does it if you have write access. The issue's own comments say what came of it."
        parts.append(f"## Ask\n\n{asks}\n\n" + "\n".join(box.line for box in offered))
    if morning.weeks:
        parts.append(f"## The weeks\n\n{_weeks(morning.weeks)}")
    if rows_of_notes := effect_rows(morning.effects):
        parts.append(f"## What the notes changed\n\n{_notes(rows_of_notes)}\n\n{CAVEAT}")
    return "\n\n".join([*parts, _CLOSING])


def keep_issue(client: Client, body: str, *, adopts_actions: bool = False) -> tuple[int, str]:
    """Make the issue, or edit it if its text changed; return its number and page. Raises GitHubError.

    Only an open one of our own account counts, with `adopts_actions` also one of GITHUB_TOKEN's: a person's issue is
    never edited. It is pinned when it is new, where GitHub lets us.
    """

    def look() -> Answer | None:
        return own_issue(client, adopts_actions=adopts_actions)

    issues = _own_issues(client, adopts_actions=adopts_actions)
    if not issues:
        made = client.call("POST", "issues", {"title": TITLE, "body": _FIRST_BODY, "labels": [LABEL]}, look=look)
        # Of runs that end at the same moment each may have made one. A list may be too old to have what was made.
        others = _own_issues(client, adopts_actions=adopts_actions)
        issues = _by_age([made, *(issue for issue in others if issue.number("number") != made.number("number"))])
    existing, *later = issues
    for issue in later:
        client.call("PATCH", f"issues/{issue.number('number')}", {"state": "closed", "state_reason": "not_planned"})
    if _text(existing) == _FIRST_BODY:
        # Here, not when it is made: after a crash in between it is still to be pinned, and never twice.
        pin_to_top(client, existing)
    if _text(existing) != body:
        existing = client.call("PATCH", f"issues/{existing.number('number')}", {"body": body})
    return existing.number("number"), existing.text("html_url")


def own_issue(client: Client, *, adopts_actions: bool = False) -> Answer | None:
    """Return the open issue that `keep_issue` keeps, the oldest, None if there is none yet. Raises GitHubError."""
    return next(iter(_own_issues(client, adopts_actions=adopts_actions)), None)


def _own_issues(client: Client, *, adopts_actions: bool) -> list[Answer]:
    """Return the open ones by age: more than one only if several runs made one each at the same moment."""
    own = own_id(client)
    listed = client.pages("issues", params={"labels": LABEL, "state": "open"}, most=1)
    marked = [issue for issue in listed if is_marked(issue)]
    ours = [issue for issue in marked if own and issue.number("user", "id") == own]
    if adopts_actions and not ours:
        ours = [issue for issue in marked if issue.text("user", "login") == ACTIONS_LOGIN]
    return _by_age(ours)


def _by_age(issues: Iterable[Answer]) -> list[Answer]:
    return sorted(issues, key=lambda issue: issue.number("number"))


def _text(issue: Answer) -> str:
    return issue.text("body").replace("\r\n", "\n")


def _table(jobs: Sequence[NightJob], *, has_steps: bool) -> str:
    """Return the jobs as a table; what a person does comes first: a phone shows the first columns of a wide table."""
    columns = ("issue", *(("what to do",) if has_steps else ()), "state", "pull request", "cost (estimate)")
    head = f"| {' | '.join(columns)} |\n{'| --- ' * len(columns)}|"
    rows, room = [head], _MOST_CHARACTERS // 2
    for number, job in enumerate(jobs):
        row = f"| {' | '.join(_cells(job, has_step=has_steps))} |"
        room -= len(row)
        if room < 0:
            rows.append(f"| … and {len(jobs) - number} more {'| ' * len(columns)}".rstrip())
            break
        rows.append(row)
    return "\n".join(rows)


def _cells(job: NightJob, *, has_step: bool) -> tuple[str, ...]:
    # After it was made harmless, and between letters only: no escape is taken apart.
    title = _LONG_WORD.sub(rf"\g<0>{BREAK}", prose(one_line(job.title, _LONGEST_TITLE)))
    step = (job.step,) if has_step else ()
    cost = cost_of([job]).removesuffix(" (estimate)")
    return (f"#{job.number} {title}", *step, job.state, pull_words(job.pull), cost)


def _weeks(weeks: Sequence[Week]) -> str:
    head = "| week of | opened | merged | closed | open | reverted | runs | green without a model | cost (estimate) |"
    rows = [head, "| --- " * 9 + "|"]
    for week in weeks:
        share = "-" if week.green_without_model is None else f"{week.clean} ({week.green_without_model:.0%})"
        counts = (week.opened, week.merged, week.closed, week.open, week.reverted, week.runs)
        cost = f"{week.tokens:,} tokens, {week.usd:.3f} USD{'+' if week.unpriced else ''}"
        rows.append(f"| {week.begins} | {' | '.join(map(str, counts))} | {share} | {cost} |")
    return "\n".join(rows)


def _notes(rows: Sequence[tuple[str, ...]]) -> str:
    head = ("note", "runs with", "without", "green with", "without", "tokens with", "without")
    lines = [head, ("---",) * len(head), *((prose(row[0]), *row[1:]) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
