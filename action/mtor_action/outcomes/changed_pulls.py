"""What is new about mtor's pull requests on GitHub since the ledger was written.

The list of pull requests is read from the latest change back to the last one that is known.
https://docs.github.com/rest/pulls/pulls#list-pull-requests
A merged one costs a request more, for its commits; reverts that were pushed without a pull request, one for each base.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.github.failures import RequestFailureKind, Tolerance
from mtor_action.github.pulls.pulls import issue_of
from mtor_action.github.pulls.trailers import job_in
from mtor_action.outcomes.pull_outcomes import REVERT_DAYS, Ledger, PullOutcome, PullState, later

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_MOST_PAGES = 50  # 5,000 pull requests
_MOST_COMMIT_PAGES = 10
# What GitHub's Revert button writes into the body, and `git revert` into the message.
_REVERTED_PULL = re.compile(r"(?m)^Reverts (?:([\w.-]+/[\w.-]+))?#([0-9]{1,10})\b", re.ASCII)
_REVERTED_COMMIT = re.compile(r"\bThis reverts commit ([0-9a-f]{40})\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Revert:
    """The pull request `number`, or the commit `commit`, was taken back at `time`."""

    time: str
    number: int = 0
    commit: str = ""


def update(ledger: Ledger, client: Client, oldest: str) -> Ledger:
    """Return the ledger with what happened since it was written. Raises GitHubError; the ledger is then as before.

    `oldest` is how far back a first reading goes (ISO 8601).
    """
    since = ledger.read_until or oldest
    listed = list(_changed(client, since))
    ours = [outcome for answer in listed if (outcome := _outcome(answer))]
    newest = max((answer.text("updated_at") for answer in listed), default="")
    whole = ledger.with_pulls((_looked_into(client, outcome, ledger.pulls) for outcome in ours), newest)
    reverts = [*_reverting_pulls(client.full_name, listed), *_reverting_commits(client, whole.pulls.values(), since)]
    taken_back = _taken_back(whole.pulls, reverts)
    return whole.with_pulls(taken_back, whole.read_until)


def _changed(client: Client, since: str) -> Iterator[Answer]:
    """Yield the pull requests that changed at `since` or later, the latest change first."""
    params = {"state": "all", "sort": "updated", "direction": "desc"}
    for answer in client.pages("pulls", params=params, most=_MOST_PAGES):
        if answer.text("updated_at") < since:
            return
        yield answer


def _outcome(pull: Answer) -> PullOutcome | None:
    """Return the outcome of a pull request from one of mtor's branches for an issue, None for any other."""
    issue = issue_of(pull)
    if not issue:
        return None
    merged = pull.text("merged_at")
    state = PullState.MERGED if merged else PullState(pull.text("state") or PullState.OPEN)
    return PullOutcome(
        number=pull.number("number"),
        issue=issue,
        title=pull.text("title"),
        opened=pull.text("created_at"),
        state=state,
        ended=merged or pull.text("closed_at"),
        base=pull.text("base", "ref"),
        merge_commit=pull.text("merge_commit_sha") if merged else "",
    )


def _looked_into(client: Client, outcome: PullOutcome, known: Mapping[int, PullOutcome]) -> PullOutcome:
    """Return the outcome with whether people added commits, which is asked once, when it is merged."""
    before = known.get(outcome.number)
    if outcome.state is not PullState.MERGED:
        return outcome
    if before and before.by_people is not None:
        return replace(outcome, by_people=before.by_people)
    commits = client.pages(f"pulls/{outcome.number}/commits")
    return replace(outcome, by_people=any(_is_of_people(commit) for commit in commits))


def _is_of_people(commit: Answer) -> bool:
    """Return whether a commit is not mtor's. One that merely brings the base in changes nothing of the work."""
    return not job_in(commit.text("commit", "message")) and len(commit.items("parents")) < 2


def _reverting_pulls(repository: str, listed: Iterable[Answer]) -> Iterator[Revert]:
    for pull in listed:
        merged = pull.text("merged_at")
        for name, number in _REVERTED_PULL.findall(pull.text("body")) if merged else ():
            if not name or name.lower() == repository.lower():
                yield Revert(merged, number=int(number))


def _reverting_commits(client: Client, pulls: Iterable[PullOutcome], since: str) -> Iterator[Revert]:
    """Yield the reverts pushed to the bases of pull requests that were merged less than 14 days before `since`."""
    watched = [pull for pull in pulls if pull.state is PullState.MERGED and later(pull.ended, REVERT_DAYS) >= since]
    for base in dict.fromkeys(pull.base for pull in watched):
        first = min(pull.ended for pull in watched if pull.base == base)
        # A commit has the time at which it was made, which may be a while before the push.
        params = {"sha": base, "since": max(later(since, -1), first)}
        with Tolerance(RequestFailureKind.NOT_FOUND):  # the base is gone, and its commits with it
            for commit in client.pages("commits", params=params, most=_MOST_COMMIT_PAGES):
                for sha in _REVERTED_COMMIT.findall(commit.text("commit", "message")):
                    yield Revert(commit.text("commit", "committer", "date"), commit=sha)


def _taken_back(pulls: Mapping[int, PullOutcome], reverts: Iterable[Revert]) -> list[PullOutcome]:
    """Return the merged pull requests that one of the reverts names and that were not known to be taken back."""
    by_commit = {pull.merge_commit: pull for pull in pulls.values() if pull.merge_commit}
    first: dict[int, PullOutcome] = {}
    for revert in sorted(reverts, key=lambda revert: revert.time):
        pull = pulls.get(revert.number) or by_commit.get(revert.commit)
        if pull and pull.state is PullState.MERGED and not pull.reverted and revert.time >= pull.ended:
            first.setdefault(pull.number, replace(pull, reverted=revert.time))
    return list(first.values())
