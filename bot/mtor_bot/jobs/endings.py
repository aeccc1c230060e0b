"""From the end of a workflow run to its job's next step: a pure decision over GitHub's description of the run.

GitHub tells endings of its own making apart from a person's only by the annotations that it leaves on a job:
https://docs.github.com/rest/checks/runs#list-check-run-annotations
"""

from __future__ import annotations

from dataclasses import dataclass

from mtor_action.report.report import Outcome
from mtor_bot.jobs.job_record import JobResult

MOST_ATTEMPTS = 3
# Requests for a run that GitHub may have carried out, all attempts of a job together: each may be a whole job.
MOST_DISPATCHES = MOST_ATTEMPTS
MOST_REPUBLISHED = 2
WORK, PUBLISH = "work", "publish"
# Words of annotations (lower case) that only the platform's own faults have.
PLATFORM_WORDS = (
    "lost communication with the server",
    "received a shutdown signal",
    "encountered an error while running your job",
    "encountered an internal error",
    "was not acquired by runner",
    "failed to queue this job",
)
BILLING_WORDS = ("recent account payments have failed", "spending limit", "billing & plans", "billing is disabled")


@dataclass(frozen=True, slots=True)
class JobEnding:
    """A job of the run: its conclusion on GitHub, and the texts of its annotations."""

    name: str
    conclusion: str
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """A run that has ended: its conclusion, its jobs, and the result that the publish job left."""

    conclusion: str
    jobs: tuple[JobEnding, ...] = ()
    result: JobResult | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The decision to end the job with this result."""

    result: JobResult


@dataclass(frozen=True, slots=True)
class Retry:
    """The decision to run the whole job in a new attempt, `wait_seconds` from now."""

    reason: str
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Republish:
    """The decision to run only the failed publish job again: the work is there, and its tokens are spent."""

    reason: str


NOT_PINNED = JobResult(
    Outcome.ERROR,
    "GitHub lost the run, and which text it was started for is not known: an event run started it, and the text or its "
    "status comment was edited since.",
    "Label the issue again, or write `/mtor run`.",
)
RetryDecision = Finish | Retry | Republish
_LOG = "The run's log says more; `/mtor retry` starts the job again."
# Conclusions that leave no doubt: https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run
_FINAL = {
    "cancelled": JobResult(
        Outcome.CANCELLED, "The workflow run was cancelled on GitHub.", "`/mtor retry` starts it again."
    ),
    "timed_out": JobResult(
        Outcome.ERROR,
        "The workflow run took longer than its time limit.",
        "Split the spec, or raise `timeout-minutes` in .github/workflows/mtor.yml; then `/mtor retry`.",
    ),
    "action_required": JobResult(
        Outcome.ERROR,
        "The workflow run waits for an approval.",
        "Approve it on its page, or change the rule; `/mtor retry`.",
    ),
    "success": JobResult(Outcome.ERROR, "The workflow run ended without a result.", _LOG),
    "failure": JobResult(Outcome.ERROR, "The workflow run failed before it could report.", _LOG),
}


def decide(ending: Ending, *, attempt: int, republished: int, cancelled_by: str) -> RetryDecision:
    """Return the next step after the `attempt`-th run (from 1), whose publish job was asked for again so often.

    A run that may have been started though it was never shown counts as an attempt.
    """
    if ending.result is not None:
        return Finish(ending.result)
    if cancelled_by:
        return Finish(cancelled(cancelled_by))
    if _annotation_with(ending, BILLING_WORDS):
        return Finish(
            JobResult(
                Outcome.ERROR,
                "GitHub did not start a runner because a payment is due.",
                "Check the account's billing page.",
            )
        )
    if _conclusion(ending, WORK) == "success" and _conclusion(ending, PUBLISH) != "success":
        return _republish(republished)
    platform = _annotation_with(ending, PLATFORM_WORDS)
    if platform or ending.conclusion == "startup_failure":
        return _retry(attempt, platform or "The workflow run could not be started.")
    return Finish(
        _FINAL.get(ending.conclusion, JobResult(Outcome.ERROR, f"The run ended as {ending.conclusion}.", _LOG))
    )


def cancelled(by: str) -> JobResult:
    """Return the result of a job that the person `by` cancelled."""
    return JobResult(Outcome.CANCELLED, f"Cancelled by {by}.")


def not_shown(title: str, *, accepted: bool) -> JobResult:
    """Return the result of a job whose run GitHub never showed after MOST_DISPATCHES requests.

    `accepted`: GitHub confirmed the last request; otherwise its answer was an error, or lost.
    """
    if accepted:
        return JobResult(
            Outcome.ERROR,
            f"GitHub shows no run called `{title}`, though it accepted the request for it {MOST_DISPATCHES} times: "
            "is `run-name` in .github/workflows/mtor.yml as `mtor init` wrote it?",
            "`mtor doctor` compares the workflow, `mtor init` writes it anew; merge that, then `/mtor retry`.",
        )
    return JobResult(
        Outcome.ERROR,
        f"GitHub shows no run called `{title}`: it was asked for one {MOST_DISPATCHES} times, and failed or "
        "did not answer.",
        "https://www.githubstatus.com says whether GitHub has trouble; then `/mtor retry`. A late run is cancelled.",
    )


def _republish(republished: int) -> RetryDecision:
    if republished < MOST_REPUBLISHED:
        return Republish("The work is done, but publishing it failed: mtor repeats only that.")
    next_step = "The run's page has the patch as an artifact, `mtor-handover`; `/mtor retry` does the work again."
    return Finish(JobResult(Outcome.ERROR, "The work is done, but publishing it failed every time.", next_step))


def _retry(attempt: int, reason: str) -> RetryDecision:
    if attempt < MOST_ATTEMPTS:
        return Retry(reason, 30.0 * 4 ** (attempt - 1))
    return Finish(
        JobResult(Outcome.ERROR, f"Given up after {attempt} attempts. {reason}", "`/mtor retry` tries again.")
    )


def _conclusion(ending: Ending, name: str) -> str:
    return next((job.conclusion for job in ending.jobs if job.name == name), "")


def _annotation_with(ending: Ending, words: tuple[str, ...]) -> str:
    """Return the first annotation with any of these words, "" if there is none."""
    texts = [text for job in ending.jobs for text in job.annotations]
    return next((text for text in texts if any(word in text.lower() for word in words)), "")
