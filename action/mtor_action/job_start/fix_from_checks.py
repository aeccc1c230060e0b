"""`/mtor fix ci`: the logs of which failing checks of mtor's pull request go to the implementer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError
from mtor_action.github.sources.check_logs import FailedCheck, checks_state, read_log
from mtor_action.github.sources.review_words import CHECK, COMMENT, REMARK, REVIEW, ReviewWords, pin_of_words, words_in
from mtor_action.job_start.fix_from_review import choose_words, refuse_third_round
from mtor_action.job_start.own_pull import OwnPull, own_pull
from mtor_action.job_start.suggestions_to_apply import ChosenTexts, ReviewPlace, Rules, made_from
from mtor_action.report.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtor_action.access.command import Command
    from mtor_action.github.client import Client

MOST_LOGS = 5


def choose_fix(client: Client, place: ReviewPlace, rules: Rules, rounds: int, command: Command) -> ChosenTexts:
    """Return what the implementer is to do for `/mtor fix`. Raises CommandError, SpecChanged, GitHubError."""
    if command.asks_for_ci:
        return choose_logs(client, place, rules, rounds)
    return choose_words(client, place, rules, rounds)


def choose_logs(client: Client, place: ReviewPlace, rules: Rules, rounds: int) -> ChosenTexts:
    """Return the logs of what failed, and the command's own words; `rounds` as in choose_words.

    Raises CommandError with the reason why nothing is done, SpecChanged where GitHub has no log, GitHubError.
    """
    pull = own_pull(client, place.number, rules.is_ours, "`/mtor fix ci`")
    refuse_third_round(rounds)
    chosen = logs_of(client, pull, failed_checks(client, pull), rules)
    words = tuple(pin_of_words(text, pull.head) for text in _own_words(client, place) if text.words)
    logs = sum(pin.kind == CHECK for pin in chosen.pins)
    return replace(chosen, pins=(*chosen.pins[:logs], *words, *chosen.pins[logs:]))


def logs_of(client: Client, pull: OwnPull, failed: Sequence[FailedCheck], rules: Rules) -> ChosenTexts:
    """Return these checks' logs, as many as are handed on, with the texts that the pull request was made from.

    Raises SpecChanged where GitHub has no log, GitHubError.
    """
    pins = [read_log(client, check).pin for check in failed[:MOST_LOGS]]
    more = len(failed) - len(pins)
    left_out = (f"the logs of {count(more, 'more failing check')}",) if more else ()
    return ChosenTexts((*pins, *made_from(client, pull, rules)), left_out)


def failed_checks(client: Client, pull: OwnPull) -> tuple[FailedCheck, ...]:
    """Return the checks that failed on the newest commit. Raises CommandError if there are none yet, GitHubError."""
    state = checks_state(client, pull.answer)
    if state.running:
        runs = f"{count(state.running, 'run')} of the newest commit {'has' if state.running == 1 else 'have'}"
        raise CommandError(f"{runs} not ended yet", "write `/mtor fix ci` again when the checks are done")
    failed = tuple(check for check in state.failed if check.commit == pull.head)
    if not failed and state.held:
        raise CommandError("the checks of the newest commit wait for approval", "write `/mtor ci`")
    if not failed:
        message = "no check of the newest commit failed that GitHub Actions keeps a log of"
        raise CommandError(message, "write what should change behind or below `/mtor fix`")
    return failed


def _own_words(client: Client, place: ReviewPlace) -> list[ReviewWords]:
    """Return the text that holds the command: what is below it counts, too."""
    if place.comment:
        return [words_in(client.call("GET", f"issues/comments/{place.comment}"), COMMENT)]
    if place.review:
        return [words_in(client.call("GET", f"pulls/{place.number}/reviews/{place.review}"), REVIEW)]
    return [words_in(client.call("GET", f"pulls/comments/{place.remark}"), REMARK)] if place.remark else []
