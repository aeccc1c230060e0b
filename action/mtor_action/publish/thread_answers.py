"""Answer in each thread whose suggestion a job applied, or could not: with the commit, or why nothing was pushed.

If a suggestion was applied exactly, mtor resolves its thread, as GitHub's own button does. Whether the implementer did
what words asked for is for the reviewer to judge, and a rule may require resolved conversations: such a thread stays
open.

https://docs.github.com/rest/pulls/comments#create-a-reply-for-a-review-comment
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.github.failures import GitHubError
from mtor_action.github.issues.comments import marker, own_id
from mtor_action.github.pulls.review_threads import resolve_threads
from mtor_action.github.sources.review_suggestions import thread_of
from mtor_action.github.sources.review_words import REMARK
from mtor_action.github.texts.pins import SUGGESTION, WORDS
from mtor_action.neutral import prose, sentence
from mtor_action.report import wording

if TYPE_CHECKING:
    from mtor_action.github.client import Client
    from mtor_action.publish.inputs import Order
    from mtor_action.publish.pushed_work import PushedWork


def answer_threads(client: Client, order: Order, work: PushedWork) -> list[str]:
    """Answer once in every thread that the order's pins name; the warnings. Never raises GitHubError."""
    ids = {pin.id for pin in order.pins if pin.kind in (SUGGESTION, REMARK)}
    if not ids:
        return []
    try:
        firsts = _answer(client, order, ids, f"{marker('applied', order.name)}\n{_words(order, work)}")
    except GitHubError as error:
        return [f"the threads of the review have no answer: {error.message}"]
    if _is_pushed(work) and not _is_wish(order):
        resolve_threads(client, order.number, firsts)
    return []


def _is_wish(order: Order) -> bool:
    return any(pin.kind in WORDS for pin in order.pins)


def _is_pushed(work: PushedWork) -> bool:
    return bool(work.head and work.problem is None and work.pull)


def _answer(client: Client, order: Order, ids: set[int], body: str) -> set[str]:
    """Answer in the threads; the node ids of the comments that these begin with."""
    comments, mine = list(client.pages(f"pulls/{order.number}/comments")), own_id(client)
    threads = dict.fromkeys(thread_of(comment) for comment in comments if comment.number("id") in ids)
    first_line = body.partition("\n")[0]
    for thread in threads:
        replies = [comment for comment in comments if comment.number("in_reply_to_id") == thread]
        answered = [
            comment
            for comment in replies
            if comment.number("user", "id") == mine and comment.text("body").startswith(first_line)
        ]
        if not answered:
            client.call("POST", f"pulls/{order.number}/comments/{thread}/replies", {"body": body})
    return {comment.text("node_id") for comment in comments if comment.number("id") in threads}


def _words(order: Order, work: PushedWork) -> str:
    run = f"[the run](<{order.run_url}>)"
    is_wish = _is_wish(order)
    if _is_pushed(work) and is_wish:
        cost = prose(wording.cost(work.report), 200)
        return f"Done in {work.report.head} by the implementer: its tests are green. {cost} · {run}"
    if _is_pushed(work):
        # GitHub links a full commit id by itself.
        tests = "untested" if work.report.untested else "its tests are green"
        return f"Applied in {work.report.head}, exactly as suggested: {tests}. **0 tokens** · {run}"
    why = work.problem.reason if work.problem else wording.headline(work.report)
    what = "Not done" if is_wish else "Not applied"
    return f"{what}, and nothing was pushed: {sentence(why, 600)}. The whole report is in the conversation · {run}"
