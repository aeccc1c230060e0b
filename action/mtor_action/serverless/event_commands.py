"""A writer's command in a comment or a review, without a server: how it is read, answered, started and cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtor_action.errors import CommandError
from mtor_action.github.texts.pins import Pin, is_text
from mtor_action.job_start import spec_texts
from mtor_action.job_start.suggestions_to_apply import ReviewPlace, Rules
from mtor_action.on_issues.plan_requests import is_planning, planning_line, request_plan
from mtor_action.on_issues.status_memory import read_status, state_line
from mtor_action.on_issues.writers_command import WritersCommand, nothing_to_cancel
from mtor_action.serverless.cancelled_since import cancelled_since
from mtor_action.serverless.remaking_run import remake_pull_request
from mtor_action.serverless.starting_run import RunWanted, issue_texts, note_shown, settled, start_run
from mtor_action.serverless.written_text import TextKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mtor_action.access.command import Command
    from mtor_action.access.decision import Account
    from mtor_action.github.actions.dispatched_runs import DispatchedRun
    from mtor_action.job_start.spec_texts import Texts
    from mtor_action.serverless.event_reading import CommandWritten
    from mtor_action.serverless.event_run import EventRun
    from mtor_action.serverless.written_text import WrittenText

_WORDS = {"in_progress": "mtor is running", "completed": "mtor has ended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCommand(WritersCommand):
    """A command that an event run carries out; `carried` as for LabelSet."""

    run: EventRun
    text: WrittenText
    carried: Pin | None

    @classmethod
    def of(cls, run: EventRun, event: CommandWritten, actor: Account, command: Command) -> EventCommand:
        """Return the command that the event of this run holds, given by `actor`."""
        ids = {kind: event.text.id if event.text.kind is kind else 0 for kind in TextKind}
        return cls(
            client=run.client,
            actor=actor,
            command=command,
            place=ReviewPlace(
                event.number, event.at, ids[TextKind.REVIEW], ids[TextKind.REMARK], ids[TextKind.COMMENT]
            ),
            body=event.body,
            path=event.path,
            url=event.url,
            run=run,
            text=event.text,
            carried=event.carried,
        )

    def answer(self, text: str) -> None:
        """Answer in a comment, once, however often this is repeated."""
        self.run.answer(self.number, self.text, text)

    def react(self, content: str) -> None:
        """React to the text; a review takes no reactions."""
        self.run.react(self.number, self.text, content)

    def check_not_paused(self) -> None:
        """Raise CommandError if the repository is paused: without a server nothing waits for the end of that."""
        self.run.check_not_paused()

    def settled(self, read: Callable[[], Texts]) -> Texts:
        """Return the texts; what would not just be started is read again by REST."""
        return settled(self.run, read, self.carried)

    def issue_texts(self) -> Texts:
        """Return the issue's spec as it was when this was written. Raises SpecChanged."""
        return issue_texts(self.run, self.number, self.carried)

    def start(self, texts: Texts, *, digest: str = "", note: str = "") -> None:
        """Dispatch a run, show the plan, or list the faults. Raises CommandError."""
        start_run(self.run, self._wanted(digest, note), texts)

    def _wanted(self, digest: str = "", note: str = "") -> RunWanted:
        return RunWanted(self.number, self.actor, self.text, digest, self.place.at, note)

    def retry(self) -> None:
        """Run the last job's texts again; a digest must be named again: the memory here proves no confirmation.

        A pull request of mtor's that is behind its base is remade instead.
        """
        pins = read_status(self.client, self.number).pins
        if remake_pull_request(self.run, self._wanted(), has_own_text=is_text(pins)):
            return
        if pins:
            self.start(self.settled(lambda: spec_texts.of_pins(self.client, self.number, pins, self.actor)))
        else:
            self.start(self.issue_texts())

    def cancel(self) -> str:
        """Cancel the runs that were asked for before this, and a spec that waits for others."""
        if self.run.cancel(self.number, self.actor.login, self.place.at):
            return ""
        newer = self.run.live_runs(self.number, self.run.runs()) or read_status(self.client, self.number).waits
        return nothing_to_cancel(has_newer=bool(newer))

    def states(self) -> list[str]:
        """Return the runs' states by GitHub's list, an ended one's as publish has written it."""
        runs = self.run.runs()
        lines = [_line_of(run) for run in self.run.live_runs(self.number, runs)]
        lines = lines or list(filter(None, [read_status(self.client, self.number).state]))
        return lines or [_line_of(run) for run in runs if run.number == self.number][:1]

    def request_plan(self) -> str:
        """Dispatch a run that writes a spec, unless the issue was closed or cancelled since. Raises CommandError."""
        if ended := cancelled_since(self.run, self.number, self.place.at):
            raise CommandError(
                f"no plan was asked for: {ended}", "comment `/mtor plan` again if it is wanted after all"
            )
        return request_plan(self.client, self.run.inputs.workflow, self.number, self.text.id, self.actor.login)

    def note_plan(self, digest: str) -> None:
        """Store the digest in the status comment, which is the memory without a server."""
        note_shown(self.run, read_status(self.client, self.number), self._wanted(), digest)

    def outsiders(self, authors: Iterable[Account]) -> tuple[Account, ...]:
        """Return those who cannot write and are not in `MTOR_LISTED_BOTS`."""
        return self.run.outsiders(authors)

    def rules(self) -> Rules:
        """Return the rules by the workflow's variables and the status comments."""
        return rules_of(self.run)

    def rounds(self) -> int:
        """Return the number in the status comment."""
        return read_status(self.client, self.number).rounds


def rules_of(run: EventRun) -> Rules:
    """Return whose pull requests and texts count here."""

    def made_from(issue: int, jobs: frozenset[str]) -> tuple[Pin, ...]:
        memory = read_status(run.client, issue)
        return memory.pins if memory.job in jobs else ()

    return Rules(lambda _id, login: run.is_publisher(login), run.inputs.listed_bots, made_from)


def _line_of(run: DispatchedRun) -> str:
    if is_planning(run):
        return planning_line(run)
    return state_line(_WORDS.get(run.status, "mtor is queued"), run.job, run.html_url, run.conclusion)
