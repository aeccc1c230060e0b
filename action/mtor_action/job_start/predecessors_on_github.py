"""The issues that a spec comes after, as GitHub shows them: green, under way, or never to be green.

All of it is read from the issues, their labels and pull requests, so that the App, an event run, the work job and the
publish job come to the same answer without asking each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mtor_action.errors import SpecBlocked
from mtor_action.github.branches.repositories import OUR_BRANCHES, branch_has, branch_head
from mtor_action.github.failures import RequestFailureKind
from mtor_action.github.issues.issue_dependencies import blocking_issues, is_blocked
from mtor_action.github.issues.state_names import DONE, FAILED, QUEUED, RUNNING, STALLED
from mtor_action.github.pulls.joining_branch import join_branches
from mtor_action.github.pulls.pulls import issue_of
from mtor_action.github.texts.pins import lf_bytes
from mtor_action.manifest.manifest import Spec, parse_spec
from mtor_action.manifest.settings_block.predecessors import MOST_PREDECESSORS, issue_number
from mtor_action.manifest.text import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mtor_action.diagnostics import Diagnostic
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_GONE = (RequestFailureKind.NOT_FOUND, RequestFailureKind.GONE, RequestFailureKind.MOVED)
_MOST_PAGES = 3  # of pull requests, newest first


class PredecessorState(StrEnum):
    """How far a spec is that another one comes after."""

    GREEN = "green"
    UNDER_WAY = "under way"
    RED = "red"  # and it stays so, until somebody asks for it again


@dataclass(frozen=True, slots=True)
class Predecessor:
    """One issue. `words` say in a sentence's end how it is; `branch` has its result, "" where the base has it."""

    number: int
    progress: PredecessorState
    words: str
    branch: str = ""
    head: str = ""


@dataclass(frozen=True, slots=True)
class QueueOrder:
    """The issues that a spec comes after, in the order in which they are named."""

    number: int  # of the spec's own issue
    predecessors: tuple[Predecessor, ...] = ()

    def of(self, progress: PredecessorState) -> list[Predecessor]:
        """Return the predecessors whose state is `progress`."""
        return [entry for entry in self.predecessors if entry.progress is progress]

    @property
    def obstacle(self) -> str:
        """Return a sentence about what it waits for or is blocked by, "" if all are green."""
        if red := self.of(PredecessorState.RED):
            return f"It comes after {_listed(red)}."
        waiting = self.of(PredecessorState.UNDER_WAY)
        return f"It waits for {_listed(waiting)}." if waiting else ""

    @property
    def start_branch(self) -> str:
        """The name of the branch in which the results of several predecessors are joined."""
        return f"{OUR_BRANCHES}start-{self.number}"


def _listed(predecessors: Sequence[Predecessor]) -> str:
    return ", ".join(f"#{entry.number}, which {entry.words}" for entry in predecessors)


def order_of(client: Client, number: int, spec: Spec, *, is_blocked: bool) -> QueueOrder:
    """Return the issues that the spec of issue `number` comes after; `is_blocked` as in FetchedSpec.

    Raises GitHubError.
    """
    entries = [issue_number(name.text) for name in spec.settings.after]
    numbers = [issue for issue in entries if issue is not None]
    numbers += blocking_issues(client, number) if is_blocked else []
    others = dict.fromkeys(issue for issue in numbers if issue != number)
    return QueueOrder(number, tuple(predecessor(client, issue) for issue in others))


def predecessor(client: Client, number: int, known: PredecessorState | None = None) -> Predecessor:
    """Return how far the issue is; `known` overrides its label. Raises GitHubError."""
    issue = client.find(f"issues/{number}", absent=_GONE)
    if issue is None:
        return Predecessor(number, PredecessorState.RED, "does not exist here")
    pull = _pull_of(client, number, issue)
    progress, words = _by_label(issue) if known is None else (known, _WORDS[known])
    # What it led to is not what somebody did instead.
    is_left_out = pull is not None and (progress is PredecessorState.RED or pull.text("state") == "closed")
    if pull is None or (is_left_out and _is_done(issue)):
        return _without_pull(number, issue, progress, words)
    if pull.text("merged_at"):
        return Predecessor(number, PredecessorState.GREEN, "is merged")
    if pull.text("state") == "closed":
        if progress is PredecessorState.UNDER_WAY and words:
            return Predecessor(number, progress, words)
        return Predecessor(number, PredecessorState.RED, f"was closed unmerged (#{pull.number('number')})")
    if progress is PredecessorState.UNDER_WAY and not words:  # somebody took the label off
        progress = PredecessorState.RED if pull.flag("draft") else PredecessorState.GREEN
        words = _WORDS[progress]
    return Predecessor(number, progress, words, pull.text("head", "ref"), pull.text("head", "sha"))


_WORDS = {
    PredecessorState.GREEN: "is green",
    PredecessorState.UNDER_WAY: "is under way",
    PredecessorState.RED: "did not get green",
}


def _by_label(issue: Answer) -> tuple[PredecessorState, str]:
    """Return what the state label says; without one, under way and no words."""
    labels = {label.text("name").casefold() for label in issue.items("labels")}
    if labels & {QUEUED, RUNNING}:
        return PredecessorState.UNDER_WAY, _WORDS[PredecessorState.UNDER_WAY]
    if labels & {STALLED, FAILED}:
        return PredecessorState.RED, _WORDS[PredecessorState.RED]
    return (
        (PredecessorState.GREEN, _WORDS[PredecessorState.GREEN]) if DONE in labels else (PredecessorState.UNDER_WAY, "")
    )


