"""The authors of a spec's texts, and whether they may write to the repository: the least trusted of them decides.

Who edited a text does not count: only its author and people who can write may edit it.
https://docs.github.com/communities/moderating-comments-and-conversations/managing-disruptive-comments
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.github.failures import GitHubError
from mtor_action.github.permissions import may_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

_LOGIN = re.compile(r"[A-Za-z0-9_-]{1,80}(?:\[bot\])?")


@dataclass(frozen=True, slots=True)
class Author:
    """An account as GitHub names it now; `type` is its word ("User", "Bot", …). `id` 0: deleted, or not known."""

    id: int
    login: str
    type: str

    @property
    def name(self) -> str:
        """`@login`, or words for an account that has none."""
        return f"@{self.login}" if self.id and _LOGIN.fullmatch(self.login) else "a deleted or unknown account"


UNKNOWN = Author(0, "", "")


@dataclass(frozen=True, slots=True)
class Standing:
    """`outsiders` cannot write here; `unknown` could not be asked about, because of `problem`: trusted as little."""

    outsiders: tuple[Author, ...] = ()
    unknown: tuple[Author, ...] = ()
    problem: str = ""

    @property
    def is_trusted(self) -> bool:
        """Return whether everybody who wrote a part of it may write to the repository."""
        return not (self.outsiders or self.unknown)

    def sentences(self) -> list[str]:
        """One an author who is not trusted, without a full stop. One line each, safe in Markdown and in a trailer."""
        outsiders = [f"text by {author.name}, who cannot write here" for author in self.outsiders]
        return [*outsiders, *(f"text by {author.name}, whose rights here are not known" for author in self.unknown)]


def author_of(text: Answer) -> Author:
    """Return the author of an issue, a pull request or a comment; `user` is null for some deleted accounts."""
    user = text.at("user")
    author = Author(user.number("id"), user.text("login"), user.text("type"))
    return author if author.id > 0 and author.login else UNKNOWN


def is_writer(client: Client, author: Author) -> bool:
    """Return whether a person may write here now; bots and unknown accounts may not. Raises GitHubError."""
    return author.type == "User" and author.id > 0 and may_write(client, author.login, author.id)


def standing(client: Client, authors: Iterable[Author], decided: Mapping[int, bool]) -> Standing:
    """Return the standing of a spec by these authors, looked up now; never raises.

    `decided` is what the App decided when the job was asked for, account id → may write: who could not then cannot now,
    and of bots, whose rights no API tells, it is all that is known.
    """
    outsiders, unknown, problem = [], [], ""
    for author in dict.fromkeys(authors):
        try:
            writes = decided.get(author.id, False) if author.type == "Bot" else is_writer(client, author)
        except GitHubError as error:
            problem = error.message
            unknown.append(author)
            continue
        if not (writes and decided.get(author.id, True)):
            outsiders.append(author)
    return Standing(tuple(outsiders), tuple(unknown), problem)
