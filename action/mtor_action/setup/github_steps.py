"""The steps of `mtor init --github` on GitHub: looked at first, done once, and taken back by `--remove`.

A step that fails stops no other, and the next call goes on where this one stopped: what is there is "already".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mtor_action.errors import MtorError
from mtor_action.github.failures import GitHubError, RequestFailureKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mtor_action.github.client import Client

LABEL = "mtor"
_LABEL_COLOUR = "1d76db"
_LABEL_MEANING = "mtor: apply the spec of this issue and open a pull request"
_REFUSED = {RequestFailureKind.MISSING_PERMISSION, RequestFailureKind.FORBIDDEN, RequestFailureKind.NOT_FOUND}


class StepState(StrEnum):
    """The state of a step; `todo` only in a dry run, or before the step is done."""

    ALREADY = "already"
    TODO = "todo"
    DONE = "done"
    DECLINED = "declined"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step as it is: `text` says what, `requests` what is or would be sent, `next_step` is "" where there is none."""

    name: str
    state: StepState
    text: str
    requests: tuple[str, ...] = ()
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step after the look: `do` makes it so and returns what to say; None where there is nothing to do."""

    result: StepResult
    do: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One step: `look` reads and plans; `right` is the token's needed permission; `decline` is the option."""

    name: str
    look: Callable[[], PlannedStep]
    right: str
    decline: str


def take(steps: Iterable[SetupStep], may: Callable[[PlannedStep], bool], *, dry: bool) -> Iterator[StepResult]:
    """Yield the result of each step. `may` is asked before something is changed; with `dry` nothing is."""
    for step in steps:
        try:
            planned = step.look()
            if planned.do is None or dry:
                yield planned.result
            elif not may(planned):
                yield replace(planned.result, state=StepState.DECLINED, next_step="")
            else:
                yield replace(planned.result, state=StepState.DONE, text=planned.do(), next_step="")
        except MtorError as error:
            yield _failed(step, error)


def declined(step: SetupStep) -> StepResult:
    """Return the result of a step that the command line declines."""
    return StepResult(step.name, StepState.DECLINED, step.decline)


def already(name: str, text: str, next_step: str = "") -> PlannedStep:
    """Return a step that has nothing to do, with its state in words."""
    return PlannedStep(StepResult(name, StepState.ALREADY, text, next_step=next_step))


def todo(name: str, text: str, requests: tuple[str, ...], do: Callable[[], str]) -> PlannedStep:
    """Return a step that `do` carries out by sending `requests`."""
    return PlannedStep(StepResult(name, StepState.TODO, text, requests), do)


def label_step(client: Client) -> SetupStep:
    """Return the step that makes the label which starts jobs.

    https://docs.github.com/rest/issues/labels#create-a-label
    """

    def look() -> PlannedStep:
        if client.find(f"labels/{LABEL}"):
            return already("label", f"`{LABEL}` is there")
        return todo("label", f"make the label `{LABEL}`", (f"POST /repos/{client.full_name}/labels",), make)

    def make() -> str:
        body = {"name": LABEL, "color": _LABEL_COLOUR, "description": _LABEL_MEANING}
        client.call("POST", "labels", body, look=lambda: client.find(f"labels/{LABEL}"))
        return f"made `{LABEL}`"

    return SetupStep("label", look, "write access (a fine-grained token: Issues: write)", "--no-label")


def remove_label_step(client: Client) -> SetupStep:
    """Return the step that deletes the label, which takes it off every issue."""

    def look() -> PlannedStep:
        if not client.find(f"labels/{LABEL}"):
            return already("label", f"there is no `{LABEL}`")
        request = f"DELETE /repos/{client.full_name}/labels/{LABEL}"
        return todo("label", f"delete the label `{LABEL}`, from all issues", (request,), delete)

    def delete() -> str:
        client.call("DELETE", f"labels/{LABEL}")
        return f"deleted `{LABEL}`"

    return SetupStep("label", look, "write access (a fine-grained token: Issues: write)", "--no-label")


def pull_requests_by_actions_step(client: Client) -> SetupStep:
    """Return the step that lets Actions open pull requests: off in new repositories.

    https://docs.github.com/rest/actions/permissions#set-default-workflow-permissions-for-a-repository
    """
    path = "actions/permissions/workflow"
    request = f"PUT /repos/{client.full_name}/{path}"

    def look() -> PlannedStep:
        answer = client.call("GET", path)
        if answer.flag("can_approve_pull_request_reviews"):
            return already("Actions", "GitHub Actions may create pull requests")
        level = answer.text("default_workflow_permissions") or "read"
        text = f"let GitHub Actions create pull requests; the default permission of workflows stays `{level}`"
        return todo("Actions", text, (request,), lambda: switch_on(level))

    def switch_on(level: str) -> str:
        body = {"default_workflow_permissions": level, "can_approve_pull_request_reviews": True}
        try:
            client.call("PUT", path, body)
        except GitHubError as error:
            if error.kind is not RequestFailureKind.CONFLICT:
                raise
            raise MtorError(
                "the organisation or enterprise does not let its repositories switch this on",
                "ask an owner: Settings → Actions → General of the organisation, "
                "Allow GitHub Actions to create and approve pull requests",
            ) from error
        return "GitHub Actions may create pull requests now"

    right = "admin of the repository (a fine-grained token: Administration: write)"
    return SetupStep("Actions", look, right, "--no-actions")


def _failed(step: SetupStep, error: MtorError) -> StepResult:
    if isinstance(error, GitHubError) and error.kind in _REFUSED:
        return StepResult(
            step.name,
            StepState.FAILED,
            f"{error.message}; this needs {step.right}",
            next_step=f"use a token that has it, or ask somebody who does; {step.decline} leaves it out",
        )
    return StepResult(step.name, StepState.FAILED, error.message, next_step=error.hint)
