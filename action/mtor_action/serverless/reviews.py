"""A review, or a remark of one, as GitHub has it: a command in its first line, or a lesson for later runs.

https://docs.github.com/rest/pulls/reviews · https://docs.github.com/rest/pulls/comments
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.access.accounts import read_sender
from mtor_action.access.command import read_command
from mtor_action.access.decision import AccessVerdict
from mtor_action.github.branches import taught_notes
from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.issues.comments import own_id
from mtor_action.github.payloads import read_time
from mtor_action.github.pulls.pulls import same_repository
from mtor_action.serverless.event_reading import CommandWritten
from mtor_action.serverless.written_text import TextKind, WrittenText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client
    from mtor_action.serverless.event_run import EventRun


def read_review(client: Client, number: int, text: WrittenText) -> CommandWritten | None:
    """Return it as GitHub has it now, None if it is gone or not this pull request's. Raises GitHubError."""
    is_review = text.kind is TextKind.REVIEW
    answer = client.find(f"pulls/{number}/reviews/{text.id}" if is_review else f"pulls/comments/{text.id}")
    if answer is None or not answer.text("pull_request_url").endswith(f"/pulls/{number}"):
        return None
    return _written(answer, number, text)


def _written(answer: Answer, number: int, text: WrittenText) -> CommandWritten:
    return CommandWritten(
        number,
        read_sender(answer.at("user")),
        text,
        answer.text("body"),
        read_time(answer, "submitted_at", "created_at"),
        path=answer.text("path"),
        url=answer.text("html_url"),
    )


def propose_notes(run: EventRun, review: CommandWritten) -> str:
    """Propose a writer's review of mtor's own pull request, with its remarks, as notes. Raises MtorError."""
    client, number = run.client, review.number
    pull = client.call("GET", f"pulls/{number}")
    is_ours = same_repository(pull) and pull.text("head", "ref").startswith(OUR_BRANCHES)
    if not (is_ours and run.is_publisher(pull.text("user", "login"))):
        return f"nothing to do: #{number} is not a pull request of mtor's"
    own_id(client)
    _actor, decided = run.judge(review.sender)
    if decided.verdict is not AccessVerdict.DO:
        return f"nothing to do: {decided.reason}"
    remarks = [review, *_remarks(client, review)]
    for remark in remarks:
        paths = (remark.path,) if remark.path else ()
        if remark.body.strip():
            taught_notes.propose(client, taught_notes.ReviewRemark(remark.body, remark.sender.login, remark.url, paths))
    return f"proposed what the review {review.text.id} of #{number} says"


def _remarks(client: Client, review: CommandWritten) -> Iterator[CommandWritten]:
    """Return the remarks of a review, without commands, which have runs of their own."""
    if review.text.kind is not TextKind.REVIEW:
        return
    for answer in client.pages(f"pulls/{review.number}/reviews/{review.text.id}/comments"):
        if read_command(answer.text("body")) is None:
            yield _written(answer, review.number, WrittenText(TextKind.REMARK, answer.number("id")))
