"""A pull request of mtor's remade because somebody asked for it: its base moved, or what it comes after changed."""

from __future__ import annotations

from functools import partial

from mtor_action.github.client import Client
from mtor_action.job_start.remakes import moved_pull, refuse_up_to_date, remake_of
from mtor_action.on_issues.reactions import SEEN
from mtor_action.on_issues.remake_runs import remake_text
from mtor_bot.behaviours.starting import StartRequest
from mtor_bot.bot import Bot
from mtor_bot.github_app.own_on_github import is_ours
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.remake_jobs import RemakeAsked, job_of_pull, remake_request
from mtor_bot.speech.status_comment import Beside, refresh, say_beside, say_plan
from mtor_bot.speech.trigger_reactions import react


def remake_pull_request(bot: Bot, client: Client, request: StartRequest, *, has_own_text: bool) -> bool:
    """Enter the job that remakes the pull request; False if it is not mtor's, or up to date.

    `has_own_text`: a spec was run on the pull request itself; then that is what is tried again, unless the pull request
    does not merge any more. Raises CommandError, GitHubError, MtorError.
    """
    place, number = request.place, request.number
    ours = partial(is_ours, bot.clients.account())
    moved = moved_pull(client, number, ours)
    if moved is None and not has_own_text:
        refuse_up_to_date(client, number, ours)
    if moved is None or (has_own_text and not moved.is_needed):
        return False
    made_by = job_of_pull(bot, place.repository_id, moved.change)
    remake = remake_of(client, moved, made_by.pins if made_by else ())
    asked = RemakeAsked(request.trigger, request.actor.login, request.asked_at)
    job_request = remake_request(client, place, remake, made_by, asked)
    entered = job_rows.request(bot.engine, job_request, bot.clock.now())
    if entered.new:
        say_plan(bot, place, number, remake_text(remake))
    else:
        say_beside(bot, place, number, f"Asked for again by {request.actor.login}: it is already at work.")
    admit(bot)
    refresh(bot, client, place, number, beside=Beside(request.consumed(bot)))
    react(client, number, request.trigger, SEEN)
    return True
