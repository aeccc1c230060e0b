"""Durable workflows as seen from the outside: put on a queue, woken, looked at, forgotten.

What is put on a queue or sent within a transaction of ours is there if and only if the transaction's own rows are. No
application version is given, so that any later release takes the work up.
https://docs.dbos.dev/python/reference/client
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa
    from dbos import DBOSClient, EnqueueOptions

    from mtor_bot.jobs.job import Job

APPLICATION = "mtor-bot"
JOBS_QUEUE = "jobs"
DELIVERIES_QUEUE = "deliveries"
JOB_WORKFLOW = "job"
DELIVERY_WORKFLOW = "delivery"
WAKE = "wake"
AT_WORK = ("ENQUEUED", "DELAYED", "PENDING")
FORGET_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Workflows:
    """The queue library's tables, through its client for other programs."""

    client: DBOSClient

    def enqueue(
        self,
        connection: sa.Connection,
        queue: str,
        name: str,
        workflow_id: str,
        *arguments: Any,
        delay_seconds: float = 0.0,
    ) -> None:
        """Put a workflow on a queue when the transaction commits, unless one of that id was there before."""
        options: EnqueueOptions = {"queue_name": queue, "workflow_name": name, "workflow_id": workflow_id}
        if delay_seconds:
            options["delay_seconds"] = delay_seconds
        self.client.enqueue_in_transaction(connection, options, *arguments)

    def start(self, connection: sa.Connection, job_id: str, workflow_id: str) -> None:
        """Have a job moved on from where it is."""
        self.enqueue(connection, JOBS_QUEUE, JOB_WORKFLOW, workflow_id, job_id)

    def wake(self, job: Job) -> None:
        """Have a job looked at now instead of when its wait ends; nothing happens if no workflow is there."""
        from dbos import error

        try:
            self.client.send(job.workflow_id, "", WAKE)
        except error.DBOSNonExistentWorkflowError:
            return

    def at_work(self, jobs: Sequence[Job]) -> set[str]:
        """The ids of those jobs whose workflow has not ended."""
        by_workflow = {job.workflow_id: job.id for job in jobs}
        if not by_workflow:
            return set()
        found = self.client.list_workflows(
            workflow_ids=list(by_workflow), status=list(AT_WORK), load_input=False, load_output=False
        )
        return {by_workflow[each.workflow_id] for each in found}

    def unfinished_deliveries(self) -> dict[str, dict[str, Any]]:
        """The events, in their plain form, of deliveries that are stored and not done with, by their workflow's id."""
        stored = self.client.list_workflows(name=DELIVERY_WORKFLOW, status=list(AT_WORK), load_output=False)
        return {each.workflow_id: each.input["args"][0] for each in stored if each.input and each.input["args"]}

    def executors(self) -> set[str]:
        """Who is entered as being at some workflow."""
        found = self.client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {each.executor_id for each in found if each.executor_id}

    def forget(self, before: str) -> int:
        """Delete some workflows that ended before a moment (ISO 8601); how many."""
        found = self.client.list_workflows(
            end_time=before,
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            limit=FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        self.client.delete_workflows([each.workflow_id for each in found])
        return len(found)


def connect(engine: sa.Engine) -> Workflows:
    """Use the library's tables through this engine; they are made when the first bot is launched."""
    from dbos import DBOSClient

    return Workflows(DBOSClient(system_database_engine=engine, application_name=APPLICATION, lazy=True))
