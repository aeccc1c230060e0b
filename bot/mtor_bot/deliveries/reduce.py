"""A webhook → an event, or None for what is nobody's business here.

One table: event and action → the function that reads its payload. Payloads of several server versions leave fields
out; a payload without what a behaviour needs is none of ours.
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mtor_action.github.answers import Answer
from mtor_action.github.client import is_repository_name
from mtor_bot.commands.command import read_command
from mtor_bot.deliveries.event import (
    CheckDue,
    Commented,
    Event,
    InstallationChanged,
    IssueClosed,
    Labeled,
    Place,
    PullRequestChanged,
    RepositoryChanged,
    Reviewed,
    RunChanged,
    Sender,
    Unlabeled,
)
from mtor_bot.github_app.ours import is_on_our_branch
from mtor_bot.jobs.runs import read_title
from mtor_bot.speech.labels import UNDER_WAY, is_same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PULL_UPDATED = "pull_request.updated_at"
MOST_REPOSITORIES = 10_000


def reduce(name: str, payload: Any, trigger_label: str) -> Event | None:
    """The event of a webhook called `name` (X-GitHub-Event). Never raises for what a payload may hold."""
    found = Answer(payload)
    reader = _READERS.get((name, found.text("action")))
    return reader(found, trigger_label) if reader else None


def _place(found: Answer) -> Place | None:
    place = Place(
        found.number("installation", "id"), found.number("repository", "id"), found.text("repository", "full_name")
    )
    return place if all(place) and is_repository_name(place.repository) else None


def _account(found: Answer) -> Sender:
    return Sender(found.number("id"), found.text("login"), found.text("type"))


def _number(found: Answer) -> int:
    return found.number("issue", "number") or found.number("pull_request", "number")


def _at(found: Answer, *names: str) -> float:
    """The first of these times of the issue, pull request, comment or review that is there, 0.0 if none is."""
    stamps = (found.text(*name.split(".")) for name in names)
    try:
        return datetime.fromisoformat(next(filter(None, stamps), "")).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _labeled(found: Answer, trigger_label: str) -> Event | None:
    place, number = _place(found), _number(found)
    if place is None or not number or not is_same(found.text("label", "name"), trigger_label):
        return None
    return Labeled(place, _account(found.at("sender")), number)


def _unlabeled(found: Answer, _label: str) -> Event | None:
    place, number = _place(found), _number(found)
    if place is None or not number or found.text("label", "name").casefold() not in UNDER_WAY:
        return None
    return Unlabeled(place, _account(found.at("sender")), number, _at(found, "issue.updated_at", _PULL_UPDATED))


def _commented(found: Answer, _label: str) -> Event | None:
    place, number, body = _place(found), _number(found), found.text("comment", "body")
    if place is None or not number or read_command(body) is None:
        return None
    # Who wrote the comment asks, whoever the sender of the webhook is.
    author, comment_id = _account(found.at("comment", "user")), found.number("comment", "id")
    return Commented(place, author, number, comment_id, body, _at(found, "comment.created_at"))


def _reviewed(found: Answer, _label: str) -> Event | None:
    place, said = _place(found), found.at("comment" if "comment" in found.value else "review")
    # An approval praises; nothing is to be learnt from it.
    is_silent = not said.text("body").strip() or said.text("state") == "approved"
    if place is None or is_silent or not is_on_our_branch(found.at("pull_request")):
        return _check_due(found, _label) if "review" in found.value else None
    return Reviewed(
        place,
        _account(said.at("user")),
        _number(found),
        _account(found.at("pull_request", "user")),
        said.text("body"),
        said.text("html_url"),
        said.text("path"),
        _at(said, "submitted_at", "created_at"),
    )


def _issue_closed(found: Answer, _label: str) -> Event | None:
    place, number = _place(found), _number(found)
    if place is None or not number:
        return None
    at = _at(found, "issue.closed_at", "issue.updated_at", "pull_request.closed_at", _PULL_UPDATED)
    return IssueClosed(place, _account(found.at("sender")), number, at)


def _pull_changed(found: Answer, label: str) -> Event | None:
    place, number, pull = _place(found), _number(found), found.at("pull_request")
    is_open = pull.text("state") == "open"
    if place is None or not number or not is_on_our_branch(pull):
        return _check_due(found, label) if is_open else _issue_closed(found, label)
    at = _at(pull, "updated_at")
    return PullRequestChanged(place, _account(found.at("sender")), number, _account(pull.at("user")), is_open, at)


def _check_due(found: Answer, _label: str) -> Event | None:
    place, number = _place(found), _number(found)
    return CheckDue(place, _account(found.at("sender")), number) if place and number else None


def _run_changed(found: Answer, _label: str) -> Event | None:
    place, run = _place(found), found.at("workflow_run")
    if place is None or read_title(run.text("display_title")) is None:
        return None
    words = {name: run.text(name) for name in ("display_title", "event", "path", "status", "conclusion", "html_url")}
    return RunChanged(place, _account(found.at("sender")), run.number("id"), run.number("run_attempt"), **words)


def _installation_changed(found: Answer, _label: str) -> Event | None:
    number = found.number("installation", "id")
    return InstallationChanged(number, found.text("action")) if number else None


def _repositories_removed(found: Answer, _label: str) -> Event | None:
    number = found.number("installation", "id")
    removed = tuple(each.number("id") for each in found.items("repositories_removed")[:MOST_REPOSITORIES])
    return InstallationChanged(number, "removed", removed) if number and removed else None


def _repository_changed(found: Answer, _label: str) -> Event | None:
    place = _place(found)
    return RepositoryChanged(place, found.text("action")) if place else None


_READERS: Mapping[tuple[str, str], Callable[[Answer, str], Event | None]] = {
    ("issues", "labeled"): _labeled,
    ("issues", "unlabeled"): _unlabeled,
    ("issues", "closed"): _issue_closed,
    ("issues", "deleted"): _issue_closed,
    ("issues", "transferred"): _issue_closed,
    ("issue_comment", "created"): _commented,
    ("pull_request", "labeled"): _labeled,
    ("pull_request", "unlabeled"): _unlabeled,
    ("pull_request", "opened"): _pull_changed,
    ("pull_request", "reopened"): _pull_changed,
    ("pull_request", "closed"): _pull_changed,
    ("pull_request", "synchronize"): _check_due,
    ("pull_request_review", "submitted"): _reviewed,
    ("pull_request_review", "dismissed"): _check_due,
    ("pull_request_review_comment", "created"): _reviewed,
    ("workflow_run", "requested"): _run_changed,
    ("workflow_run", "in_progress"): _run_changed,
    ("workflow_run", "completed"): _run_changed,
    ("installation", "deleted"): _installation_changed,
    ("installation", "suspend"): _installation_changed,
    ("installation", "unsuspend"): _installation_changed,
    ("installation", "new_permissions_accepted"): _installation_changed,
    ("installation_repositories", "removed"): _repositories_removed,
    ("repository", "archived"): _repository_changed,
    ("repository", "deleted"): _repository_changed,
    ("repository", "transferred"): _repository_changed,
    ("repository", "renamed"): _repository_changed,
}
