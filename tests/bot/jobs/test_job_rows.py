"""Asking for jobs and admitting them, in both databases, also by many at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.queued import a_queue, a_request
from mtor_action.report.report import Outcome
from mtor_bot.database.schema import JOBS
from mtor_bot.jobs import attempts, cancel, job_rows, open_pulls
from mtor_bot.jobs.admission import admit
from mtor_bot.jobs.job_record import (
    ADOPTED,
    BASE_MOVED,
    COMMENT,
    LABEL,
    UNFINISHED,
    UNLISTED_LABEL,
    JobResult,
    JobState,
    Trigger,
)
from mtor_bot.jobs.obstacles import UNINSTALLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mtor_bot.bot import Bot
    from mtor_bot.jobs.job_rows import Requested

DONE = JobResult(Outcome.CLEAN, pull_request=3)


@pytest.fixture
def bot(database_url: str) -> Iterator[Bot]:
    with a_queue(database_url) as bot:
        yield bot


def test_the_same_trigger_leads_to_the_same_job_as_often_as_it_is_told(bot: Bot) -> None:
    first, second = (job_rows.request(bot.engine, a_request(), 1.0) for _ in range(2))
    assert first == second
    assert first.new
    assert first.job.state is JobState.WAITING


def test_the_same_trigger_leads_to_its_job_also_when_that_has_ended(bot: Bot) -> None:
    first = job_rows.request(bot.engine, a_request(), 1.0)
    job_rows.finish(bot.engine, first.job.id, DONE, 2.0)
    assert job_rows.request(bot.engine, a_request(), 3.0).job.id == first.job.id


def test_a_job_that_never_began_for_a_pause_counts_for_no_day(database_url: str) -> None:
    with a_queue(database_url, max_jobs_per_day=1) as bot:
        first, second = (job_rows.request(bot.engine, a_request(number=number), 1.0).job.id for number in (12, 13))
        assert admit(bot) == [first]
        attempt = attempts.last(bot.engine, job_rows.job_by_id(bot.engine, first))
        attempts.change(bot.engine, attempt, dispatches=2)
        job_rows.finish(bot.engine, first, JobResult(Outcome.CANCELLED, paused=True), 2.0)
        assert admit(bot) == [second]
        assert admit(bot) == []


def test_a_second_trigger_of_an_unfinished_spec_makes_no_second_job(bot: Bot) -> None:
    label = job_rows.request(bot.engine, a_request(), 1.0)
    comment = job_rows.request(bot.engine, a_request(trigger=Trigger("comment", 9)), 2.0)
    again = job_rows.request(bot.engine, a_request(trigger=Trigger("comment", 9)), 2.0)
    assert (comment.job.id, comment.new) == (label.job.id, False)
    assert again == comment


def test_a_finished_spec_can_be_asked_for_again_and_another_text_at_once(bot: Bot) -> None:
    first = job_rows.request(bot.engine, a_request(), 1.0)
    other = job_rows.request(bot.engine, a_request(trigger=Trigger("comment", 2), digest="b" * 64), 1.0)
    job_rows.finish(bot.engine, first.job.id, DONE, 2.0)
    retried = job_rows.request(bot.engine, a_request(trigger=Trigger("comment", 3)), 3.0)
    assert len({first.job.id, other.job.id, retried.job.id}) == 3
    assert [job.id for job in job_rows.unfinished(bot.engine, 1, 12)] == [other.job.id, retried.job.id]
    latest = job_rows.latest(bot.engine, 1, 12)
    assert latest
    assert latest.id == retried.job.id


def test_label_and_comment_at_once_from_many_threads_are_one_job(bot: Bot) -> None:
    together = threading.Barrier(8)

    def ask(number: int) -> Requested:
        together.wait()
        return job_rows.request(bot.engine, a_request(trigger=Trigger("comment", number % 4)), 1.0)

    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(ask, range(8)))
    assert len({each.job.id for each in asked}) == 1
    assert len({each.job.trigger for each in asked if each.new}) == 1


def test_admission_by_many_at_once_keeps_every_limit(database_url: str) -> None:
    with a_queue(database_url, max_jobs=5, max_jobs_per_repository=3) as bot:
        for number in range(1, 21):
            job_rows.request(bot.engine, a_request(number=number, repository_id=number % 2 + 1), 1.0)
        with ThreadPoolExecutor(6) as pool:
            started = [job for jobs in pool.map(lambda _: admit(bot), range(6)) for job in jobs]
        active = [job for job in job_rows.jobs(bot.engine) if job.state is JobState.STARTING]
        waiting = [job for job in job_rows.jobs(bot.engine) if job.state is JobState.WAITING]
    assert len(started) == len(set(started)) == len(active) == 5
    assert {job.number for job in active} == {1, 2, 3, 4, 5}
    assert {job.waits_for for job in waiting} == {
        "The limit of 3 jobs at a time in this repository is reached.",
        "The limit of 5 jobs at a time is reached.",
    }


def test_a_job_that_starts_has_its_workflow_in_the_same_transaction(bot: Bot) -> None:
    job = job_rows.request(bot.engine, a_request(), 1.0).job
    assert bot.queue.at_work([job.durable_workflow_id]) == set()
    admit(bot)
    assert bot.queue.at_work([job.durable_workflow_id]) == {job.durable_workflow_id}


def test_an_end_lets_the_next_start(database_url: str) -> None:
    with a_queue(database_url, max_jobs=1) as bot:
        jobs = [job_rows.request(bot.engine, a_request(number=number), float(number)).job for number in (1, 2)]
        assert admit(bot) == [jobs[0].id]
        job_rows.finish(bot.engine, jobs[0].id, DONE, 9.0)
        assert admit(bot) == [jobs[1].id]


def test_open_pull_requests_hold_jobs_back_until_one_is_closed(database_url: str) -> None:
    with a_queue(database_url, max_open_pull_requests=2) as bot:
        open_pulls.replace(bot, 1, [5])
        open_pulls.record(bot, 1, 6, is_open=True)
        open_pulls.record(bot, 1, 6, is_open=True)
        job = job_rows.request(bot.engine, a_request(), 1.0).job
        assert admit(bot) == []
        assert "merge or close some" in job_rows.job_by_id(bot.engine, job.id).waits_for
        open_pulls.record(bot, 1, 6, is_open=False)
        assert admit(bot) == [job.id]
        assert job_rows.job_by_id(bot.engine, job.id).waits_for == ""


def test_the_limit_of_a_day_opens_again(database_url: str) -> None:
    with a_queue(database_url, max_jobs_per_day=1) as bot:
        first, second = (job_rows.request(bot.engine, a_request(number=number), 1.0).job for number in (1, 2))
        assert admit(bot) == [first.id]
        job_rows.finish(bot.engine, first.id, DONE, 2.0)
        assert admit(bot) == []
        with bot.engine.begin() as connection:
            connection.execute(sa.update(JOBS).values(admitted_at=bot.clock.now() - 25 * 3600))
        assert admit(bot) == [second.id]


def test_ten_thousand_waiting_jobs_are_not_looked_at_while_nothing_is_free(database_url: str) -> None:
    with a_queue(database_url, max_jobs=2) as bot:
        for number in range(1, 5):
            job_rows.request(bot.engine, a_request(number=number), 1.0)
        admit(bot)
        read: list[str] = []
        sa.event.listen(bot.engine, "before_cursor_execute", lambda *given: read.append(given[2]))
        admit(bot)
    assert not [statement for statement in read if statement.startswith("UPDATE mtor_jobs")]


def test_a_cancelled_job_that_waited_ends_at_once_and_has_a_workflow_to_say_so(database_url: str) -> None:
    with a_queue(database_url, max_jobs=1) as bot:
        first, second = (job_rows.request(bot.engine, a_request(number=number), 1.0).job for number in (1, 2))
        admit(bot)
        assert cancel.cancel(bot, second.id, "alice")
        assert cancel.cancel(bot, first.id, "alice")
        ended, started = (job_rows.job_by_id(bot.engine, job.id) for job in (second, first))
        assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, "Cancelled by alice.")
        assert bot.queue.at_work([ended.durable_workflow_id]) == {ended.durable_workflow_id}
        # What may have a run ends when that has.
        assert (started.outcome, started.cancelled_by) == (None, "alice")
        assert not cancel.cancel(bot, second.id, "bob")
        assert not cancel.cancel(bot, "unknown", "bob")


def test_closing_an_issue_cancels_its_jobs_and_no_other(bot: Bot) -> None:
    mine, other = (job_rows.request(bot.engine, a_request(number=number), 1.0).job for number in (1, 2))
    assert cancel.cancel_issue(bot, 1, 1, cancel.CancelRequest("alice")) == [mine.id]
    assert job_rows.job_by_id(bot.engine, other.id).state is JobState.WAITING


def test_clocks_may_differ_by_a_minute_where_github_does_not_say_when_a_job_was_asked_for(bot: Bot) -> None:
    kinds = (LABEL, COMMENT, UNLISTED_LABEL, ADOPTED, BASE_MOVED)
    requests = [a_request(number=number, trigger=Trigger(kind, 1)) for number, kind in enumerate(kinds, 1)]
    jobs = {job.trigger.kind: job for job in (job_rows.request(bot.engine, each, 1000.0).job for each in requests)}
    older = {kind for kind, job in jobs.items() if cancel.CancelRequest("bob", 950.0).is_older_than(job)}
    assert older == {LABEL, COMMENT}
    assert all(cancel.CancelRequest("bob", 930.0).is_older_than(job) for job in jobs.values())


def test_an_uninstalled_app_ends_all_its_jobs_and_a_removed_repository_its_own(bot: Bot) -> None:
    for number in (1, 2, 3):
        job_rows.request(bot.engine, a_request(number=number, repository_id=number), 1.0)
    job_rows.request(bot.engine, a_request(number=4, installation_id=99), 1.0)
    admit(bot)
    assert len(cancel.end_installation(bot, 8, UNINSTALLED, [2])) == 1
    assert len(cancel.end_installation(bot, 8, UNINSTALLED)) == 2
    assert cancel.end_installation(bot, 8, UNINSTALLED) == []
    assert [job.number for job in job_rows.jobs(bot.engine, UNFINISHED)] == [4]


def test_only_one_of_many_gives_a_job_its_outcome(bot: Bot) -> None:
    job = job_rows.request(bot.engine, a_request(), 1.0).job
    results = [JobResult(Outcome.CLEAN), JobResult(Outcome.ERROR), JobResult(Outcome.CANCELLED)] * 2
    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(lambda result: job_rows.finish(bot.engine, job.id, result, 1.0), results))
    assert won.count(True) == 1
    assert [change.state for change in job_rows.history(bot.engine, job.id)] == [JobState.WAITING, JobState.FINISHED]


def test_a_token_id_is_used_once_also_by_many_at_once_until_it_has_expired(bot: Bot) -> None:
    with ThreadPoolExecutor(6) as pool:
        used = list(pool.map(lambda _: job_rows.use_once(bot.engine, "jti", 100.0, 50.0), range(6)))
    assert used.count(True) == 1
    assert job_rows.use_once(bot.engine, "jti", 300.0, 200.0)


def test_jobs_are_listed_by_state_repository_and_installation(bot: Bot) -> None:
    first = job_rows.request(bot.engine, a_request(number=1), 1.0).job
    second = job_rows.request(bot.engine, a_request(number=2, repository_id=2, repository="acme/Other"), 1.0).job
    job_rows.finish(bot.engine, first.id, DONE, 2.0)
    assert [job.id for job in job_rows.jobs(bot.engine)] == [first.id, second.id]
    assert [job.id for job in job_rows.jobs(bot.engine, most=1)] == [second.id]
    assert [job.id for job in job_rows.jobs(bot.engine, [JobState.FINISHED])] == [first.id]
    assert [job.id for job in job_rows.jobs(bot.engine, repository="ACME/other")] == [second.id]
    assert job_rows.jobs(bot.engine, installation_id=5) == []
    assert job_rows.counts(bot.engine) == {**dict.fromkeys(JobState, 0), JobState.FINISHED: 1, JobState.WAITING: 1}


def test_hostile_titles_are_kept_as_one_plain_line(bot: Bot) -> None:
    job = job_rows.request(bot.engine, a_request(title="a\x00b\r\nc\ud800" + "x" * 5000), 1.0).job
    assert "\x00" not in job.title
    assert "\n" not in job.title
    assert len(job.title) <= 400
