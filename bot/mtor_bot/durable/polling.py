"""Ask GitHub for what webhooks would have said: for a bot without a public address.

What is found becomes the same webhook payloads, in the same queue, each with an id of its own: what was polled twice,
or also came by webhook, acts once. Lists are asked for from a minute before the newest time that was seen in them (by
GitHub's clock, never ours), because a list may show a thing later than a younger one, and with the ETag of the last
answer. So a quiet repository costs little of the hourly limit: one request per list and hour, since ETags belong to a
token (https://github.com/github/docs/issues/34689).
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa

from mtor_action.access.command import read_command
from mtor_action.github.answers import Answer
from mtor_action.github.issues.label_events import newest_event
from mtor_action.github.payloads import moment, stamp_of
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.state_labels import UNDER_WAY
from mtor_bot.bot import Bot
from mtor_bot.database.inserting import upsert
from mtor_bot.database.schema import TURNS
from mtor_bot.durable.lost_events import relabel
from mtor_bot.durable.receive import store, take
from mtor_bot.durable.repository_walk import RepositoryVisit, visit_all
from mtor_bot.events import deduplication
from mtor_bot.github_app.own_on_github import is_app, is_on_our_branch
from mtor_bot.jobs import job_rows, open_pulls
from mtor_bot.jobs.due_passes import take_turn

POLL = "poll"
MOST_PAGES = 3  # of a list in a pass; the next pass goes on with the next ones
MOST_REVIEW_PAGES = 3
LATE_SECONDS = 60.0  # by which a list may lag
QUIET_SECONDS = 3600.0  # after which nothing more can be late, and what was seen needs no further look
ISSUES, COMMENTS, REMARKS, BEGUN = "issues", "comments", "remarks", "begun"
_NUMBER = re.compile(r".*/(?:issues|pulls)/(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ListChanges:
    """What changed in a list, oldest first. `since` is the newest time that was seen in it before.

    `from_late` is the earlier one from which it was asked for. Both are in seconds since the epoch.
    """

    since: float
    from_late: float
    items: tuple[Answer, ...] = ()

    @property
    def newest(self) -> float:
        """Return the newest time that has been seen by now."""
        return max([self.since, *(moment(item.text("updated_at")) for item in self.items)])

    @property
    def is_full(self) -> bool:
        """Return whether there may be more than was read at once."""
        return len(self.items) >= MOST_PAGES * 100

    def is_new(self, text: Answer) -> bool:
        """Return whether a text was written since, or shown late: an old one that was edited has no effect."""
        written, changed = (moment(text.text(name)) for name in ("created_at", "updated_at"))
        return written >= self.since or (written >= self.from_late and written == changed)


def poll(bot: Bot, poll_seconds: float) -> int | None:
    """Look at the repositories once; return how many events were received, None if it is another replica's turn."""
    if take_turn(bot, POLL, poll_seconds) is None:
        return None
    # Lists of labels do not lag as webhooks do.
    return relabel(bot, young_seconds=0.0) + visit_all(bot, POLL, poll_repository)


def poll_repository(visit: RepositoryVisit) -> int:
    """Receive what happened in a repository since the last look; return how many events. Raises GitHubError."""
    if _last_look(visit, ISSUES) is None:
        # The first look: what was written before it was answered in another way, or to nobody.
        _begin(visit)
        return 0
    return _comments(visit) + _remarks(visit) + _issues(visit)


def _comments(visit: RepositoryVisit) -> int:
    received = 0
    with _changed(visit, COMMENTS, "issues/comments") as comments:
        for comment in comments.items:
            number = _number_in(comment.text("issue_url"))
            if read_command(comment.text("body")) is not None and comments.is_new(comment):
                payload = {"action": "created", "comment": comment.value, "issue": {"number": number}}
                received += _receive(visit, "issue_comment", f"comment-{comment.number('id')}", payload)
    return received


