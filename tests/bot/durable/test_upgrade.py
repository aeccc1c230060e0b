"""A bot is upgraded while work is stored: names that the queue's library keeps are the same in every release.

The names are written out here as earlier releases stored them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.bots import scene, until
from bot.hearing import SPEC
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobState

if TYPE_CHECKING:
    from pathlib import Path

    from dbos import EnqueueOptions


def test_a_stored_delivery_is_acted_on(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        issue = here.repository.issue("Add it", SPEC, by="alice")
        issue.label("mtor", by="alice")
        alice = here.github.world.user("alice")
        stored = {
            "kind": "Labeled",
            "place": {
                "installation_id": here.installation.id,
                "repository_id": here.repository.id,
                "repository": "acme/widget",
            },
            "sender": {"id": alice.id, "login": "alice", "type": "User"},
            "number": issue.number,
            "came_at": here.bot.clock.now(),
        }
        delivery: EnqueueOptions = {
            "queue_name": "deliveries",
            "workflow_name": "delivery",
            "workflow_id": "delivery-0",
            "app_version": "1",
        }
        here.bot.queue.client.enqueue(delivery, stored)
        here.start().ready()
        until(lambda: job_rows.jobs(here.bot.engine))


def test_a_job_that_is_under_way_goes_on(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        issue = here.repository.issue("Add it", SPEC, by="alice")
        job = job_rows.request(here.bot.engine, here.request(issue), here.bot.clock.now()).job
        with here.bot.engine.begin() as connection:
            job_rows.move(connection, job.id, [JobState.WAITING], JobState.STARTING, "admitted", here.bot.clock.now())
        under_way: EnqueueOptions = {
            "queue_name": "jobs",
            "workflow_name": "job",
            "workflow_id": f"job-{job.id}-1",
            "app_version": "1",
        }
        here.bot.queue.client.enqueue(under_way, job.id)
        here.start().ready()
        here.until(job, lambda now: now.state is JobState.DISPATCHED)
