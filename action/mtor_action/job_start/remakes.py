"""Which open pull request of mtor's is behind its base, and what it takes to remake it.

| its base                                                   | remade                   |
| ---------------------------------------------------------- | ------------------------ |
| is in its branch already                                   | nothing is to be done    |
| is a predecessor's branch, which changed                   | by itself, and by hand   |
| lacks the commit that it starts on (a squash, a rewrite)   | by itself, and by hand   |
| moved so that GitHub cannot merge the two                  | by itself, and by hand   |
| moved otherwise                                            | by hand                  |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError, SpecChanged
from mtor_action.github.branches.repositories import OUR_BRANCHES, branch_has, branch_head
from mtor_action.github.pulls.published_change import PublishedChange, change_of
from mtor_action.github.pulls.pulls import issue_of
from mtor_action.github.sources.spec_source import FetchedSpec, fetch_spec
from mtor_action.github.texts.pins import Pin, digest, pin_pull
from mtor_action.manifest.manifest import parse_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

    IsOurs = Callable[[int, str], bool]


@dataclass(frozen=True, slots=True)
class MovedPull:
    """An open pull request of mtor's whose base has commits that it lacks: `onto` is the base's last one.

    `is_needed`: it does not merge any more, or the result that it starts on changed. `is_known` is False while GitHub
    has not worked out whether it merges; then it may be needed.
    """

    change: PublishedChange
    onto: str
    is_needed: bool
    is_known: bool = True

    @property
    def number(self) -> int:
        """Return the pull request's number on GitHub."""
        return self.change.number


@dataclass(frozen=True, slots=True)
class Remake:
    """A pull request to be remade, with the texts that it was made from."""

    moved: MovedPull
    texts: FetchedSpec

    @property
    def pins(self) -> tuple[Pin, ...]:
        """What identifies the job: the head, what it is carried onto, and the texts."""
        change = self.moved.change
        return (pin_pull(change.number, change.head, self.moved.onto), *self.texts.pins)

    @property
    def digest(self) -> str:
        """Return the digest of the pins: the same head is carried onto the same commit once."""
        return digest(self.pins)


def is_mtors(pull: Answer, is_ours: IsOurs) -> bool:
    """Return whether the open pull request was opened by mtor, for a spec's issue."""
    is_open = pull.text("state") == "open"
    return is_open and issue_of(pull) > 0 and is_ours(pull.number("user", "id"), pull.text("user", "login"))


def moved_pull(client: Client, number: int, is_ours: IsOurs) -> MovedPull | None:
    """Return the pull request if it is mtor's, open and behind its base, else None.

    Raises MtorError where its commits do not say what it is made of, GitHubError.
    """
    pull = client.find(f"pulls/{number}")
    if pull is None or not is_mtors(pull, is_ours):  # None: an issue's number
        return None
    onto = _lacked(client, pull)
    if onto is None:
        return None
    base = pull.text("base", "ref")
    change = change_of(client, pull, pull.text("head", "sha"), is_ours)
    # https://docs.github.com/rest/pulls/pulls#get-a-pull-request: null until a background job has tried it
    merges = pull.at("mergeable").value
    needed = merges is False or base.startswith(OUR_BRANCHES) or not branch_has(client, base, change.start)
    return MovedPull(change, onto, needed, is_known=needed or merges is not None)


def is_behind(client: Client, pull: Answer) -> bool:
    """Return whether a pull request, also as GitHub lists it, lacks the last commit of its base. Raises GitHubError."""
    return _lacked(client, pull) is not None


def _lacked(client: Client, pull: Answer) -> str | None:
    """Return the last commit of the base if the pull request lacks it, else None. Raises GitHubError."""
    onto = branch_head(client, pull.text("base", "ref"))
    return None if onto is None or branch_has(client, pull.text("head", "sha"), onto) else onto


def refuse_up_to_date(client: Client, number: int, is_ours: IsOurs) -> None:
    """Raise CommandError if it is an open pull request of mtor's: its text is no spec, so there is nothing to retry.

    For one that `moved_pull` returns None for. Raises GitHubError.
    """
    issue = client.call("GET", f"issues/{number}")
    if not isinstance(issue.at("pull_request").value, dict):
        return
    pull = client.call("GET", f"pulls/{number}")
    if is_mtors(pull, is_ours):
        raise CommandError(
            f"#{number} is up to date with its base: there is nothing to remake",
            f"`/mtor run` on #{issue_of(pull)} runs its spec again",
        )


def reason_to_ask(client: Client, change: PublishedChange) -> str:
    """Return why mtor must not touch the pull request by itself, as a clause; "" if it may. Raises GitHubError."""
    number = change.number
    if not change.is_ours:
        return "people have committed to its branch"
    if next(client.pages(f"pulls/{number}/reviews", most=1), None) is not None:
        return "it has a review"
    return "it has a thread" if next(client.pages(f"pulls/{number}/comments", most=1), None) is not None else ""


def remake_of(client: Client, moved: MovedPull, remembered: Sequence[Pin] = ()) -> Remake:
    """Return what it takes to remake it; `remembered` are the texts of its job where they are known.

    Raises CommandError where its texts are not those any more that it was made from, GitHubError, MtorError.
    """
    change = moved.change
    for pins in dict.fromkeys((tuple(remembered), ())):
        try:
            texts = fetch_spec(client, change.issue, pins)
        except SpecChanged:
            continue
        if parse_spec(texts.parts, texts.title).sha256 == change.spec_sha256:
            return Remake(moved, texts)
    raise CommandError(
        f"the spec of #{change.issue} was edited since #{change.number} was made from it",
        f"`/mtor run` on #{change.issue} runs it as it is now; or merge the base into the pull request by hand",
    )
