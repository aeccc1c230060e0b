"""The texts that people read: the report comment, the pull request's body, the sentences around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from mtor_action.github.actions.held_runs import BUTTON
from mtor_action.neutral import code_block, inline_code, mention, prose, sentence
from mtor_action.publish.pull_text import NOT_HERE
from mtor_action.report import wording
from mtor_action.report.markdown import Provenance, cost_line, render_markdown
from mtor_action.report.report import Outcome, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.github.texts.authors import Standing
    from mtor_action.publish.inputs import Order

_GOOD = (Outcome.CLEAN, Outcome.FIXED)
_STILL_BEHIND = (
    "This pull request fell behind its base, and could not be brought up to date without a person. "
    "Its branch is as it was."
)
_STILL_RED = (
    "Checks of this pull request failed. The implementer got their logs without being asked (`fix_ci`), but did not "
    "repair them: a person is needed. The branch is as it was."
)
# Room for the marker, and for what GitHub counts twice.
_LONGEST = 63_000
_SHORTEST_REPORT = 2_000

# Why CI waits for a person, and who lets it start: mtor_action/github/actions/held_runs.py cites GitHub's pages.
NO_CI = (
    f"CI waits for approval, as for everything that `GITHUB_TOKEN` opens or pushes: someone with write access presses "
    f"{BUTTON} in the merge box. With the mtor App it starts by itself."
)
CI_WAITS = {
    "clean-only": "CI waits: it starts by itself only for a clean result of the spec's own text (`ci: clean-only`).",
    "never": "CI waits (`ci: never`).",
}
FOUR_EYES = (
    "The check `mtor/four-eyes` waits for the approval of a writer who neither asked for this nor wrote a part of it."
)
NO_FOUR_EYES = (
    "`four_eyes` needs the App: without it the check `mtor/four-eyes` is never set, and a rule that requires it blocks."
)
CI_WAITS_FOR_OUTSIDERS = "CI waits, whatever `ci` says: people without write access wrote part of what it runs."
CI_START = f"To start it, someone with write access presses {BUTTON} in the merge box, or comments `/mtor ci`."


@dataclass(frozen=True, slots=True)
class Problem:
    """The reason why something was not published, and the next step."""

    reason: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """The result of a job, as told on GitHub. `branch` is its own that was pushed, or ""; `into` what it is based on.

    `placed` are Markdown sentences of our own about what was published, `warnings` plain ones about what was optional.
    """

    order: Order  # what was to be published
    report: Report  # of the work job
    implementer: frozenset[str] | None = None  # None: nothing was verified
    problem: Problem | None = None  # why something was not published
    branch: str = ""
    into: str = ""
    placed: tuple[str, ...] = ()
    standing: Standing | None = None  # how far the authors are trusted
    warnings: tuple[str, ...] = ()
    pull: int | None = None  # number of the pull request


def unpublished(report: Report) -> Report:
    """Return the report of work that is not published, or only in part."""
    return replace(report, outcome=report.outcome or Outcome.ERROR, next_step="see above: this is not published yet")


def unasked(story: Story) -> Story:
    """Return the story of a pull request that nobody asked to touch, and that needs a person."""
    words = _STILL_RED if story.order.is_of_checks else _STILL_BEHIND
    return replace(story, order=story.order._replace(requester=""), placed=(words, *story.placed))


def comment(story: Story) -> str:
    """The report comment: of a green job with a pull request of its own two lines, since the rest is there.

    It mentions who asked, and nobody else: setting a label subscribes nobody to the issue.
    """
    is_elsewhere = story.pull is not None and story.pull != story.order.number and story.problem is None
    return _short(story) if is_elsewhere and story.report.outcome in _GOOD else whole_comment(story)


def _short(story: Story) -> str:
    report = story.report
    place = story.placed[0] if story.placed else f"Pull request: #{story.pull}"
    first = f"**{wording.status(report)}**: {sentence(wording.headline(report))}. {place}."
    run = f"[The run](<{story.order.run_url}>) has the whole report."
    lines = (" ".join(filter(None, (_asked_by(story), first))), f"{cost_line(report)}\n{run}")
    parts = (*lines, _standing(story), *(f"- {sentence(warning, 600)}" for warning in story.warnings))
    return "\n\n".join(part for part in parts if part)


def whole_comment(story: Story) -> str:
    """Return all that is known; of a job that could not be verified only why, and the cost that was reported."""
    if story.implementer is None and story.problem is not None:
        return _unverified(story)
    parts = [
        _asked_by(story),
        _standing(story),
        *story.placed,
        _problem(story),
        *(f"- {sentence(warning, 600)}" for warning in story.warnings),
    ]
    return _above_report(story, [part for part in parts if part])


def pull_request_body(story: Story, text: Sequence[str], *, closes: bool) -> str:
    """Return the body: which issue it closes (or which pull request it is for), `text`, the report without diffs."""
    parts = [f"{'Closes' if closes else 'For'} #{story.order.number}", _standing(story), *story.placed, *text]
    return _above_report(story, [part for part in parts if part], without=NOT_HERE)


def _asked_by(story: Story) -> str:
    return f"Asked for by {mention(story.order.requester)}." if story.order.requester else ""


def _standing(story: Story) -> str:
    """Return whose text it is, where that is not somebody who may write here."""
    if story.standing is None or story.standing.is_trusted:
        return ""
    problem = f" GitHub could not be asked: {sentence(story.standing.problem, 300)}." if story.standing.problem else ""
    return f"**Read all of it first:** this is {'; '.join(story.standing.sentences())}.{problem}"


def compare_link(story: Story) -> str:
    """Return the address where a person opens the pull request by hand."""
    base = f"{story.order.server_url}/{story.order.repository}/compare"
    return f"{base}/{quote(story.into)}...{quote(story.branch)}?expand=1"


def _above_report(story: Story, parts: list[str], *, without: frozenset[str] = frozenset()) -> str:
    above = "\n\n".join(parts)
    room = max(_SHORTEST_REPORT, _LONGEST - len(above))
    provenance = Provenance(story.implementer, story.order.run_url)
    report = render_markdown(story.report, limit=room, link=story.order.run_url, provenance=provenance, without=without)
    return "\n\n".join(part for part in (above, report) if part)


def _unverified(story: Story) -> str:
    used = wording.used_model(story.report)
    spent = [f"The work job reports {wording.cost(story.report)}."] if used else []
    spent += [f"Runner: {wording.runner(story.report)}."] if story.report.runner else []
    cost = " ".join(spent)
    foot = f"<sub>job {inline_code(story.order.name)} · [the run](<{story.order.run_url}>)</sub>"
    warnings = [f"- {sentence(warning, 600)}" for warning in story.warnings]
    parts = ("**ERROR**", _asked_by(story), _problem(story), prose(cost), *warnings, "---", foot)
    return "\n\n".join(part for part in parts if part)


def _problem(story: Story) -> str:
    if story.problem is None:
        return ""
    parts = [f"**Not published:** {sentence(story.problem.reason, 3_000)}"]
    if story.problem.next_step:
        parts.append(f"**What to change:** {sentence(story.problem.next_step, 800)}")
    if story.branch:
        parts.append(
            f"The branch {inline_code(story.branch)} is pushed: "
            f"[open the pull request by hand](<{compare_link(story)}>)."
        )
    if story.implementer is not None:
        parts.append(_by_hand(story))
    return "\n\n".join(parts)


def _by_hand(story: Story) -> str:
    order = story.order
    recipe = (
        f"gh run download {order.run_id} -R {order.repository} -n mtor-handover\n"
        f"git switch --detach {story.report.base}\n"
        "git apply --index changes.patch"
    )
    intro = f"The artifact `mtor-handover` of [the run](<{order.run_url}>) keeps the changes. To take them by hand:"
    return f"{intro}\n\n{code_block(recipe, 'sh')}"
