"""What happened on GitHub, reduced to what behaviours need, and its plain form in which it is stored.

A later release reads what an earlier one stored: a new field needs a default, and a field is never given another sense.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Place(NamedTuple):
    """A repository (`repository` is OWNER/REPO) and the installation through which it is reached."""

    installation_id: int
    repository_id: int
    repository: str


class Sender(NamedTuple):
    """Who did it; `type` is GitHub's word ("User", "Bot", …), "" for a deleted account."""

    id: int
    login: str
    type: str


class Labeled(NamedTuple):
    """An issue or pull request got the trigger label."""

    place: Place
    sender: Sender
    number: int


class Unlabeled(NamedTuple):
    """An issue or pull request lost a label of a job under way; `at` as for Commented."""

    place: Place
    sender: Sender
    number: int
    at: float = 0.0


class Commented(NamedTuple):
    """Somebody wrote a comment whose first line is a command; `body` is as GitHub sent it.

    `at` is when, in seconds since the epoch by GitHub's clock; 0.0 if that is not known.
    """

    place: Place
    sender: Sender
    number: int
    comment_id: int
    body: str
    at: float = 0.0


class Reviewed(NamedTuple):
    """Somebody reviewed a pull request whose branch is one of mtor's; `path` is "" for a review as a whole."""

    place: Place
    sender: Sender
    number: int
    author: Sender
    body: str
    url: str
    path: str = ""
    at: float = 0.0


class IssueClosed(NamedTuple):
    """An issue or pull request was closed, deleted or moved to another repository; `at` as for Commented."""

    place: Place
    sender: Sender
    number: int
    at: float = 0.0


class PullRequestChanged(NamedTuple):
    """A pull request from a branch of mtor's was opened or closed; `at` as for Commented."""

    place: Place
    sender: Sender
    number: int
    author: Sender
    is_open: bool
    at: float = 0.0


class CheckDue(NamedTuple):
    """A pull request got a head or a review, so that the check `mtor/four-eyes` may be another."""

    place: Place
    sender: Sender
    number: int


class RunChanged(NamedTuple):
    """A workflow run that is named after a job went on; the fields are those of `jobs.signals.RunEvent`."""

    place: Place
    sender: Sender
    run_id: int
    run_attempt: int
    display_title: str
    event: str
    path: str
    status: str
    conclusion: str
    html_url: str


class InstallationChanged(NamedTuple):
    """The App was removed, suspended or given other permissions; `repository_ids` () are all of the installation's."""

    installation_id: int
    action: str
    repository_ids: tuple[int, ...] = ()


class RepositoryChanged(NamedTuple):
    """A repository was archived, deleted, transferred or renamed."""

    place: Place
    action: str


class StatusDue(NamedTuple):
    """Our own: the comment that shows the state of an issue's jobs was edited too recently, and is due now."""

    place: Place
    number: int
    tries: int = 0


Event = (
    Labeled
    | Unlabeled
    | Commented
    | Reviewed
    | IssueClosed
    | PullRequestChanged
    | CheckDue
    | RunChanged
    | InstallationChanged
    | RepositoryChanged
    | StatusDue
)
KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Labeled,
        Unlabeled,
        Commented,
        Reviewed,
        IssueClosed,
        PullRequestChanged,
        CheckDue,
        RunChanged,
        InstallationChanged,
        RepositoryChanged,
        StatusDue,
    )
}
_PARTS: dict[str, type[Place | Sender]] = {"place": Place, "sender": Sender, "author": Sender}


def installation_of(event: Event) -> int:
    """The installation that an event is about."""
    return event.installation_id if isinstance(event, InstallationChanged) else event.place.installation_id


def as_plain(event: Event) -> dict[str, Any]:
    """The event as dictionaries, texts and numbers."""
    fields = {name: value._asdict() if name in _PARTS else value for name, value in event._asdict().items()}
    return {"kind": type(event).__name__, **fields}


def from_plain(plain: dict[str, Any]) -> Event | None:
    """The event again; None for a kind that this release does not know. Fields it does not know are passed over."""
    kind = KINDS.get(plain["kind"])
    if kind is None:
        return None
    known = {name: plain[name] for name in kind._fields if name in plain}
    parts = {name: part(**known[name]) for name, part in _PARTS.items() if name in known}
    return kind(**{**known, **parts})
