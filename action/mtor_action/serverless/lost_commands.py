"""Commands in comments whose own event run was lost: found by a later event run, which has a runner anyway.

A comment that was answered has mtor's reaction or its answer, or a run was started after it. One that was edited since
is left alone: what it said at first is not known. https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.access.accounts import read_sender
from mtor_action.access.command import Verb, read_command
from mtor_action.access.decision import AccessVerdict
from mtor_action.github.issues.comments import marker, own_id
from mtor_action.github.payloads import read_time, stamp_of
from mtor_action.serverless.event_reading import CommandWritten
from mtor_action.serverless.lost_labels import LATE_SECONDS, MOST_CAUGHT_UP
from mtor_action.serverless.written_text import TextKind, WrittenText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.serverless.event_run import EventRun

# An older command is refused, whenever its event comes.
OLDEST_SECONDS = 24 * 3600.0
_MOST_COMMENTS = 100  # the newest ones: one page
_MOST_ASKED = 20  # writers' comments about which GitHub is asked more
_START_RUNS = frozenset({Verb.RUN, Verb.RETRY, Verb.APPLY, Verb.FIX, Verb.PLAN})


def lost_commands(run: EventRun, answered: int) -> Iterator[CommandWritten]:
    """Yield commands of writers that nothing was done about, the oldest first, but the comment `answered`.

    Raises GitHubError.
    """
    looked_at = caught_up = 0
    for event in filter(None, map(_read, _candidates(run.client, answered))):
        if looked_at == _MOST_ASKED or caught_up == MOST_CAUGHT_UP:
            return
        if run.judge(event.sender)[1].verdict is not AccessVerdict.DO:
            continue
        looked_at += 1
        if not _has_run_since(run, event) and not is_answered(run, event):
            caught_up += 1
            yield event


def _candidates(client: Client, answered: int) -> list[Answer]:
    """Return the comments of a day that begin with a command, but those that an event run may still be about."""
    now = client.clock.wall()
    since = stamp_of(now - OLDEST_SECONDS)
    parameters: dict[str, str | int] = {
        "sort": "created",
        "direction": "desc",
        "per_page": _MOST_COMMENTS,
        "since": since,
    }
    listed = client.call("GET", "issues/comments", params=parameters).items()
    return [
        comment
        for comment in sorted(listed, key=lambda comment: comment.number("id"))
        if now - OLDEST_SECONDS < read_time(comment, "created_at") < now - LATE_SECONDS
        and comment.text("updated_at") == comment.text("created_at")
        and comment.number("id") != answered
        and read_command(comment.text("body")) is not None
    ]


def _read(comment: Answer) -> CommandWritten | None:
    number = comment.text("issue_url").rpartition("/")[2]
    if not number.isascii() or not number.isdigit() or comment.number("id") <= 0:
        return None
    text = WrittenText(TextKind.COMMENT, comment.number("id"))
    at = read_time(comment, "created_at")
    return CommandWritten(int(number), read_sender(comment.at("user")), text, comment.text("body"), at)


def is_answered(run: EventRun, event: CommandWritten) -> bool:
    """Return whether the comment has mtor's reaction or its answer. Raises GitHubError."""
    mine = own_id(run.client)
    reactions = run.client.pages(event.text.reactions, most=1)
    if any(each.number("user", "id") == mine or each.text("user", "type") == "Bot" for each in reactions):
        return True
    answer = marker("answer", f"{event.text.kind}-{event.text.id}")
    later = run.client.pages(f"issues/{event.number}/comments", params={"since": stamp_of(event.at)})
    return any(each.text("body").startswith(answer) and each.text("user", "type") == "Bot" for each in later)


def _has_run_since(run: EventRun, event: CommandWritten) -> bool:
    """Whether a run was started since then: its own event run did not live to react, or somebody asked again."""
    command = read_command(event.body)
    if command is None or command.verb not in _START_RUNS:
        return False
    return run.has_started_since(event.number, event.at, plans=command.verb is Verb.PLAN)
