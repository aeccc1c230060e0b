"""Labels whose own event run was lost: found by the next label's, which has a runner anyway.

No `schedule` looks for them: in a public repository GitHub disables a workflow file that has one after 60 days without
activity, the whole file, and nobody is asked.
https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.access.accounts import read_sender
from mtor_action.access.decision import AccessVerdict
from mtor_action.github.issues.comments import marker, own_id
from mtor_action.github.issues.label_events import newest_label_event
from mtor_action.github.payloads import read_time
from mtor_action.on_issues.state_labels import take_off
from mtor_action.serverless.event_reading import LabelSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.client import Client
    from mtor_action.serverless.event_run import EventRun

# An event run waits for a runner, and lasts no longer than its ten minutes.
LATE_SECONDS = 1_800.0
MOST_CAUGHT_UP = 5
_MOST_ASKED = 30
# To a label, whose answer names the event run: `/mtor status` may have been answered since.
_ANSWER = marker("answer", "event-").removesuffix(" -->")


def lost_labels(run: EventRun, answered: int) -> Iterator[LabelSet]:
    """Yield labels that nothing was done about, those of the oldest issues first, but `answered`'s.

    Those that something was done about are taken off. A label of somebody who gets no answer, such as a bot, stays, and
    hides none behind it. Somebody else's text may have been edited since: then its plan is shown, as always.
    Raises GitHubError.
    """
    label, caught_up = run.inputs.trigger_label, 0
    for number in sorted(_labelled(run.client, label) - {answered}):
        if caught_up == MOST_CAUGHT_UP:
            return
        event = newest_label_event(run.client, number, label)
        at = read_time(event, "created_at") if event else 0.0
        if event is None or not 0.0 < at < run.client.clock.wall() - LATE_SECONDS:
            continue
        sender = read_sender(event.at("actor"))
        if run.judge(sender)[1].verdict is AccessVerdict.IGNORE:
            continue
        if _is_answered(run, number, at):
            take_off(run.client, number, label)
        else:
            caught_up += 1
            yield LabelSet(number, sender, None, at)


def _labelled(client: Client, label: str) -> set[int]:
    """Return the open issues with the label that changed last, as many as GitHub is asked more about."""
    parameters: dict[str, str | int] = {"labels": label, "state": "open", "sort": "updated", "per_page": _MOST_ASKED}
    return {issue.number("number") for issue in client.call("GET", "issues", params=parameters).items()}


def _is_answered(run: EventRun, number: int, at: float) -> bool:
    """Whether a job was started, or an answer posted, since then."""
    if run.has_started_since(number, at):
        return True
    mine = own_id(run.client)
    return any(
        comment.number("user", "id") == mine
        and comment.text("body").startswith(_ANSWER)
        and read_time(comment, "created_at") >= at
        for comment in run.client.pages(f"issues/{number}/comments")
    )
