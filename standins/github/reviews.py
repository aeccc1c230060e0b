"""Reviews of pull requests, and comments on their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standins.github.call import Answer, Call, Refusal, invalid, not_found, route
from standins.github.clock import stamp
from standins.github.issues import association
from standins.github.people import Json, as_typed, node_id, simple_user
from standins.github.pull_calls import NOT_PERMITTED, PULLS
from standins.github.reactions import Reactions, rollup
from standins.github.tokens import of_actions

if TYPE_CHECKING:
    from datetime import datetime

    from standins.github.people import Actor, User
    from standins.github.pulls import Pull

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


@dataclass(slots=True)
class Review:
    """One review; `state` as the API writes it, in capitals."""

    pull: Pull
    id: int
    user: User
    body: str
    state: str
    commit: str
    submitted_at: datetime

    def json(self) -> Json:
        """OpenAPI's `pull-request-review`."""
        page = f"{self.pull.issue.html_url}#pullrequestreview-{self.id}"
        return {
            "id": self.id,
            "node_id": node_id("PRR", self.id),
            "user": simple_user(self.pull.repository.world, self.user),
            "body": self.body,
            "state": self.state,
            "html_url": page,
            "pull_request_url": self.pull.url,
            "author_association": association(self.pull.repository, self.user),
            "_links": {"html": {"href": page}, "pull_request": {"href": self.pull.url}},
            "submitted_at": stamp(self.submitted_at),
            "commit_id": self.commit,
        }


@dataclass(slots=True)
class ReviewComment:
    """One comment on a line of a file."""

    pull: Pull
    id: int
    review: Review | None
    user: User
    body: str
    path: str
    line: int | None
    commit: str
    created_at: datetime
    reply_to: int | None = None
    start_line: int | None = None
    side: str = "RIGHT"
    edited_at: datetime | None = None
    reactions: Reactions = field(default_factory=Reactions)

    def edit(self, body: str, by: str | Actor = "alice") -> None:
        """Change the text."""
        world = self.pull.repository.world
        with world.lock:
            self.body, self.edited_at = as_typed(body, by), world.clock.now()

    def now(self) -> list[int] | None:
        """The first and last line at the branch's end; None once one of them changed: then it is outdated."""
        if self.line is None:
            return None
        span, git = [self.start_line or self.line, self.line], self.pull.repository.git
        if self.side == "LEFT" or self.commit == self.pull.head_sha:
            return span
        hunks = git.lines("diff", "-U0", "--no-renames", self.commit, self.pull.head_sha, "--", self.path)
        shift = 0
        for start, old, new in (_HUNK.match(line).groups() for line in hunks if line.startswith("@@")):  # type: ignore[union-attr]
            first, length, now = int(start), int(old or 1), int(new or 1)
            if first > span[1]:
                break
            if first + length > span[0] and (length or first < span[1]) and (length or first >= span[0]):
                return None
            shift += now - length
        return [number + shift for number in span]

    def json(self) -> Json:
        """OpenAPI's `pull-request-review-comment`."""
        repository = self.pull.repository
        url = repository.api(f"/pulls/comments/{self.id}")
        page, now = f"{self.pull.issue.html_url}#discussion_r{self.id}", self.now()
        shown: Json = {
            "url": url,
            "pull_request_review_id": self.review.id if self.review else None,
            "id": self.id,
            "node_id": node_id("PRRC", self.id),
            "diff_hunk": "@@ -1 +1 @@",
            "path": self.path,
            "commit_id": self.pull.head_sha if now else self.commit,
            "original_commit_id": self.commit,
            "user": simple_user(repository.world, self.user),
            "body": self.body,
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.edited_at or self.created_at),
            "html_url": page,
            "pull_request_url": self.pull.url,
            "author_association": association(repository, self.user),
            "_links": {
                name: {"href": at} for name, at in (("self", url), ("html", page), ("pull_request", self.pull.url))
            },
            "reactions": rollup(self.reactions, f"{url}/reactions"),
            "start_line": now[0] if now and self.start_line else None,
            "original_start_line": self.start_line,
            "start_side": self.side if self.start_line else None,
            "side": self.side,
            "subject_type": "line" if self.line else "file",
        }
        if self.line:
            shown |= {
                **({"line": now[1], "position": now[1]} if now else {}),  # null there, which its description leaves out
                "original_line": self.line,
                "original_position": self.line,
            }
        return shown | ({"in_reply_to_id": self.reply_to} if self.reply_to else {})


def submit(pull: Pull, body: str, state: str, by: Actor) -> Review:
    """Submit a review; `state` is APPROVED, CHANGES_REQUESTED or COMMENTED."""
    world = pull.repository.world
    made = Review(pull, world.next_id("review"), by.user, body, state, pull.head_sha, world.clock.now())
    pull.reviews.append(made)
    pull.issue.updated_at = made.submitted_at
    pull.requested = [user for user in pull.requested if user is not by.user]
    # Payloads write the state in small letters, unlike the API.
    shown = {**made.json(), "state": state.lower()}
    _tell(pull, "pull_request_review", "submitted", by, review=shown, pull_request=pull.json(full=False))
    return made