def _remarks(visit: RepositoryVisit) -> int:
    """Receive the remarks on lines of pull requests: commands, and lessons on mtor's own ones."""
    received = 0
    with _changed(visit, REMARKS, "pulls/comments") as remarks:
        for remark in remarks.items:
            number = _number_in(remark.text("pull_request_url"))
            if number and remarks.is_new(remark):
                with best_effort(f"a remark on #{number}"):
                    received += _remark(visit, remark, number)
    return received


def _remark(visit: RepositoryVisit, remark: Answer, number: int) -> int:
    pull = visit.client.call("GET", f"pulls/{number}")
    payload = {"action": "created", "comment": remark.value, "pull_request": pull.value}
    return _receive(visit, "pull_request_review_comment", f"remark-{remark.number('id')}", payload)


def _issues(visit: RepositoryVisit) -> int:
    """Look at the issues and pull requests that changed: closed, robbed of their label, reviewed."""
    received, looked_at = 0, set()
    with _changed(visit, ISSUES, "issues", state="all") as issues:
        for issue in issues.items:
            with best_effort(f"what changed on #{issue.number('number')}"):
                received += _issue(visit, issue, issues.from_late)
            looked_at.add(issue.number("number"))
    # GitHub does not document that a review counts as a change, so that mtor's own ones are looked at each time.
    begun = _last_look(visit, BEGUN) or 0.0
    for number in sorted(open_pulls.numbers(visit.bot, visit.place.repository_id) - looked_at):
        with best_effort(f"what changed on #{number}"):
            received += _pull_request(visit, number, begun)
    return received


def _issue(visit: RepositoryVisit, issue: Answer, since: float) -> int:
    number, received = issue.number("number"), 0
    if job_rows.unfinished(visit.bot.engine, visit.place.repository_id, number):
        received += _unwanted(visit, issue)
    if issue.at("pull_request").value is not None:
        received += _pull_request(visit, number, since)
    return received


def _unwanted(visit: RepositoryVisit, issue: Answer) -> int:
    """Receive that work under way is no longer wanted, by the newest event that says so."""
    own = visit.bot.clients.account()
    is_closed = issue.text("state") == "closed"
    labels = {label.text("name").casefold() for label in issue.items("labels")}

    def says_so(event: Answer) -> bool:
        if is_app(own, event.number("actor", "id"), event.text("actor", "login")):
            return False
        is_robbed = event.text("event") == "unlabeled" and event.text("label", "name").casefold() in UNDER_WAY
        return (is_closed and event.text("event") == "closed") or (is_robbed and not labels & UNDER_WAY)

    event = newest_event(visit.client, issue.number("number"), says_so)
    if event is None:
        return 0
    at, action = event.text("created_at"), event.text("event")
    payload = {
        "action": action,
        "issue": {"number": issue.number("number"), "closed_at" if action == "closed" else "updated_at": at},
        "label": event.at("label").value,
        "sender": event.at("actor").value,
    }
    return _receive(visit, "issues", f"event-{event.number('id')}", payload)


def _pull_request(visit: RepositoryVisit, number: int, since: float) -> int:
    """Receive the reviews of a pull request, its new head, and that one of mtor's was opened or closed."""
    pull, received = visit.client.call("GET", f"pulls/{number}"), 0
    is_open = pull.text("state") == "open"
    if is_open:
        head = {"action": "synchronize", "pull_request": pull.value, "number": number}
        received += _receive(visit, "pull_request", f"head-{number}-{pull.text('head', 'sha')[:40]}", head)
        received += sum(_review(visit, pull, review, since) for review in _reviews(visit, number))
    if is_on_our_branch(pull):
        stamp = re.sub(r"\D", "", "" if is_open else pull.text("closed_at"))
        action = "opened" if is_open else "closed"
        payload = {"action": action, "pull_request": pull.value, "number": number, "sender": _closer(visit, pull)}
        received += _receive(visit, "pull_request", f"{action}-{number}-{stamp}", payload)
    return received


def _reviews(visit: RepositoryVisit, number: int) -> list[Answer]:
    return list(visit.client.pages(f"pulls/{number}/reviews", most=MOST_REVIEW_PAGES))


