"""The night of a repository: state labels, pull requests and checks from GitHub, cost from the record of runs.

Requests: one for each label of what is under way, one for the issues that changed, one for the pull requests, two for
each open one; three more where many issues changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.actions.held_runs import held_runs
from mtor_action.github.failures import RequestFailureKind, Tolerance
from mtor_action.github.pulls.pulls import issue_of, same_repository
from mtor_action.night.night_job import Checks, NightJob, NightPull, NightState, PullEnd, in_order
from mtor_action.on_issues import state_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mtor_action.coaching.runs import RunRecord
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_MOST_PAGES = 10
_STATES = {f"mtor:{state}": state for state in NightState}
# https://docs.github.com/rest/checks/runs: what a check run may end as
_FINE = frozenset({"success", "neutral", "skipped"})


def read_night(client: Client, since: str, runs: Iterable[RunRecord]) -> list[NightJob]:
    """Return the jobs that changed at `since` (ISO 8601, UTC) or later, or are under way, in order of urgency.

    Raises GitHubError.
    """
    issues = {issue.number("number"): issue for issue in (*_ended(client, since), *state_labels.under_way(client))}
    pulls = _pulls(client, since)
    shown_with = _shown_with(issues, pulls)
    costs = _costs((shown_with.get(run.issue, run.issue), run) for run in runs if run.date >= since)
    jobs = []
    for number, issue in issues.items():
        if number in shown_with:
            continue
        pull = pulls.get(number)
        tokens, usd = costs.get(number, (0, 0.0))
        jobs.append(
            NightJob(
                number=number,
                title=issue.text("title"),
                html_url=issue.text("html_url"),
                state=_state(issue),
                pull=_pull(client, pull) if pull else None,
                tokens=tokens,
                usd=usd,
            )
        )
    return in_order(jobs)


def _ended(client: Client, since: str) -> Iterator[Answer]:
    """Yield the issues and pull requests with another state label that changed since."""
    params: dict[str, str | int] = {"state": "all", "since": since}
    changed = client.call("GET", "issues", params={**params, "per_page": 100})
    labels = [label for label in _STATES if label not in state_labels.UNDER_WAY]
    if 'rel="next"' not in changed.headers.get("link", ""):
        yield from (issue for issue in changed.items() if _names(issue) & set(labels))
        return
    for label in labels:
        yield from client.pages("issues", params={**params, "labels": label}, most=_MOST_PAGES)


def _state(issue: Answer) -> NightState:
    names = _names(issue)
    return next(state for name, state in _STATES.items() if name in names)


def _names(issue: Answer) -> set[str]:
    return {label.text("name").casefold() for label in issue.items("labels")}


def _pulls(client: Client, since: str) -> dict[int, Answer]:
    """Return the pull requests that changed since, by the issue whose spec they carry and by their own number.

    Of several for one issue it is the open one, else the newest.
    """
    params = {"state": "all", "sort": "updated", "direction": "desc"}
    by_number: dict[int, Answer] = {}
    for pull in client.pages("pulls", params=params, most=_MOST_PAGES):
        if pull.text("updated_at") < since:
            break
        if not same_repository(pull):
            continue
        for number in {pull.number("number"), issue_of(pull)} - {0}:
            by_number[number] = max(by_number.get(number, pull), pull, key=_rank)
    return by_number


def _rank(pull: Answer) -> tuple[bool, int]:
    return pull.text("state") == "open", pull.number("number")


def _shown_with(issues: Mapping[int, Answer], pulls: Mapping[int, Answer]) -> dict[int, int]:
    """Return the pull requests that their issue's row is enough for, with that issue.

    What was done on one itself, such as a suggestion applied, is part of the issue's job; what is under way or came to
    nothing there has a row of its own.
    """
    numbers = {number: pull.number("number") for number, pull in pulls.items() if number in issues}
    own = {pull: issue for issue, pull in numbers.items() if pull != issue}
    return {pull: issue for pull, issue in own.items() if pull not in issues or _state(issues[pull]) is NightState.DONE}


def _pull(client: Client, pull: Answer) -> NightPull:
    is_open = pull.text("state") == "open"
    end = PullEnd.DRAFT if pull.flag("draft") else PullEnd.OPEN
    if not is_open:
        end = PullEnd.MERGED if pull.text("merged_at") else PullEnd.CLOSED
    checks = _checks(client, pull) if is_open else Checks.NONE
    return NightPull(pull.number("number"), pull.text("html_url"), end, checks)


def _checks(client: Client, pull: Answer) -> Checks:
    """Return the state of the checks; a red one counts even if others are held or run still."""
    checks = _check_runs(client, pull.text("head", "sha"))
    if any(status == "completed" and conclusion not in _FINE for status, conclusion in checks):
        return Checks.RED
    if held_runs(client, pull):
        return Checks.HELD
    if any(status != "completed" for status, _ in checks):
        return Checks.RUNNING
    return Checks.GREEN if checks else Checks.NONE


def _check_runs(client: Client, sha: str) -> list[tuple[str, str]]:
    """Return status and conclusion of each; nothing where an older workflow file does not give the right to ask."""
    with Tolerance(RequestFailureKind.MISSING_PERMISSION):
        listed = client.pages(f"commits/{sha}/check-runs", key="check_runs", most=_MOST_PAGES)
        return [(check.text("status"), check.text("conclusion")) for check in listed]
    return []


def _costs(runs: Iterable[tuple[int, RunRecord]]) -> Mapping[int, tuple[int, float]]:
    """Return tokens and US dollars for each number, of the runs that are shown with it."""
    costs: dict[int, tuple[int, float]] = {}
    for number, run in runs:
        tokens, usd = costs.get(number, (0, 0.0))
        costs[number] = (tokens + run.tokens, usd + run.usd)
    return costs
