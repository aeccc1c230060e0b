"""People without the right to ask: a reaction at most, and few of them an hour. GitHub holds the count.

A comment that got mtor's reaction shows it in GitHub's list of the newest comments; others can add to it, which only
makes mtor quieter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.access.decision import AccessVerdict, Account, AccountKind, Decision
from mtor_action.github.payloads import stamp_of
from mtor_action.on_issues.reactions import NOT_DONE
from mtor_action.on_issues.state_labels import take_off

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.serverless.event_run import EventRun
    from mtor_action.serverless.written_text import WrittenText

OUTSIDERS_AN_HOUR = 20
HOUR_SECONDS = 3600.0
PAGE = 100


def turn_away(
    run: EventRun, number: int, text: WrittenText | None, actor: Account, decided: Decision, *, is_known: bool = True
) -> str:
    """React to somebody without the right to ask, rarely enough, and return why. Raises GitHubError.

    `text` is None for a label. That of a person is taken off; a bot's stays: it might set it again, endlessly.
    """
    is_person = decided.verdict is AccessVerdict.REACT
    is_bot = actor.kind is AccountKind.BOT and actor.id != run.client.own_id
    if is_known and (is_person or is_bot) and _reactions(run.client) < OUTSIDERS_AN_HOUR:
        run.react(number, text, NOT_DONE)
    if text is None and is_person:
        take_off(run.client, number, run.inputs.trigger_label)
    return f"nothing to do: {decided.reason}"


def _reactions(client: Client) -> int:
    """Return how many comments of the last hour have such a reaction, as far as one page tells.

    https://docs.github.com/rest/issues/comments#list-issue-comments-for-a-repository
    """
    since = stamp_of(client.clock.wall() - HOUR_SECONDS)
    parameters: dict[str, str | int] = {"sort": "created", "direction": "desc", "per_page": PAGE, "since": since}
    comments = client.call("GET", "issues/comments", params=parameters).items()
    return sum(comment.number("reactions", NOT_DONE) > 0 for comment in comments)
