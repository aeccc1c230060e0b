"""A spec put into an issue: body, continuing comments, and the label last, so that nothing half filed runs.

The body ends in a hidden mark with the spec's hash. With the author's own account it is how a second call finds the
issue again, and goes on where a killed one stopped.
https://docs.github.com/rest/issues/issues#list-repository-issues
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.issues.comments import own_login
from mtor_action.github.issues.label_events import is_same_label, newest_label_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_MOST_PAGES = 5  # of the author's own issues, the newest first
_OTHER_TEXT = "start it by hand, or close it and submit the spec again with another title"


@dataclass(frozen=True, slots=True)
class FiledSpec:
    """A spec to file or filed: `texts` are the issue's body and the comments that continue it."""

    title: str
    texts: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Its identity: SHA-256 of title and texts but for the commit they are pinned to, hexadecimal."""
        return sha256("\0".join((self.title, *map(_plain, self.texts))).encode()).hexdigest()

    @property
    def mark(self) -> str:
        """The hidden line at the end of its issue's body."""
        return mark_of(self.digest)

    @property
    def body(self) -> str:
        """The issue's body: the first text of the spec, then the mark."""
        return f"{self.texts[0].rstrip()}\n\n{self.mark}"


@dataclass(frozen=True, slots=True)
class FiledIssue:
    """The issue of a spec. `is_new` says that this call made it, `is_open` that it is not closed."""

    number: int
    html_url: str
    is_new: bool
    is_open: bool = True


def mark_of(digest: str) -> str:
    """Return the hidden line by which the issue of a spec with this hash is recognised."""
    return f"<!-- mtor:submitted {digest} -->"


def find_issue(client: Client, spec: FiledSpec) -> FiledIssue | None:
    """Return the issue that this account filed the spec in, None if there is none. Raises MtorError, GitHubError."""
    answer = _find(client, spec)
    if answer is None:
        return None
    if _plain(answer.text("body")) != _plain(spec.body) or answer.text("title") != spec.title:
        message = f"#{answer.number('number')} was filed from this spec, and its text was changed since"
        raise MtorError(message, _OTHER_TEXT)
    return _issue(answer, is_new=False)


def file_issue(client: Client, spec: FiledSpec) -> FiledIssue:
    """Return the issue with all texts of the spec, made or completed by this call; it is not labelled."""
    issue = find_issue(client, spec)
    if issue is None:
        body = {"title": spec.title, "body": spec.body}
        issue = _issue(client.call("POST", "issues", body, look=lambda: _find(client, spec)), is_new=True)
        _give_way(client, spec, issue)
    for text in missing_texts(client, spec, issue.number):
        client.call("POST", f"issues/{issue.number}/comments", {"body": text}, look=_looker(client, issue, text))
    return issue


def _give_way(client: Client, spec: FiledSpec, issue: FiledIssue) -> None:
    """Close the issue again where another call filed the spec first. Raises MtorError then: that one goes on."""
    first = min((answer.number("number") for answer in _filed(client, spec)), default=issue.number)
    if first < issue.number:
        body = {"state": "closed", "state_reason": "not_planned", "title": f"Filed as #{first}", "body": "Filed twice."}
        client.call("PATCH", f"issues/{issue.number}", body)
        step = f"wait until #{first} has its label, then run this again: it goes on if the other stopped"
        raise MtorError(f"another `mtor submit` filed this spec at the same time, as #{first}", step)


def missing_texts(client: Client, spec: FiledSpec, number: int) -> Sequence[str]:
    """Return the continuing comments that the issue lacks. Raises MtorError if others came between."""
    login = own_login(client)
    ours = [
        _plain(comment.text("body"))
        for comment in client.pages(f"issues/{number}/comments")
        if comment.text("user", "login") == login and comment.text("body").lstrip().startswith("/mtor spec")
    ]
    wanted = spec.texts[1:]
    if ours != [_plain(text) for text in wanted[: len(ours)]]:
        raise MtorError(f"#{number} continues in comments that are not this spec's", _OTHER_TEXT)
    return wanted[len(ours) :]


def label(client: Client, number: int, name: str) -> bool:
    """Label the issue unless it ever was: the label is consumed when a job starts. Return whether it was done now."""
    current = [label.text("name") for label in client.call("GET", f"issues/{number}").items("labels")]
    if any(is_same_label(name, label) for label in current) or newest_label_event(client, number, name):
        return False
    client.call("POST", f"issues/{number}/labels", {"labels": [name]}, look=lambda: None)
    return True


def _find(client: Client, spec: FiledSpec) -> Answer | None:
    """Return the issue of the spec; of two the older, the other was filed at the same time."""
    return min(_filed(client, spec), key=lambda answer: answer.number("number"), default=None)


def _filed(client: Client, spec: FiledSpec) -> Iterator[Answer]:
    login = own_login(client)
    query = {"state": "all", "creator": login, "sort": "created", "direction": "desc"}
    for answer in client.pages("issues", params=query, most=_MOST_PAGES):
        if answer.text("user", "login") == login and answer.text("body").rstrip().endswith(spec.mark):
            yield answer


def _looker(client: Client, issue: FiledIssue, text: str) -> Callable[[], Answer | None]:
    def look() -> Answer | None:
        comments = client.pages(f"issues/{issue.number}/comments")
        return next((comment for comment in comments if _plain(comment.text("body")) == _plain(text)), None)

    return look


def _issue(answer: Answer, *, is_new: bool) -> FiledIssue:
    return FiledIssue(answer.number("number"), answer.text("html_url"), is_new, answer.text("state") != "closed")


def _plain(text: str) -> str:
    from mtor_action.authoring.pinning import unpinned  # it loads the reader of Markdown

    return unpinned(text.replace("\r\n", "\n")).strip()
