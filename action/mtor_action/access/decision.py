"""Decide who may make mtor do something, in one pure function: the first row that fits counts.

| who asks, and for what                                          | what happens                 |
| --------------------------------------------------------------- | ---------------------------- |
| mtor itself; a deleted account                                  | nothing                      |
| an App or bot that is not listed                                | a reaction; the log says why |
| anybody, by editing a comment                                   | nothing                      |
| somebody without write access                                   | a reaction                   |
| a writer: stop, ask, teach, start checks                        | it is done                   |
| a writer: run a text from a fork                                | a refusal                    |
| a writer: run text that writers wrote                           | it runs                      |
| a writer: run somebody else's text, naming its digest           | it runs                      |
| a writer: run somebody else's text                              | the plan                     |

Write access is what GitHub's permission API says, never `author_association`, which calls everybody in an
organisation a MEMBER: https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user
Triage access lets people set labels, so the label proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from mtor_action.github.permissions import WRITERS


class AccountKind(StrEnum):
    """The kind of an account: GitHub's `type` is User, Bot, Organization or Mannequin; null is a deleted one."""

    USER = "user"
    BOT = "bot"  # an App's account, too
    GHOST = "ghost"  # deleted, imported, or otherwise nobody


@dataclass(frozen=True, slots=True)
class Account:
    """The account that did or wrote something; `permission` is one of `github.permissions.LEVELS`."""

    kind: AccountKind
    id: int
    login: str
    permission: str = "none"


class AskKind(StrEnum):
    """The kind of a request, as far as it matters who makes it."""

    RUN_TEXT = "run text"  # text becomes code that runs: label, run, retry
    STEER = "steer"  # cancel, status, check, coach, ci, spec, help, an unknown command


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: `authors` wrote the text that would run; `confirmed`: the asker named that text's digest."""

    kind: AskKind
    actor: Account
    authors: tuple[Account, ...] = ()
    edited: bool = False
    from_fork: bool = False
    confirmed: bool = False


class AccessVerdict(StrEnum):
    """The verdict on a request: from doing it to not even reacting."""

    DO = "do"
    PLAN = "plan"  # show what would be done and wait for a writer's word
    REFUSE = "refuse"  # say why not, in a comment
    REACT = "react"  # a reaction at most, throttled
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, and its reason in one sentence ("" for DO)."""

    verdict: AccessVerdict
    reason: str = ""


def decide(ask: Ask, *, own_id: int, listed_bots: Collection[int]) -> Decision:
    """Return the decision. `own_id` is mtor's own account, `listed_bots` the ids of bots that count as writers."""
    actor = ask.actor
    if reason := _why_unheard(ask, own_id, listed_bots):
        return Decision(AccessVerdict.IGNORE, reason)
    if not is_trusted(actor, listed_bots):
        return Decision(AccessVerdict.REACT, f"{actor.login} has no write access")
    return Decision(AccessVerdict.DO) if ask.kind is AskKind.STEER else _about_text(ask, listed_bots)


def _why_unheard(ask: Ask, own_id: int, listed_bots: Collection[int]) -> str:
    if ask.actor.id == own_id or ask.actor.kind is AccountKind.GHOST:
        return "nobody asked for anything"
    if ask.actor.kind is AccountKind.BOT and ask.actor.id not in listed_bots:
        return f"the bot {ask.actor.login} is not listed in this mtor's settings"
    return "an edited comment is not a command" if ask.edited else ""


def _about_text(ask: Ask, listed_bots: Collection[int]) -> Decision:
    if ask.from_fork:
        return Decision(AccessVerdict.REFUSE, "the pull request comes from a fork, whose branch mtor cannot push to")
    strangers = [author.login or "ghost" for author in untrusted(ask.authors, listed_bots)]
    if ask.authors and (not strangers or ask.confirmed):
        return Decision(AccessVerdict.DO)
    names = ", ".join(strangers) or "nobody known"
    return Decision(AccessVerdict.PLAN, f"the text is by {names}, who cannot write to this repository")


def is_trusted(account: Account, listed_bots: Collection[int]) -> bool:
    """Return whether the account may write here, or is a bot that counts as a writer."""
    if account.kind is AccountKind.BOT:
        return account.id in listed_bots
    return account.kind is AccountKind.USER and account.permission in WRITERS


def untrusted(authors: Iterable[Account], listed_bots: Collection[int]) -> tuple[Account, ...]:
    """Return those of the authors who cannot write here and are not listed bots; a plan names them."""
    return tuple(author for author in authors if not is_trusted(author, listed_bots))
