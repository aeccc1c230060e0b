"""A run that a person started without pins: nobody has said which text is meant, so mtor accepts little.

Only texts of people who can write, as they were when the run was created: it may have waited for hours. With the pins
in the workflow's input `spec` that person says which text is meant, whoever wrote it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from mtor_action.errors import SpecChanged
from mtor_action.github.failures import GitHubError
from mtor_action.github.texts.authors import Author, is_writer
from mtor_action.github.texts.pins import Pin, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_START_AGAIN = "start a new run, so that it takes the text as it is now"
# Labels and comments change `updated_at` too; of the title only the timeline tells.
# https://docs.github.com/graphql/reference/interfaces#comment
_LAST_EDIT = """\
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) {
      ... on Issue { lastEditedAt }
      ... on PullRequest { lastEditedAt }
    }
  }
}
"""


class RequestByHand(NamedTuple):
    """An issue or pull request as GitHub gives it, its comments that continue the spec, and the run that is for it.

    `authors` are its own, and whose texts a model read that wrote it.
    """

    issue: Answer
    number: int
    parts: Sequence[Answer]
    run_id: int
    authors: tuple[Author, ...]


def check_by_hand(client: Client, request: RequestByHand, pins: Sequence[Pin]) -> None:
    """Refuse a text by somebody who cannot write, and one that changed since the run was created.

    `pins` are those of the texts as they are now. Raises SpecChanged, also where GitHub does not tell; GitHubError.
    """
    name = f"#{request.number}"
    author = next((author for author in request.authors if not is_writer(client, author)), None)
    if author is not None:
        step = f"read #{request.number} as it is now; to run exactly that, start a run with the input `spec` set to"
        message = f"text by {author.name}, who cannot write here, is run only if the input `spec` pins it"
        raise SpecChanged(name, message, f"{step} {encode(pins)}")
    if request.parts or _changed_at_all(request.issue):
        _check_times(client, request, _moment(client.call("GET", f"actions/runs/{request.run_id}").text("created_at")))


def _changed_at_all(issue: Answer) -> bool:
    return not issue.text("created_at") or issue.text("updated_at") != issue.text("created_at")


def _check_times(client: Client, request: RequestByHand, created: datetime | None) -> None:
    """Times have whole seconds: what happened within the same one is taken for later."""
    name = f"#{request.number}"
    if created is None:
        raise SpecChanged(name, "GitHub does not say when this run was created", _START_AGAIN)
    for position, part in enumerate(request.parts, 1):
        posted = _moment(part.text("created_at"))
        if posted is None or posted > created:
            message = "this part of the spec was posted after the run was created"
            raise SpecChanged(f"{name} comment {position}", message, _START_AGAIN)
    touched = _moment(request.issue.text("updated_at"))
    if touched is not None and touched < created:
        return
    edited = _edited_at(client, request.number)
    if edited is not None and edited >= created:
        raise SpecChanged(name, "the text was edited after the run was created", _START_AGAIN)


def _edited_at(client: Client, number: int) -> datetime | None:
    """Return when title or body were last edited, None if never. Raises SpecChanged if GitHub does not tell."""
    variables = {"owner": client.owner, "name": client.repo, "number": number}
    try:
        answer = client.graphql(_LAST_EDIT, variables).at("repository", "issueOrPullRequest")
    except GitHubError as error:
        message = f"GitHub does not say when the text was last edited: {error.message}"
        raise SpecChanged(f"#{number}", message, "pin it in the input `spec`, or start a run again later") from error
    if not isinstance(answer.value, dict) or "lastEditedAt" not in answer.value:
        raise SpecChanged(f"#{number}", "GitHub does not say when the text was last edited", _START_AGAIN)
    renamed = [
        _moment(event.text("created_at"))
        for event in client.pages(f"issues/{number}/events")
        if event.text("event") == "renamed"
    ]
    times = [_moment(answer.text("lastEditedAt")), *renamed]
    return max((time for time in times if time is not None), default=None)


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.fromisoformat(stamp)
    except ValueError:
        return None
