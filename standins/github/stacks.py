"""Stacks of pull requests, a preview: https://docs.github.com/rest/pulls/stacks, in API version 2026-03-10 alone.

A repository has them where `has_stacks` is set; elsewhere every address of them is not found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from standins.github.call import Answer, Call, Refusal, not_found, route
from standins.github.clock import stamp, stamp_or_none
from standins.github.people import Json, node_id, simple_user

if TYPE_CHECKING:
    from datetime import datetime

    from standins.github.pulls import Pull
    from standins.github.repositories import Repository

STACKS = "/repos/{owner}/{repo}/stacks"
VERSION = "2026-03-10"


@dataclass(slots=True)
class Stack:
    """Pull requests from bottom to top."""

    repository: Repository
    number: int
    created_at: datetime
    pulls: list[Pull] = field(default_factory=list)

    def json(self, *, full: bool = True) -> Json:
        """OpenAPI's `pull-request-stack`, or `pull-request-stack-minimal` as in lists."""
        identity = self.repository.id * 1000 + self.number
        return {
            "id": identity,
            "number": self.number,
            "node_id": node_id("PRS", identity),
            "url": self.repository.api(f"/stacks/{self.number}"),
            "base": {"ref": self.pulls[0].base_ref},
            "open": any(pull.issue.state == "open" for pull in self.pulls),
            "created_at": stamp(self.created_at),
            "pull_requests": [_of_stack(pull) if full else _minimal(pull) for pull in self.pulls],
        }


def _minimal(pull: Pull) -> Json:
    return {
        "number": pull.number,
        "state": pull.issue.state,
        "draft": pull.draft,
        "merged_at": stamp_or_none(pull.merged_at),
        "head": {"ref": pull.head_ref, "sha": pull.head_sha},
    }


def _of_stack(pull: Pull) -> Json:
    issue = pull.issue
    more = {"node_id": node_id("PR", issue.id), "title": issue.title, "html_url": pull.links()["html_url"]}
    return {**pull.minimal(), **more, **_minimal(pull), "head": pull.minimal()["head"], "user": _user(pull)}


def _user(pull: Pull) -> Json:
    return simple_user(pull.repository.world, pull.issue.user)


def _stacks(call: Call) -> list[Stack]:
    if not call.repository.has_stacks or call.headers.get("x-github-api-version") != VERSION:
        raise not_found()
    return call.repository.stacks


@route("GET", STACKS, needs="pull_requests:read")
def index(call: Call) -> Answer:
    stacks = _stacks(call)
    if number := call.number("pull_request", 0):
        stacks = [stack for stack in stacks if number in [pull.number for pull in stack.pulls]]
    return call.list([stack.json(full=False) for stack in stacks])


@route("POST", STACKS, needs="pull_requests:write", role="write")
def create(call: Call) -> Answer:
    stacks, pulls = _stacks(call), _asked(call, least=2)
    _check_bases(pulls)
    stack = Stack(call.repository, len(stacks) + 1, call.world.clock.now(), pulls)
    stacks.append(stack)
    return Answer(201, stack.json())


@route("POST", f"{STACKS}/{{stack}}/add", needs="pull_requests:write", role="write")
def add(call: Call) -> Answer:
    stack = next((each for each in _stacks(call) if str(each.number) == call.parameters["stack"]), None)
    if stack is None:
        raise not_found()
    pulls = _asked(call, least=1)
    top = [pull for pull in stack.pulls if pull.issue.state == "open"][-1:]
    _check_bases([*top, *pulls])
    stack.pulls += pulls
    return Answer(200, stack.json())


def _asked(call: Call, *, least: int) -> list[Pull]:
    """The pull requests of the body, which are open and in no stack."""
    numbers = call.body.get("pull_requests")
    if not isinstance(numbers, list) or not least <= len(numbers) <= 100:
        raise _refusal(f"pull_requests must have {least} to 100 items")
    of_issues = [issue.pull for number in numbers if (issue := call.repository.issues.get(number))]
    pulls = [pull for pull in of_issues if pull and pull.issue.state == "open" and pull.head is call.repository]
    if len(pulls) < len(numbers):
        raise _refusal("Pull requests must be open and from this repository")
    taken = [pull.number for stack in call.repository.stacks for pull in stack.pulls]
    if any(pull.number in taken for pull in pulls):
        raise _refusal("A pull request is in a stack already")
    return pulls


def _check_bases(pulls: list[Pull]) -> None:
    if any(upper.base_ref != lower.head_ref for lower, upper in pairwise(pulls)):
        raise _refusal("Each pull request's base ref must match the previous pull request's head ref")


def _refusal(message: str) -> Refusal:
    error = {"resource": "PullRequestStack", "field": "pull_requests", "code": "custom", "message": message}
    return Refusal(422, "Validation Failed", errors=[error])
