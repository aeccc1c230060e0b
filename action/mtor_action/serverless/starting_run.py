"""A spec's texts → a dispatched run: decide, plan, pin, dispatch and acknowledge, or answer why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError, SpecChanged
from mtor_action.github.actions.dispatched_runs import SpecRun, branch_input, dispatch_spec, next_event_job, twin_since
from mtor_action.github.confirmed_refusals import refuse_by_rest
from mtor_action.github.texts.pins import WORDS, Pin
from mtor_action.job_start import spec_texts
from mtor_action.job_start.planning_on_github import PlannedSpec, plan
from mtor_action.job_start.start_decision import NamedSpec, StartStep, decide_start, plan_shown, refuse_place
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.plan_requests import is_live_job
from mtor_action.on_issues.plan_text import faults_text, plan_text
from mtor_action.on_issues.reactions import NOT_DONE, SEEN
from mtor_action.on_issues.shown_state import show_state
from mtor_action.on_issues.state_labels import FAILED, QUEUED, RUNNING, Label, is_set, set_label
from mtor_action.on_issues.status_memory import StatusMemory, WaitingSpec, read_status, state_line, write_status
from mtor_action.on_issues.unreported_ends import show_if_ended
from mtor_action.on_issues.waiting_specs import look_again
from mtor_action.serverless.cancelled_since import cancelled_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mtor_action.access.decision import Account
    from mtor_action.github.actions.dispatched_runs import DispatchedRun
    from mtor_action.job_start.spec_texts import Texts
    from mtor_action.serverless.event_run import EventRun
    from mtor_action.serverless.written_text import WrittenText

# docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#concurrency, read 2026-11-29: `queue: max`
MOST_WAITING = 100
_SHORTEST_JOB_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class RunWanted:
    """A run that a writer asks for, by `text`, or with None by the label. `digest` is the beginning they named, or "".

    `asked_at` is in seconds since the epoch by GitHub's clock, 0.0: unknown.
    """

    number: int
    actor: Account
    text: WrittenText | None = None
    digest: str = ""
    asked_at: float = 0.0
    note: str = ""  # Markdown above the plan

    @property
    def written_id(self) -> int:
        """Return the id of the text that asked for it, 0 for the label."""
        return self.text.id if self.text else 0

    def consumed(self, run: EventRun) -> str:
        """Return the label that asked for it, "" if a text did."""
        return "" if self.text else run.inputs.trigger_label


def issue_texts(run: EventRun, number: int, carried: Pin | None) -> Texts:
    """Return the issue's texts as the event brought them (None: it did not). Raises SpecChanged, GitHubError."""
    return settled(run, lambda: _unchanged(spec_texts.of_issue(run.client, number), carried), carried)


def _unchanged(texts: Texts, carried: Pin | None) -> Texts:
    """Return the texts. Raises SpecChanged if the issue's text is not the one that the event brought (None: none)."""
    first = texts.fetched.pins[0]
    if carried and first.kind == "issue" and first != carried:
        raise SpecChanged(f"#{carried.id}", "the text was edited after this was asked for", "ask again")
    return texts


def settled(run: EventRun, read: Callable[[], Texts], carried: Pin | None) -> Texts:
    """Return the texts that `read` returns; what would not just be started is read again by REST.

    So are texts without a pin that the event brought: theirs are made of what is read here. Raises as `read` does.
    """

    def is_plain(texts: Texts) -> bool:
        fetched = texts.fetched
        is_refused = fetched.closed_at or fetched.is_night or run.outsiders(texts.authors)
        return carried is not None and not is_refused

    return refuse_by_rest(run.client, read, is_plain)


def start_run(run: EventRun, request: RunWanted, texts: Texts) -> None:
    """Dispatch a run, or show the plan, or list the faults. Raises CommandError, GitHubError."""
    refuse_place(texts)
    client, number = run.client, request.number
    planned = plan(client, number, texts.fetched)
    memory = read_status(client, number)
    named_spec = NamedSpec(lambda digest: memory.is_shown(digest, request.written_id), request.digest)
    decided = decide_start(planned, texts, request.actor, named_spec, run.decision)
    text = plan_text(planned, run.outsiders(texts.authors), request.note)
    if decided.step is StartStep.SHOW_FAULTS:
        refuse_run(run, request, faults_text(planned.faults))
    elif decided.step is StartStep.SHOW_PLAN:
        run.answer(number, request.text, plan_shown(decided.why, planned.digest, text))
        note_shown(run, memory, request, planned.digest)
        run.react(number, request.text, SEEN)
    elif decided.step is StartStep.ENTER:
        memory = replace(memory, pins=planned.pins, requester=request.actor.login, text=text)
        if ended := cancelled_since(run, number, request.asked_at, texts.fetched.closed_at):
            write_status(client, number, replace(memory, state=state_line("cancelled", "", "", ended)))
            set_label(client, number, FAILED, request.consumed(run))
        else:
            rounds = memory.rounds + (planned.pins[0].kind in WORDS)
            _enter(run, request, planned, replace(memory, rounds=rounds))


