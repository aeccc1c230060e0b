"""`/mtor fix`: whose words of a review of mtor's pull request go to the implementer, and whether it may try again.

| written                | takes                                                             |
| ---------------------- | ----------------------------------------------------------------- |
| in a thread            | what was said in the thread, with the command's own words         |
| as a review            | the review and its remarks                                        |
| in the conversation    | the command's own words, else the remarks on lines as they are now |

Only words of people who can write, and of bots that are listed, are handed on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.access.accounts import Sender, account_of
from mtor_action.access.decision import is_trusted
from mtor_action.errors import CommandError
from mtor_action.github.sources.review_suggestions import thread_of
from mtor_action.github.sources.review_words import COMMENT, REMARK, REVIEW, ReviewWords, pin_of_words, words_in
from mtor_action.job_start.own_pull import own_pull
from mtor_action.job_start.suggestions_to_apply import ChosenTexts, ReviewPlace, Rules, made_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.client import Client

MOST_ROUNDS = 2
MOST_TEXTS = 40


def choose_words(client: Client, place: ReviewPlace, rules: Rules, rounds: int) -> ChosenTexts:
    """Return what the implementer is to do; `rounds` is how often it was asked on this pull request before.

    Raises CommandError with the reason why nothing is done, GitHubError.
    """
    pull = own_pull(client, place.number, rules.is_ours, "`/mtor fix`")
    refuse_third_round(rounds)
    texts = [text for text in _words_meant(client, place) if text.words]
    counted = [text for text in texts if _counts(client, rules, text)]
    unheard = [text.author.name for text in texts if text not in counted]
    left_out = dict.fromkeys(f"the words of {name}, who cannot write here" for name in unheard)
    if not counted:
        why = f"; left out: {'; '.join(left_out)}" if left_out else ""
        raise CommandError(f"there is nothing to do here{why}", "write what should change behind or below `/mtor fix`")
    pins = [pin_of_words(text, pull.head) for text in counted[:MOST_TEXTS]]
    return ChosenTexts((*pins, *made_from(client, pull, rules)), tuple(left_out))


def refuse_third_round(rounds: int) -> None:
    """Raise CommandError if the implementer was asked so often on a pull request that a person is needed."""
    if rounds >= MOST_ROUNDS:
        raise CommandError(
            f"the implementer has had its {MOST_ROUNDS} rounds on this pull request: a person is needed",
            "change it by hand, or write a spec: `/mtor run` with manifest blocks below it",
        )


def _counts(client: Client, rules: Rules, text: ReviewWords) -> bool:
    sender = Sender(text.author.id, text.author.login, text.author.type)
    return is_trusted(account_of(client, sender), rules.listed_bots)


def _words_meant(client: Client, place: ReviewPlace) -> Iterator[ReviewWords]:
    if place.comment:
        own = words_in(client.call("GET", f"issues/comments/{place.comment}"), COMMENT)
        if own.words:
            yield own
            return
    remarks = [comment for comment in client.pages(f"pulls/{place.number}/comments") if not place.precedes(comment)]
    if place.review:
        yield words_in(client.call("GET", f"pulls/{place.number}/reviews/{place.review}"), REVIEW)
        addressed = [comment for comment in remarks if comment.number("pull_request_review_id") == place.review]
    elif place.remark:
        threads = {thread_of(comment) for comment in remarks if comment.number("id") == place.remark}
        addressed = [comment for comment in remarks if thread_of(comment) in threads]
    else:
        addressed = [comment for comment in remarks if comment.number("line")]
    for remark in addressed:
        yield words_in(remark, REMARK)
