"""What a review asks for in words, for the implementer: remarks on lines, a review as a whole, a comment.

The first line of a comment is a command, and what follows in it are words; other commands are none.
https://docs.github.com/rest/pulls/comments · https://docs.github.com/rest/pulls/reviews
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from mtor_action.errors import MtorError, SpecChanged
from mtor_action.github.payloads import read_time
from mtor_action.github.texts.authors import Author, author_of
from mtor_action.github.texts.command_line import read_command_line
from mtor_action.github.texts.pins import WORDS, Pin, pin_words
from mtor_action.manifest.text import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.manifest.settings_block.settings import Settings

REMARK, REVIEW, COMMENT, CHECK = WORDS
MOST_CHARACTERS = 6_000
_ASK_AGAIN = "ask again, so that the implementer is told what the text says now"
_MOST_FILES = 300


@dataclass(frozen=True, slots=True)
class ReviewWords:
    """One text: `kind` is one of WORDS; `place` is `path:line` for a remark, else ""; `posted` in Unix seconds.

    `words` is what it asks for, without the command in its first line; "" if that is nothing.
    """

    kind: str
    id: int
    author: Author
    body: str
    words: str
    place: str
    posted: float


def words_in(text: Answer, kind: str) -> ReviewWords:
    """Return what a remark, a review or a comment asks for."""
    line = text.number("line") or text.number("original_line")
    path = text.text("path")
    return ReviewWords(
        kind=kind,
        id=text.number("id"),
        author=author_of(text),
        body=text.text("body"),
        words=_words(text.text("body")),
        place=f"{path}:{line}" if path and line else path,
        posted=read_time(text, "submitted_at", "created_at"),
    )


def _words(body: str) -> str:
    text = body.replace("\r\n", "\n").strip()
    line = read_command_line(text)
    if line is None:
        # What mtor itself wrote begins with a marker.
        return "" if text.startswith("<!-- mtor:") else text
    if not line.has_word("fix"):
        return ""
    # `/mtor fix ci` names the logs, which are read elsewhere.
    behind = "" if line.argument.casefold() == "ci" else line.argument
    return f"{behind}\n{line.rest}".strip()


def pin_of_words(words: ReviewWords, commit: str) -> Pin:
    """Return the pin of words that are about `commit`."""
    return pin_words(words.kind, words.id, commit, words.body)


def pinned_words(client: Client, number: int, pins: Sequence[Pin]) -> list[ReviewWords]:
    """Return the words of these pins. Raises SpecChanged for one that is not what its pin says, GitHubError."""
    return [_pinned(client, number, pin) for pin in pins]


def _pinned(client: Client, number: int, pin: Pin) -> ReviewWords:
    name = f"#{number} {pin.kind.removeprefix('asked-')} {pin.id}"
    paths = {REMARK: "pulls/comments/", REVIEW: f"pulls/{number}/reviews/", COMMENT: "issues/comments/"}
    text = client.find(f"{paths[pin.kind]}{pin.id}")
    if text is None:
        raise SpecChanged(name, "the text was deleted", _ASK_AGAIN)
    address = text.text("issue_url") or text.text("pull_request_url")
    if not address.endswith((f"/pulls/{number}", f"/issues/{number}")):
        raise MtorError(f"{name}: the pinned text does not belong to #{number}", _ASK_AGAIN)
    words = words_in(text, pin.kind)
    if pin_of_words(words, pin.commit) != pin:
        raise SpecChanged(name, "the text is not what it was when this was asked for", _ASK_AGAIN)
    return words


def wish_in(texts: Iterable[ReviewWords]) -> str:
    """Return the texts as the implementer is told them, each with who wrote it and where; bounded."""
    parts = [f"{_heading(text)}\n{text.words}" for text in texts if text.words]
    wish = "\n\n".join(parts)
    return wish if len(wish) <= MOST_CHARACTERS else f"{wish[:MOST_CHARACTERS]}\n[the review goes on]"


def _heading(text: ReviewWords) -> str:
    return f"{text.author.name} on {text.place}:" if text.place else f"{text.author.name}:"


def settings_part(number: int, settings: Settings, texts: Sequence[ReviewWords]) -> Part:
    """Return the text of a spec that has these settings and no operation; its title names who wrote, if anybody."""
    from mtor_action.authoring.block_writing import settings_lines, yaml_text

    people = ", ".join(dict.fromkeys(text.author.login for text in texts))
    title = f"Do what {people} asks for" if people else "Make the failing checks pass"
    kept = settings_lines(settings, "setup", "test", "allow", "protect", "implementer")
    lines = [f"title: {yaml_text(title)}", "format: []", *kept]
    limits = {name: value for name, value in settings.budget._asdict().items() if value is not None}
    if limits:
        lines.append(f"budget: {{{', '.join(f'{name}: {value:g}' for name, value in limits.items())}}}")
    return Part(f"#{number} review", "\n".join(["```yaml mtor", *lines, "```", ""]).encode())


def files_between(client: Client, base: str, commit: str) -> tuple[str, ...]:
    """Return the files that `commit` has and that differ from where it left `base`, sorted. Raises GitHubError."""
    comparison = client.call("GET", f"compare/{quote(base)}...{commit}", params={"per_page": 1})
    files = comparison.items("files")[:_MOST_FILES]
    return tuple(sorted(file.text("filename") for file in files if file.text("status") != "removed"))
