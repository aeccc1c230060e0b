"""Find and start workflow runs of a pull request that GitHub holds until somebody approves them.

When GITHUB_TOKEN opens, updates or reopens a pull request, the workflow runs wait: they are `completed` with the
conclusion `action_required` and have no job. Somebody with write access presses **Approve workflows to run** in the
merge box. The endpoint for approving is only for forks, but running again with an App's or a person's token starts a
held run. Nobody has shown that this works with GITHUB_TOKEN, so mtor does not try. GitHub deletes runs that it has held
for more than 30 days.

    https://docs.github.com/actions/concepts/security/github_token (read on 2026-11-29)
    https://github.blog/changelog/2026-06-11-bot-created-pull-requests-can-run-workflows-if-approved/ (2026-11-29)
    https://github.com/kubernetes-sigs/prow/pull/798 (2026-11-29)
    https://docs.github.com/rest/actions/workflow-runs#re-run-a-workflow (2026-11-29)
    https://docs.github.com/actions/how-tos/manage-workflow-runs/approve-runs-from-forks (2026-11-29)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.github.failures import TABLE, Again, GitHubError, RequestFailureKind
from mtor_action.github.issues.comments import ACTIONS_LOGIN, own_id, own_login
from mtor_action.github.payloads import read_time
from mtor_action.neutral import inline_code, prose
from mtor_action.report.wording import count

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

BUTTON = "**Approve workflows to run**"
HELD = "action_required"
_MOST_PAGES = 3
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run: its id, the workflow's name, and its page."""

    id: int
    name: str
    html_url: str


@dataclass(frozen=True, slots=True)
class ReleasedRuns:
    """The runs of a pull request's newest commit: started now, and still held.

    `newer` came after they were asked for; `refused` are those that GitHub did not start, with its words in `why`.
    """

    commit: str
    started: tuple[HeldRun, ...] = ()
    newer: tuple[HeldRun, ...] = ()
    refused: tuple[HeldRun, ...] = ()
    why: str = ""


def release(client: Client, pull: Answer, *, asked_at: float = 0.0) -> ReleasedRuns:
    """Start the held runs of a pull request's newest commit, but none that came after `asked_at`. Raises GitHubError.

    `asked_at` is in seconds since the epoch by GitHub's clock, 0.0 if that is not known: then all are started. Done
    again, it names those that the same request started before.
    """
    client.forget_reads()
    runs, own = pull_runs(client, pull), own_id(client)
    held = [run for run in runs if run.text("conclusion") == HELD]
    newer = [run for run in held if asked_at and read_time(run, "created_at") > asked_at]
    waiting = [run for run in held if run not in newer]
    commit = pull.text("head", "sha")
    if own_login(client).casefold() == ACTIONS_LOGIN:
        return ReleasedRuns(commit, newer=_as_held(newer), refused=_as_held(waiting))
    # Not read from the list again: it shows a new attempt late.
    started = [run for run in runs if _is_started_by(own, run, asked_at)]
    refused, why = [], ""
    for run in waiting:
        words = _start(client, run)
        if words is None:
            started.append(run)
        elif words:
            refused.append(run)
            why = words
    return ReleasedRuns(commit, _as_held(started), _as_held(newer), _as_held(refused), why)


def held_runs(client: Client, pull: Answer) -> tuple[HeldRun, ...]:
    """Return the runs of a pull request's newest commit that wait for approval. Raises GitHubError."""
    return _as_held([run for run in pull_runs(client, pull) if run.text("conclusion") == HELD])


def pull_runs(client: Client, pull: Answer) -> list[Answer]:
    """Return the runs for a pull request's newest commit, newest first; those of a fork at the same commit are not.

    https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
    """
    params = {"head_sha": pull.text("head", "sha")}
    listed = client.pages("actions/runs", key="workflow_runs", params=params, most=_MOST_PAGES)
    origin = (pull.number("head", "repo", "id"), pull.text("head", "ref"))
    return [run for run in listed if (run.number("head_repository", "id"), run.text("head_branch")) == origin]


def _start(client: Client, run: Answer) -> str | None:
    """Have a run start; None if it does, else why GitHub refuses it, "" if it is held no more. Raises GitHubError."""
    try:
        # A second request is refused, since the run is under way.
        client.call("POST", f"actions/runs/{run.number('id')}/rerun", look=lambda: None)
    except GitHubError as error:
        if TABLE[error.kind].again is not Again.NEVER or error.kind is RequestFailureKind.BAD_TOKEN:
            raise
        return (error.words or error.message) if _is_held(client, run.number("id")) else ""
    return None


def _is_held(client: Client, run_id: int) -> bool:
    """Whether it still is: somebody may have pressed the button, or GitHub deleted it."""
    client.forget_reads()
    run = client.find(f"actions/runs/{run_id}")
    return run is not None and run.text("conclusion") == HELD


def _is_started_by(account_id: int, run: Answer, since: float) -> bool:
    """Whether the account asked for this attempt, which is not the first, at `since` or later."""
    is_again = run.number("run_attempt") > 1 and run.text("conclusion") != HELD
    is_theirs = bool(account_id) and run.number("triggering_actor", "id") == account_id
    return is_theirs and is_again and read_time(run, "run_started_at") >= since


def _as_held(runs: list[Answer]) -> tuple[HeldRun, ...]:
    return tuple(HeldRun(run.number("id"), run.text("name"), run.text("html_url")) for run in runs)


def release_text(released: ReleasedRuns) -> str:
    """Say what was started, what waits, and who may start it, in Markdown."""
    commit = inline_code(released.commit[:12])
    parts = []
    if released.started:
        parts.append(f"Started {count(len(released.started), 'held run')} of {commit}:\n\n{_list(released.started)}")
    if released.refused:
        why = f"GitHub refused to start them: {prose(released.why)}." if released.why else _NOT_BY_ACTIONS
        waits = f"{count(len(released.refused), 'run')} of {commit} {_wait(released.refused)} for approval"
        step = f"Somebody with write access presses {BUTTON} in the merge box of this pull request."
        parts.append(f"{waits}. {why} {step}\n\n{_list(released.refused)}")
    if released.newer:
        newer = f"{count(len(released.newer), 'run')} of {commit} came after that comment and {_wait(released.newer)}"
        parts.append(f"{newer}: look at the new commit, then write `/mtor ci` again.\n\n{_list(released.newer)}")
    return "\n\n".join(parts) or (
        f"No run of {commit} is held: the checks of this pull request have started, or no workflow listens to it. "
        "A run shows up in GitHub's list up to a minute late, and is deleted after being held for 30 days."
    )


_NOT_BY_ACTIONS = "`GITHUB_TOKEN` does not start them."


def _wait(runs: tuple[HeldRun, ...]) -> str:
    return "waits" if len(runs) == 1 else "wait"


def _list(runs: tuple[HeldRun, ...]) -> str:
    lines = [f"- [{prose(run.name, 100) or run.id}](<{run.html_url}>)" for run in runs[:_MOST_NAMED]]
    return "\n".join([*lines, *([f"- … and {len(runs) - _MOST_NAMED} more"] if len(runs) > _MOST_NAMED else [])])
