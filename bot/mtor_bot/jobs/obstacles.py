"""Reasons for which a job cannot go on: a sentence and the next step, found by asking GitHub for changes."""

from __future__ import annotations

from mtor_action.github.branches.repositories import branch_head
from mtor_action.github.client import Client
from mtor_action.github.failures import ABSENT, GitHubError, RequestFailureKind, Tolerance
from mtor_action.report.report import Outcome
from mtor_bot.bot import Bot
from mtor_bot.jobs import workflow_runs
from mtor_bot.jobs.job_record import Job, JobResult
from mtor_bot.jobs.repository_now import RepositoryNow, repository_now

UNINSTALLED = JobResult(
    Outcome.ERROR, "The App was uninstalled.", "Install it again, then label the issue or write `/mtor run`."
)
SUSPENDED = JobResult(Outcome.ERROR, "The App's installation is suspended.", "Unsuspend it, then write `/mtor retry`.")
REPOSITORY_GONE = JobResult(
    Outcome.ERROR,
    "The App no longer sees the repository: it was deleted, moved elsewhere, or removed from the installation.",
    "Install the App where the repository is now, then label the issue or write `/mtor run`.",
)
ARCHIVED = JobResult(Outcome.ERROR, "The repository is archived.", "Unarchive it, then write `/mtor retry`.")
NO_WORKFLOW = JobResult(
    Outcome.ERROR,
    f"The default branch has no {workflow_runs.PATH}.",
    "Run `mtor init`, merge what it writes into the default branch, then write `/mtor retry`.",
)
WORKFLOW_OFF = JobResult(
    Outcome.ERROR,
    f"The workflow {workflow_runs.PATH} is disabled.",
    "Enable it on the Actions page, then write `/mtor retry`.",
)
RUN_GONE = JobResult(Outcome.ERROR, "The workflow run was deleted.", "`/mtor retry` starts the job again.")
_ISSUE_GONE = "The issue was deleted or moved to another repository."
_ASK_ANEW = "Open an issue with the spec, and label it there."


def before_dispatch(client: Client, job: Job, repository: RepositoryNow) -> JobResult | None:
    """Return the end of a job that cannot be dispatched now, None if it can. Raises GitHubError."""
    if repository.archived:
        return ARCHIVED
    absent = (*ABSENT, RequestFailureKind.MOVED, RequestFailureKind.ISSUES_OFF)
    issue = client.find(f"issues/{job.number}", absent=absent)
    if issue is None:
        return JobResult(Outcome.ERROR, _ISSUE_GONE, _ASK_ANEW)
    if issue.text("state") == "closed":
        return JobResult(
            Outcome.CANCELLED, "It was closed before the job started.", "Reopen it, then write `/mtor run`."
        )
    if branch_head(client, job.base_ref) is None:
        sentence = f"The branch {job.base_ref} is gone; the default branch is {repository.default_branch}."
        return JobResult(Outcome.ERROR, sentence, "Name the base in the spec if it is another, then write `/mtor run`.")
    return None


def diagnose(bot: Bot, job: Job, error: GitHubError) -> JobResult:
    """Return the end of a job that GitHub refused for good. Raises GitHubError if GitHub cannot be asked."""
    return ground(bot, job) or _workflow(bot, job, error) or refusal(error)


def ground(bot: Bot, job: Job) -> JobResult | None:
    """Return the end of all jobs of a repository that is lost or archived, else None. Raises GitHubError."""
    return _installation(bot, job) or _repository(bot, job)


def absent(bot: Bot, job: Job) -> JobResult:
    """Return the end of a job whose repository the installation no longer sees. Raises GitHubError."""
    return _installation(bot, job) or REPOSITORY_GONE


def refusal(error: GitHubError) -> JobResult:
    """Return the end of a job with GitHub's own words, such as a policy's."""
    return JobResult(Outcome.ERROR, f"GitHub refused: {error.words or error.message}", _sentence(error.hint))


def _installation(bot: Bot, job: Job) -> JobResult | None:
    with bot.clients.app() as app:
        answer = app.find(f"/app/installations/{job.installation_id}")
    if answer is None:
        return UNINSTALLED
    return SUSPENDED if answer.text("suspended_at") else None


def _repository(bot: Bot, job: Job) -> JobResult | None:
    repository = repository_now(bot, job)
    if repository is None:
        return REPOSITORY_GONE
    return ARCHIVED if repository.archived else None


def _workflow(bot: Bot, job: Job, error: GitHubError) -> JobResult | None:
    if error.kind not in (RequestFailureKind.NOT_FOUND, RequestFailureKind.FORBIDDEN, RequestFailureKind.INVALID):
        return None
    with Tolerance(RequestFailureKind.NOT_FOUND), bot.clients.repository(job.place) as client:
        answer = client.call("GET", f"actions/workflows/{workflow_runs.FILE}")
        return WORKFLOW_OFF if answer.text("state") != "active" else None
    return NO_WORKFLOW


def _sentence(hint: str) -> str:
    return f"{hint[:1].upper()}{hint[1:].rstrip('.')}." if hint else ""
