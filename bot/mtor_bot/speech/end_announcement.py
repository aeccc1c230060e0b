"""The announcement of a job's end: its state, a reaction, and a new comment if nothing else notifies."""

from __future__ import annotations

from mtor_action.github.client import Client
from mtor_action.github.issues.comments import marker, upsert_comment
from mtor_action.neutral import mention
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.reactions import DONE as ROCKET
from mtor_action.on_issues.reactions import NOT_DONE
from mtor_action.on_issues.state_labels import DONE
from mtor_action.report.report import Outcome
from mtor_bot.bot import Bot
from mtor_bot.github_app.own_on_github import OwnAccount, is_our_report
from mtor_bot.jobs.job_record import CHECKS_FAILED, Job
from mtor_bot.speech.status_comment import label_of, line_of, show
from mtor_bot.speech.trigger_reactions import react


def tell(bot: Bot, client: Client, job: Job) -> None:
    """Announce how the job ended, if somebody asked for it; doing so twice changes nothing. Raises GitHubError.

    What notifies comes first: the edit of the other comment, label and reaction only repeat it.
    """
    if job.trigger.is_nobodys:
        return
    # Nobody waits for a round that nobody asked for, and that did not begin.
    is_quiet = job.trigger.kind == CHECKS_FAILED and job.outcome in (Outcome.REJECTED, Outcome.CANCELLED)
    if job.pull_request is None and not is_quiet and not _has_report(client, job):
        asker = f"{mention(job.requester)}: " if job.requester else ""
        upsert_comment(client, job.number, marker("ending", job.id), f"{asker}{line_of(job)[2:]}")
    content, has_reacted = ROCKET if label_of(job) is DONE else NOT_DONE, False
    with best_effort("status"):
        has_reacted = show(bot, client, job, reaction=content if job.trigger.is_label else "")
    if not has_reacted:
        react(client, job.number, job.trigger, content)


def _has_report(client: Client, job: Job) -> bool:
    """Return whether the publish job has posted its report, as us or by GITHUB_TOKEN."""
    own = OwnAccount(client.own_id, client.login)
    return any(is_our_report(own, comment, job.name) for comment in client.pages(f"issues/{job.number}/comments"))