def _review(visit: RepositoryVisit, pull: Answer, review: Answer, since: float) -> int:
    if moment(review.text("submitted_at")) < since:
        return 0
    payload = {
        "action": "submitted",
        "review": {**review.value, "state": review.text("state").lower()},
        "pull_request": pull.value,
        "sender": review.at("user").value,
    }
    return _receive(visit, "pull_request_review", f"review-{review.number('id')}", payload)


def _closer(visit: RepositoryVisit, pull: Answer) -> object:
    """Return the account that closed the pull request, {} for an open one."""
    if pull.text("state") == "open":
        return {}
    event = newest_event(visit.client, pull.number("number"), lambda event: event.text("event") == "closed")
    return event.at("actor").value if event else {}


def _receive(visit: RepositoryVisit, name: str, source: str, payload: dict[str, object]) -> int:
    """Store the event under an id made from `source`; return 0 if it is not for mtor, or was received before."""
    bot, whole = visit.bot, visit.payload(**payload)
    webhook = take(bot, name, f"poll-{visit.place.repository_id}-{source}", whole)
    if (
        webhook is None
        or deduplication.is_heard(bot, webhook.event)
        or bot.queue.is_stored(webhook.durable_workflow_id)
    ):
        return 0
    store(bot, [webhook])
    return 1


@contextmanager
def _changed(visit: RepositoryVisit, kind: str, path: str, **wanted: str) -> Iterator[ListChanges]:
    """Yield what changed in a list since it was last read.

    Only a block that ends well is noted. After a crash, what was received before is read again, and acts only once.
    """
    since = _last_look(visit, kind) or 0.0
    changes = _read(visit, path, ListChanges(since, _late_from(visit, since)), wanted)
    if changes.is_full and changes.newest == since:
        # The last minute would be read for ever.
        changes = _read(visit, path, ListChanges(since, since), wanted)
    yield changes
    # So would be more of one second than is read at once.
    _note(visit, kind, since + 1.0 if changes.is_full and changes.newest == since else changes.newest)


def _read(visit: RepositoryVisit, path: str, changes: ListChanges, wanted: Mapping[str, str]) -> ListChanges:
    params = {"since": stamp_of(changes.from_late), "sort": "updated", "direction": "asc", **wanted}
    return replace(changes, items=tuple(visit.client.pages(path, params=params, most=MOST_PAGES)))


def _late_from(visit: RepositoryVisit, since: float) -> float:
    """Return the moment behind which something may be that the last look did not show; never before the first look."""
    if visit.bot.clock.now() - since > QUIET_SECONDS:
        return since
    return max(since - LATE_SECONDS, _last_look(visit, BEGUN) or 0.0)


def _begin(visit: RepositoryVisit) -> None:
    """Let all lists begin behind the newest thing that there is, by GitHub's clock."""
    params: dict[str, str | int] = {"state": "all", "sort": "updated", "direction": "desc", "per_page": 1}
    listed = visit.client.call("GET", "issues", params=params).items()
    newest = max((moment(item.text("updated_at")) for item in listed), default=0.0) + 1.0
    for kind in (COMMENTS, REMARKS, BEGUN, ISSUES):
        _note(visit, kind, newest)


def _number_in(url: str) -> int:
    match = _NUMBER.fullmatch(url)
    return int(match[1]) if match else 0


def _last_look(visit: RepositoryVisit, kind: str) -> float | None:
    query = sa.select(TURNS.c.at).filter_by(name=_turn(visit, kind))
    with visit.bot.engine.connect() as connection:
        return connection.execute(query).scalar_one_or_none()


def _note(visit: RepositoryVisit, kind: str, at: float) -> None:
    with visit.bot.engine.begin() as connection:
        upsert(connection, TURNS, name=_turn(visit, kind), at=at)


def _turn(visit: RepositoryVisit, kind: str) -> str:
    return f"{kind}-{visit.place.repository_id}"
