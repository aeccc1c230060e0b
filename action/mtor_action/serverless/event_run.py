"""One event run: GitHub's client, the inputs, and the operations that every reaction to an event needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtor_action.asking.accounts import account_of
from mtor_action.asking.decision import Ask, Decision, Wish, decide, untrusted
from mtor_action.github.comments import marker, upsert_comment
from mtor_action.github.dispatched_runs import cancel_run, dispatched_runs
from mtor_action.on_issues.state_labels import FAILED, set_label
from mtor_action.on_issues.status_memory import read_status, state_line, write_status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mtor_action.asking.accounts import Sender
    from mtor_action.asking.decision import Account
    from mtor_action.github.client import Client
    from mtor_action.github.dispatched_runs import DispatchedRun
    from mtor_action.serverless.event_inputs import EventInputs


@dataclass(frozen=True, slots=True)
class EventRun:
    """One event run; its methods raise GitHubError if GitHub refuses."""

    client: Client
    inputs: EventInputs

    def decision(self, ask: Ask) -> Decision:
        """Return the decision for `ask`, by mtor's own account id and the listed bots."""
        return decide(ask, own_id=self.client.own_id, listed_bots=self.inputs.listed_bots)

    def judge(self, sender: Sender) -> tuple[Account, Decision]:
        """Return the account, asked of GitHub now, and whether it may steer mtor at all."""
        actor = account_of(self.client, sender)
        return actor, self.decision(Ask(Wish.STEER, actor))

    def outsiders(self, authors: Iterable[Account]) -> tuple[Account, ...]:
        """Return those of the authors who cannot write here and are not listed bots; a plan names them."""
        return untrusted(authors, self.inputs.listed_bots)

    def runs(self) -> list[DispatchedRun]:
        """Return the dispatched runs of this workflow, newest first."""
        return dispatched_runs(self.client, self.inputs.workflow)

    def answer(self, number: int, comment_id: int, text: str) -> None:
        """Answer a comment, or with `comment_id` 0 the event itself, by a new comment, once."""
        source = str(comment_id) if comment_id else f"event-{self.inputs.run_id}"
        upsert_comment(self.client, number, marker("answer", source), text)

    def cancel(self, number: int, by: str, at: float) -> int:
        """Cancel the runs of an issue or pull request from before `at` (0.0: all), or its wait; return how many."""
        live = [run for run in self.runs() if run.number == number and run.is_live]
        ended = [run for run in live if not 0.0 < at < run.created_at]
        for run in ended:
            cancel_run(self.client, run.id)
        memory = read_status(self.client, number)
        if ended or memory.waits:
            job, url = (ended[0].job, ended[0].html_url) if ended else ("", "")
            line = state_line("cancelled", job, url, f"cancelled by {by or 'somebody'}")
            write_status(self.client, number, replace(memory, state=line, waits=None))
            set_label(self.client, number, FAILED)
        return len(ended) or int(memory.waits is not None)
