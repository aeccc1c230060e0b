"""POST /token: a run of ours shows who it is and gets a token for its repository, to publish with.

Only what GitHub signed and what GitHub's API says decides; the request says no more than which job it is about.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass

from mtor_action.github.branches.repositories import repository
from mtor_action.github.client import Client
from mtor_action.github.failures import GitHubError
from mtor_action.github.tokens import PERMISSIONS
from mtor_bot.bot import Bot
from mtor_bot.errors import Refused
from mtor_bot.github_app.own_on_github import EVENT, PATH
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.endings import WORK
from mtor_bot.jobs.job_record import Job
from mtor_bot.logs import bound
from mtor_bot.server.run_identity import LEEWAY_SECONDS, Identity, Verifier, refused

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer: an installation token, when it ends (as GitHub writes it), and the account that it acts as.

    `account_id` is that account's, 0 where the bot has not needed it yet.
    `authors` wrote the job's text: who of them could write when it was asked for decides what is done with the result.
    """

    token: str
    expires_at: str
    login: str
    authors: tuple[dict[str, object], ...] = ()
    account_id: int = 0

    def __repr__(self) -> str:
        return f"Granted(login={self.login!r})"


def exchange(bot: Bot, verifier: Verifier, token: str, job_id: str) -> Granted:
    """Return a token for the run that the OIDC token `token` is from. Raises Refused."""
    identity = verifier.verify(token)
    job = _job(bot, identity, job_id)
    with bound(job=job.id):
        if not job_rows.use_once(bot.engine, identity.token_id, identity.expires + LEEWAY_SECONDS, bot.clock.now()):
            raise refused("jti", "it was used before", "ask GitHub for a new one each time")
        try:
            with bot.clients.repository(job.place) as client:
                _check_workflow(client, identity)
                _check_run(client, identity)
            grant = bot.clients.narrowed(job.installation_id, job.repository_id, PERMISSIONS)
            authors = tuple(asdict(author) for author in job.authors)
            own = bot.clients.account()
            granted = Granted(grant.token, grant.expires_at, own.login, authors, own.id)
        except GitHubError as error:
            raise Refused(503, "github", f"GitHub could not be asked: {error.message}", error.hint) from error
        logger.info("a run got a token", extra={"run": identity.run_id, "attempt": identity.run_attempt})
    return granted


def _job(bot: Bot, identity: Identity, job_id: str) -> Job:
    """Return the unfinished job that this run was dispatched for. Raises Refused if there is none."""
    if identity.event_name != EVENT:
        raise refused("event_name", f"the run was not started by {EVENT}", "only mtor's own runs get a token")
    if not (identity.run_id and identity.repository_id and identity.run_attempt and identity.token_id):
        raise refused("claims", "a claim is missing", "only jobs of GitHub Actions get a token")
    job = job_rows.by_run(bot.engine, identity.repository_id, identity.run_id)
    if job is None:
        hint = "to publish runs that were started by hand, use GITHUB_TOKEN: leave MTOR_BOT_URL unset"
        raise refused("run_id", "this server dispatched no such run in that repository", hint)
    if job.name != job_id:
        raise refused("job", "the run belongs to another job", "send the workflow's input `job`")
    if job.is_finished or job.run_id != identity.run_id:
        raise refused("job", "the job has ended, or goes on in another run", "ask for it again: /mtor retry")
    return job


def _check_workflow(client: Client, identity: Identity) -> None:
    """Raise Refused for a workflow file of another branch: anybody who can push there may have written it."""
    ref = f"refs/heads/{repository(client).default_branch}"
    if identity.ref != ref:
        raise refused("ref", "the run is not on the default branch", f"start it on {ref}")
    expected = f"{identity.repository}/{PATH}@{ref}"
    for check, claim in (("workflow_ref", identity.workflow_ref), ("job_workflow_ref", identity.job_workflow_ref)):
        if claim.lower() != expected.lower():
            raise refused(check, f"the job is not one of {PATH} on the default branch", f"keep the job in {PATH} there")


def _check_run(client: Client, identity: Identity) -> None:
    run = client.call("GET", f"actions/runs/{identity.run_id}")
    if run.number("run_attempt") != identity.run_attempt or run.text("status") == "completed":
        raise refused("run_attempt", "that attempt of the run has ended", "only the attempt under way gets a token")
    listed = client.pages(f"actions/runs/{identity.run_id}/jobs", key="jobs", params={"filter": "latest"}, most=1)
    conclusions = [job.text("conclusion") for job in listed if job.text("name") == WORK]
    if conclusions != ["success"]:
        raise refused("work", f"the run's job `{WORK}` has not succeeded", "its log says why")
