"""What webhooks and crashes left behind, found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from dbos import DBOS

from bot.bots import scene, works
from bot.queued import a_queue, a_request
from mtor_action.report.report import Outcome
from mtor_bot.database.schema import PULLS, TURNS
from mtor_bot.durable.lost_events import redeliver, relabel
from mtor_bot.durable.reconcile import MOST_GENERATIONS, count_pulls, reconcile, rescue
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.admission import admit
from standins.github.pulls import open_pull

if TYPE_CHECKING:
    from pathlib import Path

# Ours by either account, and what is not: another workflow's, a person's, a person's on a branch of mtor's.
BRANCHES = (
    ("mtor/1-x", "mtor[bot]"),
    ("mtor/2-x", "github-actions[bot]"),
    ("release", "github-actions[bot]"),
    ("topic", "alice"),
    ("mtor/3-x", "alice"),
)


def test_a_job_whose_workflow_broke_gets_another_and_an_end_if_all_break(database_url: str) -> None:
    with a_queue(database_url) as bot:
        job = job_rows.request(bot.engine, a_request(), 1.0).job
        admit(bot)
        assert rescue(bot) == []
        for generation in range(2, MOST_GENERATIONS + 2):
            bot.queue.client.cancel_workflow(job_rows.job_by_id(bot.engine, job.id).durable_workflow_id)
            assert rescue(bot) == [job.id]
            assert rescue(bot) == []
            assert job_rows.job_by_id(bot.engine, job.id).generation == generation
        assert job_rows.job_by_id(bot.engine, job.id).outcome is Outcome.ERROR


def test_waiting_jobs_and_announced_ones_need_no_workflow(database_url: str) -> None:
    with a_queue(database_url, max_jobs=1) as bot:
        for number in (1, 2):
            job_rows.request(bot.engine, a_request(number=number), 1.0)
        admit(bot)
        job = job_rows.jobs(bot.engine)[0]
        bot.queue.client.cancel_workflow(job.durable_workflow_id)
        job_rows.change(bot.engine, job.id, state="finished", outcome="clean", told_at=2.0)
        assert rescue(bot) == []


def test_one_replica_at_a_time_does_a_pass(database_url: str) -> None:
    with a_queue(database_url) as bot:
        reconcile(bot)
        turn = sa.select(TURNS.c.at).filter_by(name="reconcile")
        with bot.engine.connect() as connection:
            first = connection.execute(turn).scalar_one()
        reconcile(bot)
        with bot.engine.connect() as connection:
            assert connection.execute(turn).scalar_one() == first > 0


def test_a_job_is_taken_up_again_by_a_bot_that_finds_its_workflow_broken(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.play(works)
        here.start().ready().kill()
        job = here.ask(here.repository.issue("Title", "body", by="alice"))
        here.bot.queue.client.cancel_workflow(job.durable_workflow_id)
        here.start().ready()
        assert here.told(job).outcome is Outcome.CLEAN
        assert len(here.repository.runs) == 1


def test_a_label_whose_webhook_never_came_is_received_once_for_its_actor(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        DBOS.migrate(here.settings.database_url)
        missed, young, other = (here.repository.issue(f"Title {number}", "body", by="alice") for number in range(3))
        here.github.clock.advance(-120)
        missed.label("mtor", by="alice")
        other.label("bug", by="alice")
        here.github.clock.advance(180)
        young.label("mtor", by="alice")
        for _ in range(2):
            assert relabel(here.bot) == 1
        (event,) = [each for each in missed.timeline.events if each.event == "labeled"]
        (received,) = here.bot.queue.client.list_workflows(name="delivery")
        assert received.workflow_id == f"delivery-timeline-{event.id}"
        assert "alice" in str(received.input)


def test_webhooks_that_failed_are_asked_for_again_until_they_come_and_not_for_ever(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.webhook("http://127.0.0.1:9/webhook", "secret")
        here.repository.issue("Title", "body", by="alice").label("mtor", by="alice")
        here.github.settle()
        failed = {delivery.guid for delivery in here.github.hooks.deliveries}
        for _ in range(4):
            assert redeliver(here.bot, 0.0) == len(failed)
            here.github.settle()
        assert redeliver(here.bot, 0.0) == 0
        assert {delivery.guid for delivery in here.github.hooks.deliveries} == failed


def test_a_webhook_that_github_does_not_send_again_keeps_no_other_from_it(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.webhook("http://127.0.0.1:9/webhook", "secret")
        here.repository.issue("Title", "body", by="alice").label("mtor", by="alice")
        here.github.settle()
        failed = [delivery.id for delivery in here.github.hooks.deliveries]
        refused = f"POST */app/hook/deliveries/{failed[-1]}/attempts"
        here.github.faults.refuse(refused, 422, "Validation Failed", times=-1)
        redeliver(here.bot, 0.0)
        asked = here.github.said("POST", "*/attempts")
        assert len(failed) > 1
        assert {exchange.path.split("/")[-2] for exchange in asked} == {str(number) for number in failed}


def test_webhooks_from_before_the_last_pass_are_left_alone(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.webhook("http://127.0.0.1:9/webhook", "secret")
        here.repository.issue("Title", "body", by="alice")
        here.github.settle()
        assert redeliver(here.bot, here.bot.clock.now() + 3600) == 0


def test_open_pull_requests_of_ours_are_counted_and_no_others(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        repository = here.repository
        for branch, by in BRANCHES:
            repository.commit({"a.py": branch}, "change", branch=branch)
            open_pull(repository, ("Title", ""), repository, (branch, "main"), here.github.world.actor(by))
        asked = here.request(here.repository.issue("Title", "body", by="alice"))
        job_rows.request(here.bot.engine, asked, 1.0)
        count_pulls(here.bot)
        with here.bot.engine.connect() as connection:
            counted = connection.execute(sa.select(PULLS)).all()
        assert sorted(tuple(row) for row in counted) == [(here.repository.id, 1), (here.repository.id, 2)]
        here.repository.delete()
        count_pulls(here.bot)
