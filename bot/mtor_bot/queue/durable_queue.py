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

APPLICATION = "mtor-bot"
JOBS_QUEUE = "jobs"
DELIVERIES_QUEUE = "deliveries"
# Stored by the library with each durable workflow: a bot that is upgraded resumes it by this name.
JOB_WORKFLOW = "job"
DELIVERY_WORKFLOW = "delivery"
WAKE = "wake"
AT_WORK = ("ENQUEUED", "DELAYED", "PENDING")
FORGET_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class DurableQueue:
    """The queue library's tables, through its client for other programs."""

    client: DBOSClient

    def enqueue(
        self,
        connection: sa.Connection,
        queue: str,
        name: str,
        durable_workflow_id: str,
        *arguments: Any,
        delay_seconds: float = 0.0,
    ) -> None:
        """Put a durable workflow on a queue when the transaction commits, unless one has that id already."""
        options: EnqueueOptions = {"queue_name": queue, "workflow_name": name, "workflow_id": durable_workflow_id}
        if delay_seconds:
            options["delay_seconds"] = delay_seconds
        self.client.enqueue_in_transaction(connection, options, *arguments)

    def start(self, connection: sa.Connection, job_id: str, durable_workflow_id: str) -> None:
        """Queue the durable workflow that moves a job on from where it is."""
        self.enqueue(connection, JOBS_QUEUE, JOB_WORKFLOW, durable_workflow_id, job_id)

    def wake(self, durable_workflow_id: str) -> None:
        """Let a job's durable workflow look now instead of when its wait ends; nothing happens without one."""
        from dbos import error

        try:
            self.client.send(durable_workflow_id, "", WAKE)
        except error.DBOSNonExistentWorkflowError:
            return

    def at_work(self, durable_workflow_ids: Sequence[str]) -> set[str]:
        """Return the ids of those of these durable workflows that have not ended."""
        if not durable_workflow_ids:
            return set()
        unfinished = self.client.list_workflows(
            workflow_ids=list(durable_workflow_ids), status=list(AT_WORK), load_input=False, load_output=False
        )
        return {workflow.workflow_id for workflow in unfinished}

    def is_stored(self, durable_workflow_id: str) -> bool:
        """Return whether a durable workflow has that id, whatever became of it."""
        known = self.client.list_workflows(
            workflow_ids=[durable_workflow_id], limit=1, load_input=False, load_output=False
        )
        return bool(known)

    def unfinished_deliveries(self) -> dict[str, dict[str, object]]:
        """Return the stored form of the events still to be acted on, by durable workflow id."""
        stored = self.client.list_workflows(name=DELIVERY_WORKFLOW, status=list(AT_WORK), load_output=False)
        return {item.workflow_id: item.input["args"][0] for item in stored if item.input and item.input["args"]}

    def executors(self) -> set[str]:
        """Return the ids of the executors that some durable workflow is assigned to."""
        pending = self.client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {workflow.executor_id for workflow in pending if workflow.executor_id}

    def forget(self, before: str) -> int:
        """Delete up to FORGET_AT_ONCE durable workflows that ended before a moment (ISO 8601); return how many."""
        ended = self.client.list_workflows(
            end_time=before,
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            limit=FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        self.client.delete_workflows([workflow.workflow_id for workflow in ended])
        return len(ended)


def connect(engine: sa.Engine) -> DurableQueue:
    """Return the queue on the library's tables in `engine`, which exist once the first bot was launched."""
    from dbos import DBOSClient

    return DurableQueue(DBOSClient(system_database_engine=engine, application_name=APPLICATION, lazy=True))
