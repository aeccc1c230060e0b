"""Set the check `mtor/four-eyes`: green once somebody approved who neither asked for the work nor wrote a part of it.

GitHub keeps only the author of a pull request from approving it, and the author of mtor's is mtor. A branch rule that
requires this check makes up for that. The check is set on every pull request of a repository whose
`.github/mtor.yml` says `four_eyes: true`, because a required check that is never set blocks.

A status belongs to the commit, which may be the head of several pull requests: the strictest of them counts.
https://docs.github.com/rest/commits/statuses#create-a-commit-status
https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit
"""

from __future__ import annotations

import logging
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mtor_action.access.accounts import Sender, read_sender
from mtor_action.github.answers import Answer
from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.client import Client
from mtor_action.github.failures import TABLE, Again, GitHubError
from mtor_action.github.payloads import read_number
from mtor_action.github.permissions import may_write
from mtor_action.github.pulls.pulls import same_repository
from mtor_action.manifest.settings_block.settings import DEFAULTS_FILE
from mtor_action.preparation.preparation import read_settings_file
from mtor_action.publish.commits import read_commit
from mtor_bot.bot import Bot
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.github_app.own_on_github import is_app
from mtor_bot.jobs import job_rows

logger = logging.getLogger(__name__)
CONTEXT = "mtor/four-eyes"
_OUR_BRANCH = re.compile(rf"{OUR_BRANCHES}([1-9][0-9]{{0,17}})-")
_NO_PART = "mtor has no part in this pull request"
# A reviewer's last such review counts; a mere comment takes nothing back.
_DECIDES = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})


@dataclass(frozen=True, slots=True)
class CheckDue(RepositoryEvent):
    """A pull request got a new head or a review, so that the check `mtor/four-eyes` may change."""

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {("pull_request", "synchronize"), ("pull_request_review", "dismissed")}
    )
    sender: Sender
    number: int

    @classmethod
    def read(cls, payload: Answer, _trigger_label: str) -> CheckDue | None:
        """Return the event, None without a repository or a number."""
        place, number = read_place(payload), read_number(payload)
        return cls(place, read_sender(payload.at("sender")), number) if place and number else None


@dataclass(frozen=True, slots=True)
class Parties:
    """Logins (lower case) and account ids whose approval does not count, and how many other approvals are needed.

    Two if the asker, an author or a committer is unknown: at least one of two approvers is not that person.
    """

    logins: frozenset[str]
    ids: frozenset[int]
    needed: int

    def include(self, review: Answer) -> bool:
        """Return whether the reviewer is one of the parties."""
        login, number = review.text("user", "login").lower(), review.number("user", "id")
        return login in self.logins or number in self.ids


@dataclass(frozen=True, slots=True)
class CheckStatus:
    """The check on a commit: GitHub's state, and at most 140 characters that say why."""

    state: str
    words: str


def check_due(bot: Bot, event: CheckDue) -> None:
    """Set the check of a pull request. Raises GitHubError."""
    with bot.clients.repository(event.place) as client:
        set_check(bot, client, event.place, event.number)


def set_check(bot: Bot, client: Client, place: InstalledRepository, number: int) -> None:
    """Set the check on the pull request's head, if the repository's settings ask for it. Raises GitHubError."""
    if not _is_wanted(client):
        return
    pull = client.call("GET", f"pulls/{number}")
    if not _is_open_at(pull, pull.text("head", "sha")):
        return
    status = _status(bot, client, place, pull)
    try:
        _post(bot, client, pull.text("head", "sha"), status)
    except GitHubError as error:
        if TABLE[error.kind].again is not Again.NEVER:
            raise
        # A check that is not set blocks where it is required; what else is to be done about the event goes on.
        logger.warning("the check %s cannot be set", CONTEXT, extra={"why": error.message})


def _status(bot: Bot, client: Client, place: InstalledRepository, pull: Answer) -> CheckStatus:
    """Return the strictest status of the open pull requests whose head is this one's."""
    status = CheckStatus("success", _NO_PART)
    for judged in _of_the_same_head(client, pull):
        parties = _parties(bot, client, place, judged)
        if parties is None:
            continue
        status = _judged(client, judged, parties)
        if status.state == "pending":
            is_other = judged.number("number") != pull.number("number")
            return CheckStatus("pending", f"#{judged.number('number')} {status.words}") if is_other else status
    return status


