"""GitHub's own stacks, a preview: pull requests of one repository from bottom to top, each based on the one below.

Where GitHub does not have them (404, 403, 422), a pull request is stacked by its base alone, as every one of mtor's is.
https://docs.github.com/rest/pulls/stacks
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.github.branches.repositories import OUR_BRANCHES
from mtor_action.github.failures import GitHubError, RequestFailureKind
from mtor_action.github.pulls.pulls import pull_from

if TYPE_CHECKING:
    from mtor_action.github.answers import Answer
    from mtor_action.github.client import Client

JOINED = f"{OUR_BRANCHES}start-"  # the results of several: a stack is linear
MOST_IN_STACK = 100
_OFF = (
    RequestFailureKind.NOT_FOUND,
    RequestFailureKind.GONE,
    RequestFailureKind.FORBIDDEN,
    RequestFailureKind.MISSING_PERMISSION,
    RequestFailureKind.INVALID,
    RequestFailureKind.GARBAGE,
)


@dataclass(frozen=True, slots=True)
class StackedPull:
    """The pull request `below` (0: there is none), and why GitHub has no stack of the two ("": it has).

    `is_bottom`: the one below is not stacked itself, so that its chain begins here.
    """

    below: int = 0
    problem: str = ""
    is_off: bool = False  # GitHub has no stacks here
    is_bottom: bool = True


def put_on_stack(client: Client, upper: int, base: str) -> StackedPull:
    """Put the open pull request `upper`, which goes into the branch `base`, on top of the one from there.

    Asking again changes nothing. A refusal is a `problem`, never an error.
    """
    if not base.startswith(OUR_BRANCHES) or base.startswith(JOINED):
        return StackedPull()
    below = None
    try:
        below = pull_from(client, base)
        if below is None:
            return StackedPull()
        problem = _stack(client, upper, below)
    except GitHubError as error:
        problem = f"GitHub refused: {error.words or error.message}"
        number = below.number("number") if below else 0
        return StackedPull(number, problem, is_off=error.kind in _OFF, is_bottom=not _is_stacked(below))
    return StackedPull(below.number("number"), problem, is_bottom=not _is_stacked(below))


def _is_stacked(pull: Answer | None) -> bool:
    return pull is not None and pull.text("base", "ref").startswith(OUR_BRANCHES)


def _stack(client: Client, upper: int, below: Answer) -> str:
    """Add what is not in the stack yet, or make one of the whole chain; return why that is not possible, ""."""
    new, pull = [upper], below
    while len(new) < MOST_IN_STACK:
        number = pull.number("number")
        stack = _stack_of(client, number)
        if stack is not None:
            return _added(client, stack, number, new)
        new.insert(0, number)
        base = pull.text("base", "ref")
        lower = pull_from(client, base) if _is_stacked(pull) and not base.startswith(JOINED) else None
        if lower is None:
            client.call_newest("POST", "stacks", {"pull_requests": new})
            return ""
        pull = lower
    return f"a stack has at most {MOST_IN_STACK} pull requests"


def _added(client: Client, stack: Answer, below: int, new: list[int]) -> str:
    numbers = [pull.number("number") for pull in stack.items("pull_requests") if pull.text("state") == "open"]
    if new[-1] in numbers:
        return ""
    if numbers[-1:] != [below]:
        return f"GitHub's stack of #{below} goes on with #{numbers[numbers.index(below) + 1]}, and a stack is linear"
    client.call_newest("POST", f"stacks/{stack.number('number')}/add", {"pull_requests": new})
    return ""


def _stack_of(client: Client, number: int) -> Answer | None:
    stacks = client.call_newest("GET", "stacks", params={"pull_request": number}).items()
    return next((stack for stack in stacks if _holds(stack, number)), None)


def _holds(stack: Answer, number: int) -> bool:
    """Return whether the open pull request is in it; other answers to the query are not relied on."""
    return any(
        pull.number("number") == number and pull.text("state") == "open" for pull in stack.items("pull_requests")
    )
