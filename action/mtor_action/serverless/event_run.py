"""One event run: GitHub's client, the inputs, and the operations that every reaction to an event needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.access.accounts import Sender, account_of
from mtor_action.access.decision import Account, Ask, AskKind, Decision, decide, untrusted
from mtor_action.errors import CommandError
from mtor_action.github.actions.dispatched_runs import DispatchedRun, cancel_run, dispatched_runs, run_by_id
from mtor_action.github.actions.run_endings import see_to_the_end
from mtor_action.github.issues.comments import ACTIONS_LOGIN, marker, upsert_comment
from mtor_action.on_issues import paused
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.plan_requests import is_planning
from mtor_action.on_issues.reactions import react, react_at
from mtor_action.on_issues.state_labels import FAILED, set_label
from mtor_action.on_issues.status_memory import read_status, state_line, write_status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.github.remembering_client import RememberingClient
    from mtor_action.serverless.event_inputs import EventInputs
    from mtor_action.serverless.written_text import WrittenText


@dataclass(frozen=True, slots=True)
class EventRun:
    """One event run; its methods raise GitHubError if GitHub refuses."""

    client: RememberingClient
    inputs: EventInputs

    def decision(self, ask: Ask) -> Decision:
        """Return the decision for `ask`, by mtor's own account id and the listed bots."""
        return decide(ask, own_id=self.client.own_id, listed_bots=self.inputs.listed_bots)

    def judge(self, sender: Sender) -> tuple[Account, Decision]:
        """Return the account, asked of GitHub now, and whether it may steer mtor at all."""
        actor = account_of(self.client, sender)
        return actor, self.decision(Ask(AskKind.STEER, actor))

    def outsiders(self, authors: Iterable[Account]) -> tuple[Account, ...]:
        """Return those of the authors who cannot write here and are not listed bots; a plan names them."""
        return untrusted(authors, self.inputs.listed_bots)

    def runs(self) -> list[DispatchedRun]:
        """Return the dispatched runs of this workflow, newest first."""
        return dispatched_runs(self.client, self.inputs.workflow)

    def has_started_since(self, number: int, at: float, *, plans: bool = False) -> bool:
        """Return whether a job for an issue or pull request was started at `at` (GitHub's clock) or later.

        With `plans`, whether a run was that writes a plan.
        """
        since = (run for run in self.runs() if run.number == number and run.created_at >= at)
        return any(is_planning(run) == plans for run in since)

    def is_publisher(self, login: str) -> bool:
        """Return whether mtor publishes here with this account: GITHUB_TOKEN's, or the App of `MTOR_APP_ID`.

        That App's name is not known here. Nobody else's bot pushes commits with a job's trailer to `mtor/` branches.
        """
        name = login.casefold()
        return name == ACTIONS_LOGIN or (self.inputs.has_own_app and name.endswith("[bot]"))

    def answer(self, number: int, text: WrittenText | None, words: str) -> None:
        """Answer a text, or with None the event itself, by a new comment, once."""
        source = f"{text.kind}-{text.id}" if text else f"event-{self.inputs.run_id}"
        upsert_comment(self.client, number, marker("answer", source), words)

    def react(self, number: int, text: WrittenText | None, content: str) -> None:
        """React to a text, with None to the issue or pull request itself; a review takes no reactions."""
        if text is None:
            react(self.client, number, 0, content)
        elif text.reactions:
            react_at(self.client, text.reactions, content)

    def check_not_paused(self) -> None:
        """Raise CommandError with the next step if the repository is paused."""
        if self.inputs.paused:
            raise CommandError(paused.REASON, paused.STEP)

    def live_runs(self, number: int, runs: Iterable[DispatchedRun]) -> list[DispatchedRun]:
        """Return those that wait or run for an issue or pull request, also the last one if it is not listed yet."""
        last, runs = 0, [run for run in runs if run.number == number]
        with best_effort("status"):  # an issue that was deleted or moved has none
            last = read_status(self.client, number).run_id
        unlisted = run_by_id(self.client, last) if last and all(run.id != last for run in runs) else None
        if unlisted and unlisted.number == number:
            runs.append(unlisted)
        return [run for run in runs if run.is_live]

    def cancel(self, number: int, by: str, at: float) -> int:
        """Cancel an issue's or pull request's runs, or its wait, from before `at` (0.0: all); return how many.

        After the words it waits until they have ended, with force if need be.
        """
        live = self.live_runs(number, self.runs())
        ended = [run for run in live if not 0.0 < at < run.created_at]
        for run in ended:
            cancel_run(self.client, run.id)
        number_ended = len(ended)
        with best_effort("status"):
            memory = read_status(self.client, number)
            is_wait_ended = memory.waits is not None and not memory.waits.is_newer(at)
            number_ended = number_ended or int(is_wait_ended)
            jobs = [run for run in ended if not is_planning(run)]  # a plan has no state of its own on the issue
            has_newer = any(run not in ended and not is_planning(run) for run in live)
            if is_wait_ended or (jobs and memory.waits is None and not has_newer):
                job, url = (jobs[0].job, jobs[0].html_url) if jobs else ("", "")
                line = state_line("cancelled", job, url, f"cancelled by {by or 'somebody'}")
                write_status(self.client, number, replace(memory, state=line, waits=None))
                set_label(self.client, number, FAILED)
        see_to_the_end(self.client, [run.id for run in ended])
        return number_ended
