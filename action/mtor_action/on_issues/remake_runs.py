"""Pull requests remade where no server does it: dispatched runs, named and counted by GitHub's list of runs.

Whoever may have changed a base looks: the event run after a merge, the publish job that pushed what others are stacked
on. A pull request has one run at a time, and the end of that looks again: a burst of pushes to its base is one run.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError, MtorError
from mtor_action.github.actions.dispatched_runs import (
    DIGEST_CHARACTERS,
    DispatchedRun,
    SpecRun,
    StartedRun,
    branch_input,
    digest_in,
    dispatch_spec,
    dispatched_runs,
    next_event_job,
)
from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.issues.comments import create_comment, delete_surplus, marker, own_comment
from mtor_action.job_start.joined_starts import renew_start
from mtor_action.job_start.remakes import MovedPull, Remake, is_behind, is_mtors, moved_pull, reason_to_ask, remake_of
from mtor_action.neutral import inline_code
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.status_memory import read_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client


# Of one pull request, and of all, by themselves within a night.
MOST_OF_ONE, MOST_OF_ALL = 3, 20
NIGHT_SECONDS = 12 * 3600.0
# GitHub works out whether a pull request merges when it is asked for, and answers null until then.
_PAUSES = (0.0, 3.0, 6.0)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LookingRun:
    """A run that looks at open pull requests: its client, and the workflow file whose runs do the work.

    `is_ours` says of an account's id and login whether mtor publishes with it.
    """

    client: Client
    workflow: str
    is_ours: Callable[[int, str], bool]


def look_at_pulls(looking: LookingRun) -> list[int]:
    """Start what remakes mtor's open pull requests that need it; return their numbers. Never raises MtorError."""
    started: list[int] = []
    try:
        left = [pull for pull in looking.client.pages("pulls") if is_mtors(pull, looking.is_ours)][::-1]
        for pause in _PAUSES:
            if left and pause:
                looking.client.clock.sleep(pause)
                looking.client.forget_reads()
            left = [pull for pull in left if not _looked_at(looking, pull, started)]
    except MtorError as error:
        logger.warning("pull requests could not be looked at: %s", error.message)
    return started


def _looked_at(looking: LookingRun, pull: Answer, started: list[int]) -> bool:
    """Look at one, and add it to those `started`; return False while GitHub does not know whether it merges."""
    client, number = looking.client, pull.number("number")
    try:
        try:
            return _is_settled(looking, pull, started)
        except CommandError as error:
            ask_for_a_person(client, number, pull.text("head", "sha"), f"{error.message}: {error.hint}")
    except MtorError as error:
        logger.warning("the pull request #%s could not be looked at: %s", number, error.message)
    return True


def _is_settled(looking: LookingRun, pull: Answer, started: list[int]) -> bool:
    client, number = looking.client, pull.number("number")
    if pull.text("base", "ref").startswith(f"{OUR_BRANCHES}start-"):
        renew_start(client, pull)
    if not is_behind(client, pull):
        return True
    moved = moved_pull(client, number, looking.is_ours)
    if moved is not None and moved.is_needed and _start(looking, moved):
        started.append(number)
    return moved is None or moved.is_known


def _start(looking: LookingRun, moved: MovedPull) -> bool:
    client, number = looking.client, moved.number
    runs = dispatched_runs(client, looking.workflow)
    since = client.clock.wall() - NIGHT_SECONDS
    remakes = [run for run in runs if run.number == number]
    if any(run.is_live for run in remakes):
        return False  # its end looks again
    if reason := reason_to_ask(client, moved.change):
        ask_for_a_person(client, number, moved.change.head, offer_text(moved, reason))
        return False
    remake = remake_of(client, moved, read_status(client, moved.change.issue).pins)
    tried = any(digest_in(run.job) == remake.digest[:DIGEST_CHARACTERS] for run in remakes)
    of_tonight = [run for run in remakes if run.created_at > since]
    if tried or len(of_tonight) >= MOST_OF_ONE or _too_many(client, runs, since):
        return False
    dispatch_remake(client, looking.workflow, remake, [run.job for run in runs], "")
    return True


def _too_many(client: Client, runs: Sequence[DispatchedRun], since: float) -> bool:
    """Return whether so many runs of tonight are for pull requests that nothing further starts by itself."""
    numbers = {pull.number("number") for pull in client.pages("pulls")}
    return sum(run.number in numbers and run.created_at > since for run in runs) >= MOST_OF_ALL


def ask_for_a_person(client: Client, number: int, head: str, words: str) -> None:
    """Say on the pull request what is needed, once for each state of its branch: best effort.

    Raises GitHubError for what may succeed later.
    """
    name = marker("anew", head[:12])  # the word of comments that are on GitHub already
    with best_effort("what a person is needed for"):
        if own_comment(client, number, name) is None:
            create_comment(client, number, name, words)
            delete_surplus(client, number, name)


def offer_text(moved: MovedPull, reason: str) -> str:
    """Return in Markdown that a person decides; `reason` is a clause."""
    base = inline_code(moved.change.base_ref)
    return (
        f"This pull request is behind {base} and does not merge as it is. mtor leaves it so, because {reason}: "
        f"`/mtor retry` merges its whole difference into {base} as it is now, tests it, and pushes it if it is green."
    )


def dispatch_remake(
    client: Client, workflow: str, remake: Remake, jobs: Iterable[str], requester: str
) -> tuple[StartedRun, str]:
    """Start the run that remakes a pull request; return it and its job. `jobs` are the names of runs so far.

    `requester` is the login of who asked, "" for nobody: then only what needs a person is said. Raises GitHubError.
    """
    change = remake.moved.change
    job = next_event_job(change.number, remake.digest, jobs)
    wanted = SpecRun(change.number, job, remake.pins, requester, branch_input(change.head_ref))
    return dispatch_spec(client, workflow, wanted), job


def remake_text(remake: Remake) -> str:
    """Return in Markdown what is about to be done."""
    change = remake.moved.change
    base = inline_code(change.base_ref)
    return (
        f"Remakes this pull request: its whole difference is merged into {base} as it is now "
        f"({inline_code(remake.moved.onto[:12])}), tested, and pushed if it is green. No model is asked."
    )