def refuse_run(run: EventRun, request: RunWanted, text: str) -> None:
    """Answer why nothing was started (Markdown), and label the issue as failed unless a job of it is under way.

    Raises GitHubError.
    """
    client, number = run.client, request.number
    run.answer(number, request.text, text)
    if not _is_under_way(run, number):
        set_label(client, number, FAILED, request.consumed(run))
    run.react(number, request.text, NOT_DONE)


def _is_under_way(run: EventRun, number: int) -> bool:
    """Return whether a job of the issue has a run that is live, or waits for others, which its label shows."""
    if any(each.number == number and is_live_job(each) for each in run.runs()):
        return True
    with best_effort("label"):
        return is_set(run.client, number, QUEUED) and read_status(run.client, number).waits is not None
    return False


def note_shown(run: EventRun, memory: StatusMemory, request: RunWanted, digest: str) -> None:
    """Store that the plan of the spec with this digest was shown. Raises GitHubError."""
    state = memory.state or f"- mtor waits for `/mtor run {digest[:8]}`"
    noted = replace(memory, shown=digest, answered=request.written_id, state=state)
    write_status(run.client, request.number, noted)


def _enter(run: EventRun, request: RunWanted, planned: PlannedSpec, memory: StatusMemory) -> None:
    client, number, runs = run.client, request.number, run.runs()
    if answered_with_twin(run, request, planned.digest, runs):
        run.react(number, request.text, SEEN)
        return
    if planned.order.predecessors:
        _wait(run, request, planned, memory)
    else:
        slot = slot_for(run, number, runs)
        name = next_event_job(number, planned.digest, [*(live_run.job for live_run in runs), memory.job])
        branch = branch_input(planned.target_branch)
        wanted = SpecRun(number, name, planned.pins, request.actor.login, branch, slot.number)
        started, began = dispatch_spec(client, run.inputs.workflow, wanted), client.clock.monotonic()
        state = state_line("mtor is queued", name, started.html_url)
        memory = replace(memory, state=state, job=name, run_id=started.id, waits=None)  # of an earlier text
        reaction = "" if request.text else SEEN
        is_given = show_state(client, number, memory, slot.label, consumed=request.consumed(run), reaction=reaction)
        if client.clock.monotonic() - began > _SHORTEST_JOB_SECONDS:  # GitHub's limits were waited for
            show_if_ended(client, memory)
        if is_given:
            return
    run.react(number, request.text, SEEN)


def answered_with_twin(run: EventRun, request: RunWanted, digest: str, runs: Sequence[DispatchedRun]) -> bool:
    """Answer with the run of this very spec that is live, or was started after this was asked for.

    Returns False where there is none. Raises GitHubError.
    """
    number = request.number
    twin = twin_since(number, digest, [*runs, *run.live_runs(number, runs)], request.asked_at)
    if twin is not None:
        words = "Already at work on this" if twin.is_live else "Worked on since this was asked for"
        run.answer(number, request.text, f"{words}: [the run](<{twin.html_url}>).")
    return twin is not None


def _wait(run: EventRun, request: RunWanted, planned: PlannedSpec, memory: StatusMemory) -> None:
    """Keep what a later run needs to start it, then look at once whether that is now."""
    client, number = run.client, request.number
    after = tuple(each.number for each in planned.order.predecessors)
    slot = number % run.inputs.slots + 1
    waits = WaitingSpec(after, branch_input(planned.target_branch), slot, request.asked_at)
    state = state_line("mtor waits", "", "", planned.order.obstacle)
    write_status(client, number, replace(memory, state=state, waits=waits))
    set_label(client, number, QUEUED, request.consumed(run))
    look_again(client, run.inputs.workflow, number)


@dataclass(frozen=True, slots=True)
class Slot:
    """The place that a job runs in, from 1, and whether others are ahead of it there."""

    number: int
    is_taken: bool

    @property
    def label(self) -> Label:
        """Return the label of a job that is given this place now."""
        return QUEUED if self.is_taken else RUNNING


def slot_for(run: EventRun, number: int, runs: Iterable[DispatchedRun]) -> Slot:
    """Return the place for a job of an issue or pull request.

    Raises CommandError if GitHub would silently cancel the run: one runs, and too many wait.
    """
    slot = number % run.inputs.slots + 1
    jobs = [job for job in runs if is_live_job(job)]
    ahead = [job for job in jobs if job.number % run.inputs.slots + 1 == slot]
    if len(ahead) > MOST_WAITING:
        raise CommandError(
            f"{len(ahead) - 1} jobs wait already, and GitHub keeps {MOST_WAITING} at most",
            "ask again when some are done, raise the variable MTOR_SLOTS, or use the App, whose queue has no such end",
        )
    return Slot(slot, bool(ahead))