def _without_pull(number: int, issue: Answer, progress: PredecessorState, words: str) -> Predecessor:
    if _is_done(issue):  # by somebody, whatever became of its job
        return Predecessor(number, PredecessorState.GREEN, "is closed")
    if progress is PredecessorState.UNDER_WAY and not words:
        if issue.text("state") == "closed":
            is_planned = issue.text("state_reason") != "not_planned"
            return Predecessor(
                number,
                PredecessorState.GREEN if is_planned else PredecessorState.RED,
                "is closed" if is_planned else "was closed as not planned",
            )
        words = "was not asked for yet"
    return Predecessor(number, progress, words)


def _is_done(issue: Answer) -> bool:
    return issue.text("state") == "closed" and issue.text("state_reason") == "completed"


def _pull_of(client: Client, number: int, issue: Answer) -> Answer | None:
    """Return the newest pull request that mtor's branches of the issue led to; a pull request is its own."""
    if isinstance(issue.at("pull_request").value, dict):
        return client.call("GET", f"pulls/{number}")
    params = {"state": "all", "sort": "created", "direction": "desc"}
    listed = client.pages("pulls", params=params, most=_MOST_PAGES)
    return next((pull for pull in listed if issue_of(pull) == number), None)


@dataclass(frozen=True, slots=True)
class StackedStart:
    """The branch on which a spec starts, and its end; "" and "" for the base."""

    branch: str = ""
    head: str = ""


def stacked_start(client: Client, order: QueueOrder) -> StackedStart:
    """Return where a spec whose predecessors are green starts. Raises SpecBlocked unless they are, GitHubError.

    Several results are joined in a branch of their own (`joining_branch.py`), which has to be there.
    """
    if order.obstacle:
        raise SpecBlocked(order.obstacle.rstrip("."), "get those green, then ask for it again")
    tops = last_results(client, order)
    if not tops:
        return StackedStart()
    if len(tops) == 1:
        return StackedStart(tops[0].branch, tops[0].head)
    head = branch_head(client, order.start_branch)
    if head is None or not all(branch_has(client, order.start_branch, top.head) for top in tops):
        names = ", ".join(f"#{top.number}" for top in tops)
        raise SpecBlocked(
            f"the results of {names} are not joined in {order.start_branch}", "ask for it again, which joins them"
        )
    return StackedStart(order.start_branch, head)


def last_results(client: Client, order: QueueOrder) -> list[Predecessor]:
    """Return the predecessors whose results the base lacks, without those that another's result holds."""
    open_ones = [entry for entry in order.predecessors if entry.branch and entry.progress is PredecessorState.GREEN]
    if len(open_ones) < 2:
        return open_ones
    latest: list[Predecessor] = []
    for entry in open_ones:
        if not any(branch_has(client, other.branch, entry.head) for other in latest):
            latest = [other for other in latest if not branch_has(client, entry.branch, other.head)] + [entry]
    return latest


def join_results(client: Client, order: QueueOrder) -> str:
    """Join the results that the base lacks, if they are several; return the branch that conflicts, "" if none does.

    Raises GitHubError.
    """
    results = last_results(client, order)
    if len(results) < 2:
        return ""
    return join_branches(client, order.start_branch, [(entry.branch, entry.head) for entry in results])


def branch_with(client: Client, order: QueueOrder, base: str, usual: str) -> str:
    """Return the branch that a pull request on the commit `base` goes into: `usual`, or a predecessor's that holds it.

    Raises GitHubError.
    """
    if not order.predecessors or branch_has(client, usual, base):
        return usual
    candidates = [entry.branch for entry in order.predecessors if entry.branch]
    candidates += [order.start_branch] if len(order.predecessors) > 1 else []
    return next((branch for branch in candidates if branch_has(client, branch, base)), usual)


def order_faults(client: Client, number: int, spec: Spec) -> list[Diagnostic]:
    """Return what is wrong with the order: files, issues that do not exist, cycles. Raises GitHubError."""
    faults = []
    for name in spec.settings.after:
        issue = issue_number(name.text)
        if issue is None:
            message = f'"{name.text}" is a file, expected an issue such as "#12"'
            faults.append(name.diagnostic("after", message, "on GitHub, specs come after issues"))
            continue
        chain = [number] if issue == number else way_back(client, number, issue)
        if chain is None:
            faults.append(
                name.diagnostic("after", f"{name.text} is not an issue of this repository", "correct the number")
            )
        elif chain:
            words = " comes after ".join([f"#{number}", *(f"#{issue}" for issue in chain)])
            faults.append(
                name.diagnostic("cycle", f"{words}: expected an order with a first spec", "take one entry out")
            )
    return spec.with_source(faults)


def way_back(client: Client, number: int, start: int) -> list[int] | None:
    """Return the issues from `start` to `number`, each of which comes after the next; [] if none do, None: missing.

    What `after` names counts, and GitHub's "blocked by". Raises GitHubError.
    """
    ways: list[list[int]] = [[start]]
    visited = {start}
    while ways and len(visited) <= MOST_PREDECESSORS:
        way = ways.pop(0)
        befores = _named_in(client, way[-1])
        if befores is None:
            if way == [start]:
                return None
            continue
        for before in befores:
            if before == number:
                return [*way, number]
            if before not in visited:
                visited.add(before)
                ways.append([*way, before])
    return []


def _named_in(client: Client, number: int) -> list[int] | None:
    issue = client.find(f"issues/{number}", absent=_GONE)
    if issue is None:
        return None
    if issue.text("state") == "closed":
        return []
    spec = parse_spec([Part(f"#{number}", lf_bytes(issue.text("body")))])
    return [*_numbers(spec), *(blocking_issues(client, number) if is_blocked(issue) else [])]


def _numbers(spec: Spec) -> Iterator[int]:
    for name in spec.settings.after:
        issue = issue_number(name.text)
        if issue is not None:
            yield issue