def _of_the_same_head(client: Client, pull: Answer) -> Iterator[Answer]:
    """Yield the pull request, then, if that is not enough, the other open ones whose head is the same commit.

    GitHub does not list those of forks, in which mtor has no part.
    """
    yield pull
    head = pull.text("head", "sha")
    for other in client.pages(f"commits/{head}/pulls"):
        if _is_open_at(other, head) and other.number("number") != pull.number("number"):
            yield other


def _is_open_at(pull: Answer, head: str) -> bool:
    return pull.text("state") == "open" and pull.text("head", "sha") == head != ""


def _post(bot: Bot, client: Client, head: str, status: CheckStatus) -> None:
    # A pull request of mtor's on this commit, which was closed while it waited, could be reopened and merged at once.
    if status.words == _NO_PART and _was_pending(bot, client, head):
        return
    body = {"state": status.state, "context": CONTEXT, "description": status.words}
    # Setting it twice does no harm.
    client.call("POST", f"statuses/{head}", body, look=lambda: None)


def _was_pending(bot: Bot, client: Client, head: str) -> bool:
    """Return whether the App's newest status of this check, on that commit, is pending."""
    own = bot.clients.account()
    for status in client.pages(f"commits/{head}/statuses"):
        by_app = is_app(own, status.number("creator", "id"), status.text("creator", "login"))
        if by_app and status.text("context") == CONTEXT:
            return status.text("state") == "pending"
    return False


def _is_wanted(client: Client) -> bool:
    """Return the setting of the default branch; True for settings that name it but cannot be parsed."""
    file = client.find(f"contents/{DEFAULTS_FILE}")
    if file is None:
        return False
    data = b64decode(file.text("content"))
    settings, problems = read_settings_file(data)
    return settings.four_eyes == "true" or (bool(problems) and b"four_eyes" in data)


def _parties(bot: Bot, client: Client, place: InstalledRepository, pull: Answer) -> Parties | None:
    """Return the people who have a part in the pull request; None if mtor has none in it."""
    number = pull.number("number")
    branch_match = _OUR_BRANCH.match(pull.text("head", "ref")) if same_repository(pull) else None
    jobs = job_rows.about(bot.engine, place.repository_id, {number, int(branch_match[1]) if branch_match else number})
    if not (jobs or branch_match):
        return None
    commits = list(client.pages(f"pulls/{number}/commits"))
    committers = {commit.text(role, "login") for commit in commits for role in ("author", "committer")}
    people = {pull.text("user", "login"), *(job.requester for job in jobs), *committers}
    # Authors are compared by id as well, which a rename does not change.
    authors = [author for job in jobs for author in job.authors]
    logins = frozenset(login.lower() for login in (*people, *(author.login for author in authors)) if login)
    # A job of a release that did not ask for authors has none. A run started by hand has no job in the queue.
    # GitHub names nobody for an address that it does not know.
    names = {name for job in jobs for name in (job.id, job.name)}
    by_jobs = {read_commit(commit).job for commit in commits} <= {"", *names}
    all_known = bool(jobs) and all(job.authors for job in jobs) and by_jobs and "" not in committers
    return Parties(logins, frozenset(author.id for author in authors), 1 if all_known else 2)


def _judged(client: Client, pull: Answer, parties: Parties) -> CheckStatus:
    """Return the status of a pull request that mtor has a part in; approvals of an earlier head do not count."""
    last: dict[str, Answer] = {}
    for review in client.pages(f"pulls/{pull.number('number')}/reviews"):
        if review.text("state") in _DECIDES and review.text("user", "type") == "User":
            last[review.text("user", "login")] = review
    approved = [
        login
        for login, review in last.items()
        if review.text("state") == "APPROVED"
        and review.text("commit_id") == pull.text("head", "sha")
        and not parties.include(review)
        and may_write(client, login, review.number("user", "id"))
    ]
    if len(approved) >= parties.needed:
        return CheckStatus("success", f"approved by {', '.join(approved[:3])}"[:140])
    approvers = "a writer" if parties.needed == 1 else "two writers"
    return CheckStatus("pending", f"waits for {approvers} who neither asked for this nor wrote a part of it")
