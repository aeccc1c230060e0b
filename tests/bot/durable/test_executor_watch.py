"""Who is held for dead, by the growth of beats alone."""

from __future__ import annotations

import sqlalchemy as sa

from bot.queued import a_queue
from mtor_bot.clock import ScaledClock
from mtor_bot.database.schema import EXECUTORS
from mtor_bot.durable.executor_watch import ExecutorWatch
from mtor_bot.queue.lease import Lease, take

LEASE = 30.0


def watch(bot: object, recovered: list[str]) -> ExecutorWatch:
    return ExecutorWatch(bot, LEASE, recovered.extend)  # type: ignore[arg-type] # a Bot


def test_who_beats_is_never_removed_and_who_stops_is_after_a_lease(database_url: str) -> None:
    with a_queue(database_url) as bot:
        other, here = take(bot.engine, ScaledClock(), alone=False), watch(bot, [])
        for second in range(0, 100, 10):
            other.beat()
            here.look(float(second))
            assert other.is_held()
        here.look(110.0)
        here.look(120.0)
        assert other.is_held()
        here.look(121.0)
        assert not other.is_held()
        assert bot.lease.is_held()


def test_a_watcher_that_was_paused_itself_begins_anew(database_url: str) -> None:
    with a_queue(database_url) as bot:
        other, here = take(bot.engine, ScaledClock(), alone=False), watch(bot, [])
        here.look(0.0)
        here.look(1000.0)
        assert other.is_held()
        here.look(1020.0)
        assert other.is_held()
        here.look(1031.0)
        assert not other.is_held()


def test_who_is_alone_takes_the_place_of_all_others_at_once(database_url: str) -> None:
    with a_queue(database_url) as bot:
        successor = take(bot.engine, ScaledClock(), alone=True)
        assert successor.is_held()
        assert not bot.lease.is_held()


def test_the_work_of_those_without_a_row_is_taken_up_and_no_other(database_url: str) -> None:
    with a_queue(database_url) as bot:
        alive = take(bot.engine, ScaledClock(), alone=False)
        with bot.engine.begin() as connection:
            for number, executor in enumerate((bot.lease.id, alive.id, "gone", "gone too")):
                bot.queue.enqueue(connection, "jobs", "job", f"w{number}", "x")
                table = "dbos.workflow_status" if connection.dialect.name == "postgresql" else "workflow_status"
                claim = f"UPDATE {table} SET status = 'PENDING', executor_id = :executor WHERE workflow_uuid = :id"
                connection.execute(sa.text(claim), {"executor": executor, "id": f"w{number}"})
        recovered: list[str] = []
        watch(bot, recovered).adopt()
        assert recovered == ["gone", "gone too"]


def test_a_closed_lease_waits_for_steps_and_gives_its_row_back(database_url: str) -> None:
    with a_queue(database_url) as bot:
        with bot.lease.acting():
            bot.lease.close(0.01)
        bot.lease.beat()  # its own end is no reason to end the process
        with bot.engine.connect() as connection:
            assert connection.execute(sa.select(EXECUTORS)).all() == []
        assert isinstance(bot.lease, Lease)
