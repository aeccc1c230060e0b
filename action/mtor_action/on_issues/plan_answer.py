"""What came of `/mtor plan`, in Markdown: the comment with a plan, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.architect.plan_record import PlanOutcome, PlanRecord
from mtor_action.github.texts.pins import lf_bytes
from mtor_action.github.texts.plan_comments import SPEC_BEGINS
from mtor_action.github.texts.provenance import read_line
from mtor_action.manifest.fences.fenced_blocks import read_fences
from mtor_action.manifest.text import Lines, Part
from mtor_action.neutral import code_block, inert, inline_code, mention, prose, quote, sentence
from mtor_action.on_issues.plan_text import faults_text, plan_text
from mtor_action.report.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mtor_action.access.decision import Account
    from mtor_action.github.texts.authors import Author
    from mtor_action.job_start.planning_on_github import PlannedSpec

_MOST_DIAGNOSTICS = 20_000  # characters
_HEADLINES = {
    PlanOutcome.QUESTIONS: "**Too vague to plan.** Answer below, then write `/mtor plan` again.",
    PlanOutcome.REJECTED: "**No plan:** what the architect wrote cannot be used. Nothing was started.",
    PlanOutcome.STOPPED: "**No plan:** it was stopped.",
    PlanOutcome.ERROR: "**No plan:** it failed.",
}


def posted_spec(text: str) -> str:
    """Return a model's spec as it is posted: outside of fences nothing in it notifies, links or hides; fences stay."""
    lines = Lines(Part("plan", lf_bytes(text)))
    fenced = {number for fence in read_fences(lines) for number in range(fence.line, fence.end)}
    shown = lines.data.decode("utf-8", "replace").split("\n")
    return "\n".join(line if number in fenced else inert(line) for number, line in enumerate(shown))


def plan_body(authors: Iterable[Author], above: str, spec: str) -> str:
    """Return the comment's text below its marker: whose texts were read, what is said above the spec, the spec."""
    return f"{read_line(authors)}\n{above}\n\n---\n\n{SPEC_BEGINS}\n{spec}"


def above_plan(
    record: PlanRecord, requester: str, digest: str, planned: PlannedSpec, outsiders: Sequence[Account]
) -> str:
    """Return what a person reads before running the plan."""
    if planned.faults:
        state = f"It does not apply to the files as they are now. {faults_text(planned.faults)}"
    else:
        state = plan_text(planned, outsiders)
    run = f"To run exactly this, somebody with write access comments `/mtor run {digest[:8]}`. Nothing runs by itself."
    return "\n\n".join([f"{_asker(requester)}**A plan for this issue.** {cost_of(record)}", run, state])


def above_plans(record: PlanRecord, requester: str, digest: str, number: int, outsiders: Sequence[Account]) -> str:
    """Return what a person reads before filing a plan of several specs."""
    names = ", ".join(inline_code(name) for name, _ in record.specs)
    run = (
        f"It has {len(record.specs)} specs, in order: {names}. Each becomes an issue of its own: in a clone, "
        f"`mtor submit '#{number}@{digest[:8]}'` files and labels them. Nothing runs by itself."
    )
    words = (
        f"**Read all of it first:** it comes from text by {', '.join(prose(each.login) for each in outsiders)}, \
who cannot write here."
        if outsiders
        else ""
    )
    parts = [f"{_asker(requester)}**A plan for this issue.** {cost_of(record)}", run, words]
    return "\n\n".join(part for part in parts if part)


def no_plan(record: PlanRecord, requester: str, run_url: str) -> str:
    """Return why there is no plan: the architect's questions, the last diagnostics, or what stopped it."""
    parts = [f"{_asker(requester)}{_HEADLINES[record.outcome]} {cost_of(record)}"]
    if record.outcome is PlanOutcome.QUESTIONS:
        parts.append(quote(record.questions))
    if record.reason:
        parts.append(sentence(record.reason, 1_000))
    if record.next_step:
        parts.append(f"**What to do:** {sentence(record.next_step, 600)}")
    if record.outcome is not PlanOutcome.QUESTIONS and record.diagnostics:
        parts.append(code_block("\n\n".join(record.diagnostics)[:_MOST_DIAGNOSTICS]))
    return "\n\n".join([*parts, f"<sub>[the run](<{run_url}>)</sub>"])


def cost_of(record: PlanRecord) -> str:
    """Return which models wrote it and what that cost, in one line of Markdown."""
    usage = record.usage
    tokens = usage.input_tokens + usage.output_tokens
    models = ", ".join(inline_code(model, 80) for model in record.models[:6]) or "no model"
    estimated = ", partly estimated" if usage.estimated else ""
    stalls = f" Stall signals: {prose('; '.join(record.signals), 300)}." if record.signals else ""
    spent = f"{count(usage.requests, 'request')}, {tokens:,} tokens, ${usage.usd:.4f}{estimated}"
    return f"By {models} in {count(record.rounds, 'round')}: {spent}.{stalls}"


def _asker(requester: str) -> str:
    return f"{mention(requester)}: " if requester else ""
