"""Decide whether a planned spec starts: the same for the App and the event run.

| the spec                                         | what happens                              |
| ------------------------------------------------ | ----------------------------------------- |
| has faults                                       | they are shown                            |
| is not the one whose digest the asker named      | the plan is shown                         |
| is by writers, or was read and named by a writer | it starts                                 |
| is by somebody else                              | the plan is shown, and a writer names it  |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mtor_action.access.decision import AccessVerdict, Account, Ask, AskKind, Decision
from mtor_action.errors import CommandError
from mtor_action.neutral import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtor_action.job_start.planning_on_github import PlannedSpec
    from mtor_action.job_start.spec_texts import Texts


class StartStep(StrEnum):
    """The next step for a spec that somebody with write access wants run."""

    ENTER = "enter"
    SHOW_FAULTS = "show faults"
    SHOW_PLAN = "show plan"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class StartDecision:
    """The next step, and for SHOW_PLAN the reason in one sentence."""

    step: StartStep
    why: str = ""


@dataclass(frozen=True, slots=True)
class NamedSpec:
    """The specs named: `digest` is the beginning the asker gave, or ""; `ran_before` the digest of one run here.

    `is_shown` is whether the plan of a spec (its digest) was shown here before this was asked for.
    """

    is_shown: Callable[[str], bool]
    digest: str = ""
    ran_before: str = ""


def refuse_place(texts: Texts) -> None:
    """Raise CommandError where nothing may start, before planning: a fork's text is not worth a request.

    What was pushed to a closed pull request nobody would see, and the issue of the night is mtor's own.
    """
    fetched = texts.fetched
    if fetched.is_night:
        raise night_refusal()
    if fetched.pull_request and fetched.closed_at:
        raise CommandError("the pull request is closed", "reopen it, then ask again")
    if texts.is_from_fork:
        raise CommandError(
            "the pull request comes from a fork, whose branch mtor cannot push to",
            "push its branch to this repository and ask there",
        )


def night_refusal() -> CommandError:
    """Return why nothing is started on the issue of the night."""
    return CommandError(
        "this issue is where mtor writes what ran last night: no spec runs here",
        "ask on the issue or pull request that you mean, or tick its box here",
    )


def decide_start(
    planned: PlannedSpec, texts: Texts, actor: Account, named_spec: NamedSpec, rule: Callable[[Ask], Decision]
) -> StartDecision:
    """Return the decision; `rule` decides who may ask for what.

    Raises what `is_shown` raises, and CommandError for a digest that no text has where there is no plan to show.
    """
    is_named = bool(named_spec.digest) and planned.digest.startswith(named_spec.digest)
    is_read = texts.shows_itself or planned.digest == named_spec.digest or named_spec.is_shown(planned.digest)
    confirmed = (is_named and is_read) or planned.digest == named_spec.ran_before
    decided = rule(Ask(AskKind.RUN_TEXT, actor, texts.authors, confirmed=confirmed))
    if planned.faults and named_spec.digest and not is_named:
        message = f"no text here has the digest {named_spec.digest}: it may have been edited"
        raise CommandError(message, "take the characters from the newest plan, or ask for a new one with `/mtor plan`")
    if planned.faults:
        return StartDecision(StartStep.SHOW_FAULTS)
    if named_spec.digest and not is_named:
        reason = f"No text here has the digest {named_spec.digest}: it may have been edited."
        return StartDecision(StartStep.SHOW_PLAN, reason)
    if decided.verdict is AccessVerdict.PLAN and is_named:
        return StartDecision(StartStep.SHOW_PLAN, "Nothing was started: this plan is not the one that was shown last.")
    if decided.verdict is AccessVerdict.PLAN:
        return StartDecision(StartStep.SHOW_PLAN, f"Nothing was started: {decided.reason}.")
    return StartDecision(StartStep.ENTER if decided.verdict is AccessVerdict.DO else StartStep.NOTHING)


def plan_shown(reason: str, digest: str, plan: str) -> str:
    """Return the words (Markdown) around a plan that waits for a writer's word; `reason` is neutralised."""
    step = f"To run exactly this, somebody with write access comments `/mtor run {digest[:8]}`."
    return f"{sentence(reason, 500)} {step}\n\n{plan}"
