"""Work that was cancelled before its event run began: event runs start in any order, and some wait for a runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.access.accounts import read_sender
from mtor_action.access.command import Verb, read_command
from mtor_action.access.decision import AccessVerdict
from mtor_action.github.payloads import read_time, stamp_of

if TYPE_CHECKING:
    from mtor_action.serverless.event_run import EventRun


def cancelled_since(run: EventRun, number: int, asked_at: float, closed_at: float = 0.0) -> str:
    """Return how what was asked for at `asked_at` was cancelled since, such as "cancelled by ada", else "".

    Both are in seconds since the epoch by GitHub's clock; `asked_at` 0.0: unknown, then it never was; `closed_at` 0.0:
    it is open. Raises GitHubError.
    """
    if not asked_at:
        return ""
    if closed_at > asked_at:
        return "closed before it started"
    for comment in run.client.pages(f"issues/{number}/comments", params={"since": stamp_of(asked_at)}):
        command = read_command(comment.text("body"))
        is_cancel = command is not None and command.verb is Verb.CANCEL and read_time(comment, "created_at") > asked_at
        if is_cancel and run.judge(read_sender(comment.at("user")))[1].verdict is AccessVerdict.DO:
            return f"cancelled by {comment.text('user', 'login')}"
    return ""
