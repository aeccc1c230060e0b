"""Our own comments: found by a hidden marker *and* our own user id, edited in place, never too long.

A marker alone proves nothing: anybody can paste one. https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from mtor_action.errors import MtorError
from mtor_action.github.failures import RequestFailureKind, Tolerance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

MOST_CHARACTERS = 64_000  # of 65,536: a marker and GitHub's own additions need room
ACTIONS_LOGIN = "github-actions[bot]"
_WORD = re.compile(r"[A-Za-z0-9._-]{1,80}")
_DETAILS = re.compile(r"<(/?)details\b", re.IGNORECASE)


class Comment(NamedTuple):
    """A comment on an issue or pull request; `author_id` is 0 and `author` "" for a deleted account."""

    id: int
    html_url: str
    body: str
    author_id: int
    author: str


def marker(kind: str, job: str) -> str:
    """Return the hidden line by which a comment of ours is found again, such as `<!-- mtor:report job=J -->`."""
    if not (_WORD.fullmatch(kind) and _WORD.fullmatch(job)):
        raise MtorError("a comment's marker holds letters, digits, dots, hyphens and underscores only")
    return f"<!-- mtor:{kind} job={job} -->"


def own_login(client: Client) -> str:
    """Return the login of the account that the client's token belongs to. Raises GitHubError.

    GITHUB_TOKEN and installation tokens may not ask `GET /user`; the caller of `connect` names an App's login.
    """
    if not client.login:
        user = client.find("/user", absent=(RequestFailureKind.MISSING_PERMISSION,))
        client.login = user.text("login") if user else ACTIONS_LOGIN
    return client.login


def own_id(client: Client) -> int:
    """Return the user id of the client's token; 0 where GitHub does not find the account: then no comment is ours.

    Raises GitHubError. https://github.com/actions/create-github-app-token/issues/172
    """
    if not client.own_id:
        account = client.find(f"/users/{quote(own_login(client), safe='')}")
        client.own_id = account.number("id") if account else 0
    return client.own_id


def create_comment(client: Client, number: int, marker: str, body: str) -> Comment:
    """Post a comment whose first line is `marker`. Raises GitHubError.

    Where the answer is lost, our comment with this text is looked for before it is posted again.
    """
    marked_body = marked(marker, body)

    def look() -> Answer | None:
        return next(
            (comment for comment in _own(client, number, marker) if same_text(comment.text("body"), marked_body)), None
        )

    answer = client.call("POST", f"issues/{number}/comments", {"body": marked_body}, look=look)
    posted = _comment(answer)
    client.keep_id(f"issues/comments/{posted.id}", answer)
    client.own_id = posted.author_id  # whoever posts with this token is who it belongs to
    return posted


def upsert_comment(client: Client, number: int, marker: str, body: str) -> Comment:
    """Edit our oldest comment with this marker, or post one. Raises GitHubError."""
    ours = next(_own(client, number, marker), None)
    if ours is None:
        return create_comment(client, number, marker, body)
    if same_text(ours.text("body"), marked(marker, body)):
        return _comment(ours)
    return edit_comment(client, ours.number("id"), marker, body)


def own_comment(client: Client, number: int, marker: str) -> Comment | None:
    """Return our oldest comment with this marker, None if there is none. Raises GitHubError."""
    return next(map(_comment, _own(client, number, marker)), None)


def own_comments(client: Client, number: int, marker: str) -> list[Comment]:
    """Return all our comments with this marker, the oldest first. Raises GitHubError."""
    return list(map(_comment, _own(client, number, marker)))


def delete_comment(client: Client, comment_id: int) -> None:
    """Delete a comment of ours, if it is still there. Raises GitHubError."""
    with Tolerance(RequestFailureKind.NOT_FOUND):
        client.call("DELETE", f"issues/comments/{comment_id}")


def delete_surplus(client: Client, number: int, marker: str) -> None:
    """Delete our comments with this marker but the oldest: runs that end at once each post one. Raises GitHubError."""
    for surplus in own_comments(client, number, marker)[1:]:
        delete_comment(client, surplus.id)


def actions_comment(client: Client, number: int, marker: str) -> Comment | None:
    """Return the oldest comment with this marker by GITHUB_TOKEN's account, None if there is none. Raises GitHubError.

    Every workflow of the repository shares that account, so nothing in the comment may be relied on.
    """
    marked = (comment for comment in client.pages(f"issues/{number}/comments") if _begins_with(comment, marker))
    return next((_comment(comment) for comment in marked if comment.text("user", "login") == ACTIONS_LOGIN), None)


def edit_comment(client: Client, comment_id: int, marker: str, body: str) -> Comment:
    """Let a comment of ours whose first line is `marker` say this. Raises GitHubError."""
    return _comment(client.call("PATCH", f"issues/comments/{comment_id}", {"body": marked(marker, body)}))


def fit(body: str, link: str) -> str:
    """At most MOST_CHARACTERS of Markdown: what is too long is cut between blocks and ends in a sentence with the link.

    A cut never falls inside a fence, raw HTML or `<details>`, where the rest of the page would be swallowed.
    """
    if len(body) <= MOST_CHARACTERS:
        return body
    link_text = f": [the whole text]({link})" if link else "."
    closing = f"\n\n**Cut here**: GitHub accepts at most 65,536 characters, and this text has {len(body)}{link_text}"
    text = body.replace("\r\n", "\n").replace("\r", "\n")[: MOST_CHARACTERS - len(closing)]
    beginning = "\n".join(text.split("\n")[: _safe_line(text)])
    return beginning.rstrip() + closing


def _safe_line(text: str) -> int:
    """Return the last line (0-based) before which a text that ends in the middle can be cut."""
    from markdown_it import MarkdownIt

    safe = depth = 0
    for token in MarkdownIt("commonmark").parse(text):
        pieces = [token, *(token.children or ())]
        html = "".join(piece.content for piece in pieces if piece.type in ("html_block", "html_inline"))
        turns = [-1 if closes else 1 for closes in _DETAILS.findall(html)]
        if token.map and not depth:
            first, end = token.map
            if token.level == 0 or (token.type == "list_item_open" and token.level == 1):
                safe = first
            elif token.type == "inline" and token.level == 1 and not turns:
                safe = end - 1  # between the lines of a paragraph, which a table's rows are here
        depth = max(0, depth + sum(turns))
    return safe


def _own(client: Client, number: int, marker: str) -> Iterator[Answer]:
    mine = own_id(client)
    for comment in client.pages(f"issues/{number}/comments"):
        if mine and comment.number("user", "id") == mine and _begins_with(comment, marker):
            client.keep_id(f"issues/comments/{comment.number('id')}", comment)
            yield comment


def _begins_with(comment: Answer, marker: str) -> bool:
    return comment.text("body").partition("\n")[0].rstrip() == marker


def marked(marker: str, body: str) -> str:
    """Return the text of a comment of ours: the marker, and below it the body as far as it fits."""
    return f"{marker}\n{fit(body, '')}"


def same_text(first: str, second: str) -> bool:
    """Return whether GitHub shows the two alike: it keeps line ends as they came, and the end of a text may differ."""
    return first.replace("\r\n", "\n").rstrip() == second.replace("\r\n", "\n").rstrip()


def _comment(answer: Answer) -> Comment:
    return Comment(
        id=answer.number("id"),
        html_url=answer.text("html_url"),
        body=answer.text("body"),
        author_id=answer.number("user", "id"),
        author=answer.text("user", "login"),
    )