def _tell(pull: Pull, event: str, action: str, by: Actor, **parts: object) -> None:
    """Send the event, and start the workflows of the merge commit that listen to it."""
    from standins.github.workflows import start_on_merge

    pull.repository.emit(event, action, by, **parts)
    start_on_merge(pull, event, action, by, parts)


def remark(
    pull: Pull, body: str, at: tuple[str, int | None], by: Actor, *, review: Review | None = None, **more: Any
) -> ReviewComment:
    """Comment on a line (None: the file); `more`: `start_line`, `side`, `reply_to`."""
    world = pull.repository.world
    path, line = at
    number, now = world.next_id("review_comment"), world.clock.now()
    made = ReviewComment(pull, number, review, by.user, body, path, line, pull.head_sha, now, **more)
    pull.comments.append(made)
    pull.issue.updated_at = now
    parts = {"comment": made.json(), "pull_request": pull.json(full=False)}
    _tell(pull, "pull_request_review_comment", "created", by, **parts)
    return made


def review_comment_of(call: Call) -> ReviewComment:
    number = int(call.parameters["comment"])
    for issue in call.repository.issues.values():
        for each in issue.pull.comments if issue.pull else ():
            if each.id == number:
                return each
    raise not_found()


def _review_of(call: Call) -> Review:
    for each in call.pull.reviews:
        if each.id == int(call.parameters["review"]):
            return each
    raise not_found()


@route("GET", f"{PULLS}/{{number}}/reviews", needs="pull_requests:read")
def index(call: Call) -> Answer:
    return call.list([each.json() for each in call.pull.reviews])


@route("GET", f"{PULLS}/{{number}}/reviews/{{review}}", needs="pull_requests:read")
def show(call: Call) -> Answer:
    return Answer(200, _review_of(call).json())


@route("GET", f"{PULLS}/{{number}}/reviews/{{review}}/comments", needs="pull_requests:read")
def comments_of_review(call: Call) -> Answer:
    """OpenAPI's `review-comment`, which has positions where the others have a subject type."""
    found = _review_of(call)
    rows = [each.json() for each in call.pull.comments if each.review is found]
    return call.list([{"position": None, "original_position": 1, **row} for row in rows])


@route("POST", f"{PULLS}/{{number}}/reviews", needs="pull_requests:write", role="read")
def create(call: Call) -> Answer:
    pull, event = call.pull, call.body.get("event", "COMMENT")
    if event not in STATES:
        raise invalid("PullRequestReview", "event")
    if event == "APPROVE" and of_actions(call) and not call.repository.actions_may_create_pulls:
        raise Refusal(403, NOT_PERMITTED)
    if event != "COMMENT" and call.actor.user is pull.issue.user:
        raise Refusal(422, "Unprocessable Entity", errors=["Can not approve your own pull request"])
    made = submit(pull, call.text("body", "", resource="PullRequestReview"), STATES[event], call.actor)
    for each in call.body.get("comments", []):
        more = {name: each[name] for name in ("start_line", "side") if name in each}
        place = (each["path"], each.get("line") or each.get("position"))
        remark(pull, each["body"], place, call.actor, review=made, **more)
    return Answer(200, made.json())


@route("GET", f"{PULLS}/{{number}}/comments", needs="pull_requests:read")
def comments(call: Call) -> Answer:
    return call.list([each.json() for each in call.pull.comments])


@route("POST", f"{PULLS}/{{number}}/comments", needs="pull_requests:write", role="read")
def create_comment(call: Call) -> Answer:
    body, text = call.body, call.text("body", resource="PullRequestReviewComment")
    if "in_reply_to" in body:
        parent = next((each for each in call.pull.comments if each.id == body["in_reply_to"]), None)
        if parent is None:
            raise invalid("PullRequestReviewComment", "in_reply_to")
        made = remark(call.pull, text, (parent.path, parent.line), call.actor, review=parent.review, reply_to=parent.id)
        made.commit = parent.commit
    else:
        made = remark(call.pull, text, (str(body.get("path")), body.get("line")), call.actor)
    return Answer(201, made.json())


@route("POST", f"{PULLS}/{{number}}/comments/{{comment}}/replies", needs="pull_requests:write", role="read")
def reply(call: Call) -> Answer:
    parent = review_comment_of(call)
    if parent.reply_to or parent.pull is not call.pull:
        raise not_found()
    text = call.text("body", resource="PullRequestReviewComment")
    made = remark(call.pull, text, (parent.path, parent.line), call.actor, review=parent.review, reply_to=parent.id)
    made.commit = parent.commit
    return Answer(201, made.json())


@route("GET", f"{PULLS}/comments", needs="pull_requests:read")
def all_remarks(call: Call) -> Answer:
    remarks = [each for issue in call.repository.issues.values() if issue.pull for each in issue.pull.comments]
    since = call.query.get("since", "")
    kept = [each for each in remarks if stamp(each.edited_at or each.created_at) >= since]
    kept.sort(key=lambda each: (each.created_at, each.id), reverse=call.query.get("direction") == "desc")
    return call.list([each.json() for each in kept])


@route("GET", f"{PULLS}/comments/{{comment}}", needs="pull_requests:read")
def show_comment(call: Call) -> Answer:
    return Answer(200, review_comment_of(call).json())
