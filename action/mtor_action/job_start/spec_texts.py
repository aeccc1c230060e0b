"""The texts of a requested run, fetched and pinned as they are now, and their authors."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.access.accounts import Sender, account_of
from mtor_action.errors import CommandError
from mtor_action.github.branches.repositories import commit_of, holder_of
from mtor_action.github.sources.review_words import CHECK
from mtor_action.github.sources.spec_source import FetchedSpec, fetch_spec, file_pin
from mtor_action.github.texts.pins import OF_REVIEWS, Pin, digest, lf_bytes, pin_comment
from mtor_action.github.texts.plan_comments import check_unedited, is_plan, named_specs, plan_authors, planned_spec
from mtor_action.github.texts.provenance import read_line
from mtor_action.manifest.fences.fenced_blocks import read_fences
from mtor_action.manifest.fences.near_miss import FenceKind, kind_of
from mtor_action.manifest.text import Lines, Part
from mtor_action.repository.head import COMMIT_ID, is_branch_name
from mtor_action.tree.path_policy import path_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.access.command import SpecFile
    from mtor_action.access.decision import Account
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

# The line that mail programs put above an original that they do not quote with >.
_QUOTED_ORIGINAL = re.compile(
    r"^-{4,} ?(?:Original Message|Forwarded message) ?-{4,}[ \t]*$", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Texts:
    """A spec as fetched, and its authors; of a file, which only writers can have pushed, the author is the asker.

    Authors are also those whose texts a model read that wrote it.
    """

    fetched: FetchedSpec
    authors: tuple[Account, ...]
    shows_itself: bool = False  # whoever names its hash has read it: a plan of mtor's

    @property
    def is_from_fork(self) -> bool:
        """Return whether it is for a pull request whose branch cannot be written to."""
        pull = self.fetched.pull_request
        return pull is not None and not pull.same_repository


def of_issue(client: Client, number: int) -> Texts:
    """Return the issue's body with the writers' comments that continue it. Raises GitHubError, MtorError."""
    return with_authors(client, fetch_spec(client, number))


def of_comment(client: Client, number: int, comment_id: int, body: str) -> Texts:
    """Return the comment with the text that was delivered. Raises SpecChanged if it was edited since, GitHubError."""
    return with_authors(client, fetch_spec(client, number, [pin_comment(comment_id, body)]))


def of_file(client: Client, number: int, file: SpecFile, asker: Account) -> Texts:
    """Return a file of a branch, tag or commit of this repository. Raises CommandError, GitHubError."""
    commit = _commit(client, file.ref)
    fault = path_fault(file.path, is_new=False)
    if fault:
        raise CommandError(f"the path {file.path!r}: {fault}", "name a Markdown file of this repository")
    return with_authors(client, fetch_spec(client, number, [file_pin(client, file.path, commit)]), asker)


def of_pins(client: Client, number: int, pins: Sequence[Pin], asker: Account) -> Texts:
    """Return the texts of an earlier job: an issue's as it is now, others only if unchanged."""
    if pins[0].kind == "issue":
        return of_issue(client, number)
    if pins[0].kind in OF_REVIEWS:
        return of_review(client, number, pins, asker)
    return with_authors(client, fetch_spec(client, number, pins), asker)


def of_review(client: Client, number: int, pins: Sequence[Pin], asker: Account) -> Texts:
    """Return the spec made of a review's texts, whose authors count, or the asker if nobody wrote any.

    Raises SpecChanged, MtorError for what cannot be applied exactly, GitHubError.
    """
    fetched = fetch_spec(client, number, pins)
    suggested = sum(pin.kind in OF_REVIEWS and pin.kind != CHECK for pin in pins)  # nobody wrote a log
    return with_authors(client, fetched._replace(authors=fetched.authors[:suggested]), asker)


def of_plan(client: Client, number: int, digest_beginning: str) -> Texts | None:
    """Return the spec in the plan on the issue whose hash begins so, None without one.

    Raises SpecChanged if it was edited since, CommandError for one with several specs, GitHubError.
    """
    comment = _plan_comment(client, number, digest_beginning)
    if comment is None:
        return None
    pin = pin_comment(comment.number("id"), comment.text("body"))
    specs = named_specs(planned_spec(comment.text("body")) or "")
    if len(specs) > 1:
        message = f"the plan has {len(specs)} specs, each of which becomes an issue of its own"
        raise CommandError(message, f"file them in a clone: `mtor submit '#{number}@{digest([pin])[:8]}'`")
    return replace(with_authors(client, fetch_spec(client, number, [pin])), shows_itself=True)


def specs_of_plan(client: Client, number: int, digest_beginning: str) -> dict[str, str]:
    """Return the texts of the specs in that plan by file name, each with the line that names whose texts were read.

    Raises CommandError without such a plan, SpecChanged if it was edited since, GitHubError.
    """
    comment = _plan_comment(client, number, digest_beginning)
    if comment is None:
        message = f"#{number} has no plan whose hash begins with {digest_beginning}"
        raise CommandError(message, "take the characters from the plan's comment")
    check_unedited(comment, f"#{number}")
    line = read_line(plan_authors(client, client.call("GET", f"issues/{number}"), comment))
    specs = named_specs(planned_spec(comment.text("body")) or "")
    return {name: f"{text.rstrip()}\n\n{line}\n" for name, text in specs.items()}


def _plan_comment(client: Client, number: int, digest_beginning: str) -> Answer | None:
    plans = filter(is_plan, client.pages(f"issues/{number}/comments"))
    pins = ((plan, pin_comment(plan.number("id"), plan.text("body"))) for plan in plans)
    return next((plan for plan, pin in pins if digest([pin]).startswith(digest_beginning)), None)


def is_spec(text: str) -> bool:
    """Return whether a text has manifest blocks of its own; those that an e-mail reply quotes do not count."""
    own = _QUOTED_ORIGINAL.split(text.replace("\r\n", "\n"), maxsplit=1)[0]
    fences = read_fences(Lines(Part("comment", lf_bytes(own))))
    return any(kind_of(fence.info) is not FenceKind.PROSE and not fence.quoted for fence in fences)


def with_authors(client: Client, fetched: FetchedSpec, *askers: Account) -> Texts:
    """Return the texts with the accounts that wrote them; `askers` where nobody is known to. Raises GitHubError."""
    authors = dict.fromkeys(fetched.authors)
    accounts = [account_of(client, Sender(author.id, author.login, author.type)) for author in authors]
    return Texts(fetched, tuple(accounts) or askers)


def _commit(client: Client, ref: str) -> str:
    """Return the commit of a ref; a commit id must be in a branch: forks share their parent's objects."""
    if COMMIT_ID.fullmatch(ref):
        if holder_of(client, ref) is not None:
            return ref
        raise CommandError(f"the commit {ref[:12]} is in no branch of this repository", "name a branch or tag instead")
    if is_branch_name(ref):
        for kind in ("heads", "tags"):
            if commit := commit_of(client, f"{kind}/{ref}"):
                return commit
    raise CommandError(f"this repository has no branch or tag {ref!r}", "check the name behind the last @")
