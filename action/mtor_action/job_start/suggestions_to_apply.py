"""`/mtor apply`: which suggestions of a pull request of mtor's it means, and whether all of them may be applied.

| written                | takes                                                                          |
| ---------------------- | ------------------------------------------------------------------------------ |
| in a thread            | its own suggestion, else those of the thread                                   |
| as a review            | those of the review                                                            |
| in the conversation    | all of the pull request, but for those whose lines changed since: named, left  |

All or none: one that is an outsider's, was edited after the command, or is not about the lines as they are now stops
the rest, and every reason is given at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.access.accounts import Sender, account_of
from mtor_action.access.decision import is_trusted
from mtor_action.errors import CommandError
from mtor_action.github.payloads import read_time
from mtor_action.github.sources.review_suggestions import Suggestion, suggestion_in, thread_of
from mtor_action.github.sources.spec_source import are_unchanged
from mtor_action.github.sources.suggestion_source import pin_of, placed_at
from mtor_action.github.texts.pins import Pin, is_text
from mtor_action.job_start.own_pull import OwnPull, own_pull
from mtor_action.neutral import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

# A review and its remarks are submitted in one go, and GitHub's clocks need not agree to the second.
_SUBMITTING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ReviewPlace:
    """Where a command was written: in a thread (`remark`), as a `review`, or as a `comment` (their ids, 0: not).

    `at` is in seconds since the epoch by GitHub's clock, 0.0: unknown.
    """

    number: int
    at: float
    review: int = 0
    remark: int = 0
    comment: int = 0

    def precedes(self, remark: Answer) -> bool:
        """Return whether a remark came after the command, and is not where that was written."""
        is_own = remark.number("id") == self.remark or (
            self.review > 0 and remark.number("pull_request_review_id") == self.review
        )
        return not is_own and 0.0 < self.at < read_time(remark, "created_at")


@dataclass(frozen=True, slots=True)
class Rules:
    """Who counts: `is_ours` says of an account's id and login whether mtor publishes with it.

    `made_from(issue, jobs)` returns the texts of the issue's job that made the pull request, by its name, if known.
    """

    is_ours: Callable[[int, str], bool]
    listed_bots: Collection[int]
    made_from: Callable[[int, frozenset[str]], Sequence[Pin]]


@dataclass(frozen=True, slots=True)
class ChosenTexts:
    """The pins of what is to be applied, and a sentence for each suggestion that was left out."""

    pins: tuple[Pin, ...]
    left_out: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """Return a sentence (Markdown) about what was left out, "" for nothing."""
        return f"Left out: {sentence('; '.join(self.left_out), 1_000)}." if self.left_out else ""


def choose(client: Client, place: ReviewPlace, rules: Rules) -> ChosenTexts:
    """Return what is to be applied. Raises CommandError with every reason why nothing is, GitHubError."""
    pull = own_pull(client, place.number, rules.is_ours, "`/mtor apply`")
    suggestions = list(_suggestions_meant(client, place))
    left_out: list[str] = []
    if not (place.review or place.remark):
        left_out = [
            f"{suggestion.name}: its lines have changed since" for suggestion in suggestions if _is_outdated(suggestion)
        ]
        suggestions = [suggestion for suggestion in suggestions if not _is_outdated(suggestion)]
    if not suggestions:
        _refuse(left_out or ["there is no suggestion here"])
    faults = [
        f"{suggestion.name}: {why}" for suggestion in suggestions for why in _faults(client, place, rules, suggestion)
    ]
    sound = [suggestion for suggestion in suggestions if suggestion.now and not suggestion.fault]
    placed, out_of_place = placed_at(client, sound, pull.head)
    faults += out_of_place
    moved = [placing.suggestion for placing in placed if placing.suggestion.now != placing.span]
    faults += [
        f"{suggestion.name}: GitHub shows it on other lines than those it was written for" for suggestion in moved
    ]
    if faults:
        _refuse(list(dict.fromkeys(faults)))
    pins = [pin_of(suggestion, pull.head) for suggestion in suggestions]
    return ChosenTexts((*pins, *made_from(client, pull, rules)), tuple(left_out))


def made_from(client: Client, pull: OwnPull, rules: Rules) -> tuple[Pin, ...]:
    """Return the texts that the pull request was made from, () if they are not known or not the same any more."""
    texts = rules.made_from(pull.issue, pull.jobs) if pull.issue else ()
    pins = tuple(pin._replace(of=pull.issue) for pin in texts)
    return pins if is_text(texts) and are_unchanged(client, pins) else ()


def _refuse(reasons: Sequence[str]) -> None:
    hint = "correct that, or suggest it again on the lines as they are now, then write `/mtor apply` again"
    raise CommandError(f"nothing was applied: {'; '.join(reasons)}", hint)


def _suggestions_meant(client: Client, place: ReviewPlace) -> Iterator[Suggestion]:
    comments = list(client.pages(f"pulls/{place.number}/comments"))
    own = next((comment for comment in comments if comment.number("id") == place.remark), None)
    if place.review:
        addressed = [comment for comment in comments if comment.number("pull_request_review_id") == place.review]
    elif own is not None and suggestion_in(own):
        addressed = [own]
    elif place.remark:
        addressed = [comment for comment in comments if own is not None and thread_of(comment) == thread_of(own)]
    else:
        addressed = comments
    for comment in addressed:
        suggestion = suggestion_in(comment)
        if suggestion and not place.precedes(comment):
            yield suggestion


def _is_outdated(suggestion: Suggestion) -> bool:
    return suggestion.now is None and not suggestion.fault


def _faults(client: Client, place: ReviewPlace, rules: Rules, suggestion: Suggestion) -> Iterator[str]:
    """Return every reason that is in the suggestion itself."""
    if suggestion.fault:
        yield suggestion.fault
    elif suggestion.now is None:
        yield "its lines have changed since it was written"
    author = suggestion.author
    if not is_trusted(account_of(client, Sender(author.id, author.login, author.type)), rules.listed_bots):
        yield f"{author.name} cannot write to this repository"
    if _is_edited_later(place, suggestion):
        yield "it was edited after this was asked for"


def _is_edited_later(place: ReviewPlace, suggestion: Suggestion) -> bool:
    """Whether what was asked for may not be what it says now; GitHub's times are whole seconds."""
    if suggestion.updated == suggestion.posted or not place.at:
        return False
    if suggestion.id == place.remark or (place.review and suggestion.review == place.review):
        return suggestion.updated > place.at + _SUBMITTING_SECONDS
    return suggestion.updated >= place.at
