"""A workflow run went on: its job is woken, or gets one if an event run started it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mtor_action.access.accounts import Sender, read_sender
from mtor_action.github.actions.dispatched_runs import EVENT, is_event_job
from mtor_action.github.answers import Answer
from mtor_bot.behaviours.adopting import adopt_by_id
from mtor_bot.behaviours.checks_ended import ChecksEnded
from mtor_bot.bot import Bot
from mtor_bot.events.event import RepositoryEvent
from mtor_bot.events.payload import read_place
from mtor_bot.github_app.own_on_github import is_our_run
from mtor_bot.jobs.run_webhooks import RunEvent, signal_run
from mtor_bot.jobs.workflow_runs import read_title


@dataclass(frozen=True, slots=True)
class RunChanged(RepositoryEvent):
    """A workflow run that is named after a job went on; the fields from `run_id` on are those of RunEvent."""

    WEBHOOKS: ClassVar[frozenset[tuple[str, str]]] = frozenset(
        {("workflow_run", "requested"), ("workflow_run", "in_progress"), ("workflow_run", "completed")}
    )
    sender: Sender
    run_id: int
    run_attempt: int
    display_title: str
    event: str
    path: str
    status: str
    conclusion: str
    html_url: str

    @classmethod
    def read(cls, payload: Answer, trigger_label: str) -> RunChanged | ChecksEnded | None:
        """Return the event; of another workflow's run the one about checks, or None."""
        if payload.text("workflow_run", "event") != EVENT:  # a pull request may give its runs any name
            return ChecksEnded.read(payload, trigger_label)
        place, run = read_place(payload), payload.at("workflow_run")
        if place is None or read_title(run.text("display_title")) is None:
            return None
        return cls(
            place,
            sender=read_sender(payload.at("sender")),
            run_id=run.number("id"),
            run_attempt=run.number("run_attempt"),
            display_title=run.text("display_title"),
            event=run.text("event"),
            path=run.text("path"),
            status=run.text("status"),
            conclusion=run.text("conclusion"),
            html_url=run.text("html_url"),
        )

    def run(self) -> RunEvent:
        """Return the run as `run_webhooks.signal_run` takes it."""
        return RunEvent(
            repository_id=self.place.repository_id,
            run_id=self.run_id,
            run_attempt=self.run_attempt,
            display_title=self.display_title,
            event=self.event,
            path=self.path,
            status=self.status,
            conclusion=self.conclusion,
            html_url=self.html_url,
        )


def run_changed(bot: Bot, event: RunChanged) -> None:
    """Wake the job that the run belongs to, or adopt the run of an event run. Raises GitHubError."""
    run = event.run()
    if signal_run(bot, run) is None and is_our_run(run.event, run.path) and is_event_job(_job_in(run.display_title)):
        job = adopt_by_id(bot, event.place, run.run_id)
        if job is not None and not job.is_finished:
            bot.queue.wake(job.durable_workflow_id)


def _job_in(title: str) -> str:
    named = read_title(title)
    return named[0] if named else ""
