"""Event → reaction, without a server: the rights of whoever asks come before anything is fetched for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_action.asking.command import read_command
from mtor_action.asking.decision import AccessVerdict
from mtor_action.errors import MtorError
from mtor_action.github.comments import own_id
from mtor_action.github.failures import GitHubError
from mtor_action.on_issues.answer_texts import error_text
from mtor_action.on_issues.reactions import NOT_DONE, react
from mtor_action.on_issues.state_labels import take_off
from mtor_action.on_issues.waiting_specs import start_waiting
from mtor_action.planning import spec_texts
from mtor_action.serverless.event_commands import WritersCommand, obey
from mtor_action.serverless.happening import CommandWritten, LabelSet, WorkUnwanted, read_happening
from mtor_action.serverless.starting_run import RunWanted, refuse_run, start_run, unchanged

if TYPE_CHECKING:
    from mtor_action.serverless.event_run import EventRun

OLDEST_SECONDS = 24 * 3600.0


def answer_event(run: EventRun) -> str:
    """Do what the event asks for and return in words what that was. Raises GitHubError, MtorError."""
    inputs = run.inputs
    if inputs.quiet:
        return f"nothing to do: {inputs.quiet}"
    happening = read_happening(inputs.name, inputs.payload(), inputs.trigger_label)
    if happening is None:
        return "nothing to do: the event is not for mtor"
    if isinstance(happening, LabelSet):
        return _labeled(run, happening)
    if isinstance(happening, CommandWritten):
        return _commented(run, happening)
    return _unwanted(run, happening)


def _labeled(run: EventRun, event: LabelSet) -> str:
    client, number = run.client, event.number
    actor, decided = run.judge(event.sender)
    if decided.verdict is not AccessVerdict.DO:
        return _turned_away(run, number, 0, decided.verdict, decided.reason)
    own_id(client)
    request = RunWanted(number, actor)
    try:
        start_run(run, request, unchanged(spec_texts.of_issue(client, number), event.carried))
    except MtorError as error:
        # Nothing tries again later, so that GitHub's refusals have to be answered, too.
        refuse_run(run, request, error_text(error))
    take_off(client, number, run.inputs.trigger_label)
    start_waiting(client, run.inputs.workflow)
    return f"answered the label of #{number}"


def _commented(run: EventRun, event: CommandWritten) -> str:
    command = read_command(event.body)
    actor, decided = run.judge(event.sender)
    if command is None or decided.verdict is not AccessVerdict.DO:
        # An unknown command gets no answer if its author may do nothing here.
        verdict = decided.verdict if command and command.verb else AccessVerdict.IGNORE
        return _turned_away(run, event.number, event.comment_id, verdict, decided.reason)
    if 0.0 < event.at < run.client.clock.wall() - OLDEST_SECONDS:
        react(run.client, event.number, event.comment_id, NOT_DONE)
        return "nothing to do: the comment is older than a day"
    own_id(run.client)
    writers = WritersCommand(run, event, actor, command)
    try:
        obey(writers)
    except MtorError as error:
        writers.answer(error_text(error))
        writers.react(NOT_DONE)
        if isinstance(error, GitHubError):
            raise
    return f"answered the comment {event.comment_id} on #{event.number}"


def _unwanted(run: EventRun, event: WorkUnwanted) -> str:
    """Cancel the runs. Whoever may close or take labels off may do so: only the work is lost."""
    own_id(run.client)
    ended = run.cancel(event.number, event.sender.login, event.at)
    start_waiting(run.client, run.inputs.workflow)
    return f"cancelled {ended} of #{event.number}"


def _turned_away(run: EventRun, number: int, comment_id: int, verdict: AccessVerdict, reason: str) -> str:
    if verdict is AccessVerdict.REACT:
        react(run.client, number, comment_id, NOT_DONE)
        if not comment_id:
            take_off(run.client, number, run.inputs.trigger_label)
    return f"nothing to do: {reason or 'not a command'}"
