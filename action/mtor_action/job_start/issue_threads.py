"""An issue with the comments below it as the task of an architect, and everybody who wrote a part of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.access.command import read_command
from mtor_action.github.texts.authors import Author, author_of
from mtor_action.github.texts.plan_comments import comments_above

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_MOST_CHARACTERS = 4_000  # of one comment
_MOST_COMMENTS = 100


@dataclass(frozen=True, slots=True)
class IssueThread:
    """`task` is everything that people wrote, for a model to read as a quote; `authors` wrote it, each once."""

    number: int
    title: str
    task: str
    authors: tuple[Author, ...]
    is_pull_request: bool = False


def read_thread(client: Client, number: int, asking_comment: int = 0) -> IssueThread:
    """Return the issue with people's comments, up to the one that asked for a plan (0: all). Raises GitHubError.

    What that comment says below its command comes first: a long thread is cut at its end.
    """
    issue = client.call("GET", f"issues/{number}")
    comments = list(comments_above(client, number, asking_comment + 1 if asking_comment else 0))[-_MOST_COMMENTS:]
    asking = [comment for comment in comments if asking_comment and comment.number("id") == asking_comment]
    others = [comment for comment in comments if comment not in asking]
    body = f"{issue.text('title')}\n\n{issue.text('body')}"
    parts = [*filter(None, map(_words_of, asking)), body, *filter(None, map(_words_of, others))]
    authors = dict.fromkeys([author_of(issue), *map(author_of, comments)])
    is_pull_request = isinstance(issue.at("pull_request").value, dict)
    return IssueThread(number, issue.text("title"), "\n\n".join(parts), tuple(authors), is_pull_request)


def _words_of(comment: Answer) -> str:
    """Return what a comment says, without a command in its first line; "" for a command alone."""
    body = comment.text("body").replace("\r\n", "\n")
    command = read_command(body)
    text = (command.rest if command else body).strip()
    return f"{author_of(comment).name} adds:\n{text[:_MOST_CHARACTERS]}" if text else ""
