"""Event → reaction, without a server: the rights of whoever asks come before anything is fetched for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from mtor_action.access.command import Command, Verb, read_command
from mtor_action.access.decision import AccessVerdict
from mtor_action.errors import MtorError
from mtor_action.github.actions.dispatched_runs import dispatch_event
from mtor_action.github.branches.repositories import repository
from mtor_action.github.failures import GitHubError
from mtor_action.github.issues.comments import own_id
from mtor_action.github.prefetch import ask_ahead
from mtor_action.github.pulls.closed_branch import delete_closed_branch, retarget
from mtor_action.job_start.fix_unasked import CheckedCommit
from mtor_action.night.night_boxes import note_answered
from mtor_action.night.night_without_server import keep_last_night
from mtor_action.on_issues import paused
from mtor_action.on_issues.answer_texts import error_text
from mtor_action.on_issues.best_effort import best_effort
from mtor_action.on_issues.reactions import NOT_DONE
from mtor_action.on_issues.remake_runs import LookingRun, look_at_pulls
from mtor_action.on_issues.state_labels import ALL, QUEUED, labelled, take_off
from mtor_action.on_issues.unreported_ends import show_unreported
from mtor_action.on_issues.waiting_specs import start_waiting
from mtor_action.on_issues.writers_command import obey
from mtor_action.serverless.event_commands import EventCommand, rules_of
from mtor_action.serverless.event_reading import (
    BoxesTicked,
    CommandWritten,
    Happening,
    LabelSet,
    NightOver,
    PullClosed,
    ReviewDue,
    ReviewWritten,
    WorkUnwanted,
    due_input,
    read_happening,
)
from mtor_action.serverless.fixing_run import fix_checks
from mtor_action.serverless.lost_commands import OLDEST_SECONDS, is_answered, lost_commands
from mtor_action.serverless.lost_labels import LATE_SECONDS, lost_labels
from mtor_action.serverless.outsiders import turn_away
from mtor_action.serverless.reviews import propose_notes, read_review
from mtor_action.serverless.starting_run import RunWanted, issue_texts, refuse_run, start_run
from mtor_action.serverless.written_text import TextKind, WrittenText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mtor_action.serverless.event_run import EventRun

logger = logging.getLogger(__name__)


def answer_event(run: EventRun) -> str:
    """Do what the event asks for and return in words what that was. Raises GitHubError, MtorError."""
    inputs = run.inputs
    if inputs.quiet:
        return f"nothing to do: {inputs.quiet}"
    happening = read_happening(inputs.name, inputs.payload(), inputs.trigger_label)
    if happening is None:
        return "nothing to do: the event is not for mtor"
    if not isinstance(happening, ReviewWritten):  # its run may start another one, and read nothing but the repository
        # The text is looked at only if whoever asks may; the ids are those of what will be said.
        number = happening.number if isinstance(happening, LabelSet | CommandWritten) else 0
        ask_ahead(run.client, issue=number, labels=(*ALL, inputs.trigger_label) if number else ())
    words = _ANSWERS[type(happening)](run, happening)
    return words + _catch_up(run, happening)


def _catch_up(run: EventRun, happening: Happening) -> str:
    """Answer what earlier event runs should have answered, and return with which issues that went well."""
    missed: list[str] = []
    try:
        missed += (f"#{event.number}" for event in _missed(run, happening) if _caught_up(run, event))
    except GitHubError as error:  # the event itself is answered
        logger.warning("what was missed cannot be looked for", extra={"why": error.message})
    if isinstance(happening, LabelSet | NightOver):
        _report_ends(run, happening.number if isinstance(happening, LabelSet) else 0)
    return f"; caught up with {', '.join(missed)}" if missed else ""


def _report_ends(run: EventRun, answered: int) -> None:
    """Show ends that nobody has reported where another issue waits, maybe for one of them; else the next end does."""
    client, workflow = run.client, run.inputs.workflow
    try:
        has_others = any(issue.number("number") != answered for issue in labelled(client, QUEUED))
    except GitHubError as error:
        logger.warning("what waits cannot be looked for", extra={"why": error.message})
        return
    if has_others and show_unreported(client, workflow, answered):
        start_waiting(client, workflow)


def _missed(run: EventRun, happening: Happening) -> Iterator[LabelSet | CommandWritten]:
    """Yield what earlier event runs should have answered, where this one has the time to look."""
    if isinstance(happening, LabelSet | NightOver):
        yield from lost_labels(run, happening.number if isinstance(happening, LabelSet) else 0)
    if isinstance(happening, LabelSet | NightOver | CommandWritten):
        yield from lost_commands(run, happening.text.id if isinstance(happening, CommandWritten) else 0)


def _caught_up(run: EventRun, event: LabelSet | CommandWritten) -> bool:
    """Answer what lost its own event run, and say whether that went well; nobody asked for it now."""
    try:
        _ANSWERS[type(event)](run, event)
    except MtorError as error:
        logger.warning("an event that was missed cannot be answered", extra={"why": error.message})
        return False
    return True


def _is_late(run: EventRun, event: LabelSet | CommandWritten) -> bool:
    """Return whether another event run may have taken it for lost, before its own one began."""
    return 0.0 < event.at < run.client.clock.wall() - LATE_SECONDS


def _labeled(run: EventRun, event: LabelSet) -> str:
    client, number = run.client, event.number
    own_id(client)
    actor, decided = run.judge(event.sender)
    if decided.verdict is not AccessVerdict.DO:
        return turn_away(run, number, None, actor, decided)
    if _is_late(run, event) and run.has_started_since(number, event.at):
        take_off(client, number, run.inputs.trigger_label)
        return f"nothing to do: a run of #{number} was started since"
    request = RunWanted(number, actor, asked_at=event.at)
    try:
        run.check_not_paused()
        start_run(run, request, issue_texts(run, number, event.carried))
    except MtorError as error:
        # Nothing tries again later, so that GitHub's refusals have to be answered, too.
        refuse_run(run, request, error_text(error))
    take_off(client, number, run.inputs.trigger_label)
    start_waiting(client, run.inputs.workflow)
    return f"answered the label of #{number}"


def _commented(run: EventRun, event: CommandWritten) -> str:
    own_id(run.client)
    command = read_command(event.body)
    actor, decided = run.judge(event.sender)
    if command is None:
        return "nothing to do: not a command"
    if decided.verdict is not AccessVerdict.DO:
        # An unknown command gets no answer if its author may do nothing here.
        return turn_away(run, event.number, event.text, actor, decided, is_known=command.verb is not None)
    if 0.0 < event.at < run.client.clock.wall() - OLDEST_SECONDS:
        run.react(event.number, event.text, NOT_DONE)
        return f"nothing to do: the {event.text.kind} is older than a day"
    if _is_late(run, event) and event.text.is_comment and is_answered(run, event):
        return f"nothing to do: the {event.text.kind} {event.text.id} was answered by another event run"
    _carry_out(EventCommand.of(run, event, actor, command))
    return f"answered the {event.text.kind} {event.text.id} on #{event.number}"


def _carry_out(command: EventCommand) -> None:
    try:
        obey(command)
    except MtorError as error:
        command.answer(error_text(error))
        command.react(NOT_DONE)
        if isinstance(error, GitHubError):
            raise


def _boxes_ticked(run: EventRun, event: BoxesTicked) -> str:
    """Do what the boxes say, and say so beside them; a tick of somebody who may not ask does nothing."""
    if event.author.id != own_id(run.client):
        return "nothing to do: the issue is not mtor's"
    actor, decided = run.judge(event.sender)
    if decided.verdict is not AccessVerdict.DO:
        return f"nothing to do: {decided.reason}"
    if 0.0 < event.at < run.client.clock.wall() - OLDEST_SECONDS:
        return "nothing to do: the tick is older than a day"
    for box in event.boxes:
        body = f"/mtor {box.verb}"
        text = WrittenText(TextKind.BOX, run.inputs.run_id)
        written = CommandWritten(box.number, event.sender, text, body, event.at)
        _carry_out(EventCommand.of(run, written, actor, Command(Verb(box.verb), box.verb)))
    note_answered(run.client, event.number, event.boxes, event.sender.login)
    return f"answered the boxes of #{event.number}: {', '.join(map(str, event.boxes))}"


def _night_over(run: EventRun, _event: NightOver) -> str:
    number = keep_last_night(run.client, run.inputs.night)
    return f"wrote the night into #{number}" if number else "nothing to do: no jobs"


def _unwanted(run: EventRun, event: WorkUnwanted | PullClosed) -> str:
    """Cancel the runs. Whoever may close or take labels off may do so: only the work is lost."""
    if event.sender.id == own_id(run.client):
        return "nothing to do: mtor did it itself"
    ended = run.cancel(event.number, event.sender.login, event.at)
    start_waiting(run.client, run.inputs.workflow)
    return f"cancelled {ended} of #{event.number}"


def _pull_closed(run: EventRun, event: PullClosed) -> str:
    with best_effort("pull requests on a branch"):
        retarget(run.client, event.number)
    words = _unwanted(run, event)
    looking = LookingRun(run.client, run.inputs.workflow, lambda _id, login: run.is_publisher(login))
    if not run.inputs.paused and (remade := look_at_pulls(looking)):
        words += f", remakes {', '.join(f'#{number}' for number in remade)}"
    with best_effort("a branch"):
        if delete_closed_branch(run.client, event.number, lambda _id, login: run.is_publisher(login)):
            return f"{words}, deleted its branch"
    return words


def _review_written(run: EventRun, event: ReviewWritten) -> str:
    """Have the default branch's file read it: this run may have another one, the pull request's."""
    branch = repository(run.client).default_branch
    dispatch_event(run.client, run.inputs.workflow, branch, event.number, due_input(event.text))
    return f"passed on the {event.text.kind} {event.text.id} of #{event.number}"


def _review_due(run: EventRun, event: ReviewDue) -> str:
    written = read_review(run.client, event.number, event.text)
    if written is None:
        return f"nothing to do: the {event.text.kind} is gone, or not one of #{event.number}"
    return _commented(run, written) if read_command(written.body) else propose_notes(run, written)


def _checks_ended(run: EventRun, event: CheckedCommit) -> str:
    """Hand failing checks to the implementer if that is due; nobody asked, so nobody is told why it is not."""
    if run.inputs.paused:
        return f"nothing to do: {paused.REASON}"
    try:
        number = fix_checks(run, event, rules_of(run))
    except GitHubError:
        raise
    except MtorError as error:
        return f"nothing to do about the checks of {event.branch}: {error.message}"
    return f"handed the failing checks of #{number} to the implementer" if number else "nothing to do: no `fix_ci`"


_ANSWERS: Mapping[type, Callable[[EventRun, Any], str]] = {
    BoxesTicked: _boxes_ticked,
    NightOver: _night_over,
    CheckedCommit: _checks_ended,
    LabelSet: _labeled,
    CommandWritten: _commented,
    WorkUnwanted: _unwanted,
    PullClosed: _pull_closed,
    ReviewWritten: _review_written,
    ReviewDue: _review_due,
}
