"""Pull requests made anew where no server does it: dispatched runs, named and counted by GitHub's list of runs."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from mtor_action.coaching.note import BRANCH
from mtor_action.github.dispatched_runs import dispatch_run, next_event_job
from mtor_action.github.pins import encode
from mtor_action.github.repositories import branch_head, repository
from mtor_action.neutral import inline_code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.github.client import Client
    from mtor_action.github.dispatched_runs import StartedRun
    from mtor_action.planning.remakes import Remake


def dispatch_remake(
    client: Client, workflow: str, remake: Remake, jobs: Iterable[str], requester: str
) -> tuple[StartedRun, str]:
    """Start the run that makes a pull request anew; return it and its job. `jobs` are the names of runs so far.

    `requester` is the login of who asked, "" for nobody: then only what needs a person is said. Raises GitHubError.
    """
    change = remake.moved.change
    job = next_event_job(change.number, remake.digest, jobs)
    inputs = {
        "issue": str(change.number),
        "job": job,
        "attempt": "1",
        "spec": encode(remake.pins),
        "requester": requester,
        "coaching": branch_head(client, BRANCH) or "",
        "branch": sha256(change.head_ref.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        "slot": "1",
    }
    return dispatch_run(client, workflow, repository(client).default_branch, inputs), job


def remake_text(remake: Remake) -> str:
    """Return in Markdown what is about to be done."""
    change = remake.moved.change
    base = inline_code(change.base_ref)
    return (
        f"Makes this pull request anew: its whole difference is merged into {base} as it is now "
        f"({inline_code(remake.moved.onto[:12])}), tested, and pushed if it is green. No model is asked."
    )
