"""The inbox: what was acknowledged reaches the durable queue, once, whoever moves it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from bot.queued import a_queue
from mtor_action.access.accounts import Sender
from mtor_bot.behaviours.commented import Commented
from mtor_bot.behaviours.installation_changed import InstallationChanged
from mtor_bot.behaviours.table import from_plain
from mtor_bot.database.schema import COMMANDS, INBOX
from mtor_bot.durable.inbox_to_queue import MOVED_AT_START, move, moving
from mtor_bot.durable.receive import IncomingWebhook, keep
from mtor_bot.github_app.installed_repository import InstalledRepository


def webhook(name: str, installation_id: int = 7) -> IncomingWebhook:
    return IncomingWebhook(f"delivery-{name}", InstallationChanged(installation_id, "deleted", ()), 1.0)


def comment(name: str, comment_id: int) -> IncomingWebhook:
    place, alice = InstalledRepository(8, 1, "acme/widget"), Sender(3, "alice", "User")
    event = Commented(place, alice, number=1, comment_id=comment_id, body="/mtor run")
    return IncomingWebhook(f"delivery-{name}", event, 1.0)


def test_a_delivery_is_kept_once_and_put_on_the_queue_once(database_url: str) -> None:
    with a_queue(database_url) as bot:
        for _ in range(2):
            keep(bot, [webhook("b"), webhook("a")])
        assert [kept.durable_workflow_id for kept in bot.inbox.waiting()] == ["delivery-a", "delivery-b"]
        assert bot.queue.unfinished_deliveries() == {}
        assert (move(bot), move(bot)) == (2, 0)
        keep(bot, [webhook("a", 9)])  # GitHub delivers it again
        assert move(bot) == 1
        assert bot.inbox.waiting() == []
        stored = bot.queue.unfinished_deliveries()
        assert stored.keys() == {"delivery-a", "delivery-b"}
        assert from_plain(stored["delivery-a"]) == webhook("a").event


def test_the_oldest_are_moved_first(database_url: str) -> None:
    with a_queue(database_url) as bot:
        for name in ("c", "a", "b"):
            keep(bot, [webhook(name)])
        assert move(bot, 2) == 2
        assert bot.queue.unfinished_deliveries().keys() == {"delivery-a", "delivery-c"}
        assert [kept.durable_workflow_id for kept in bot.inbox.waiting()] == ["delivery-b"]


def test_replicas_that_move_at_once_move_each_delivery_once(database_url: str) -> None:
    names = [f"{number:03}" for number in range(200)]
    with a_queue(database_url) as bot, ThreadPoolExecutor(4) as pool:
        keep(bot, [webhook(name) for name in names])
        moved = list(pool.map(lambda _: sum(iter(lambda: move(bot), 0)), range(4)))
        assert sum(moved) == len(names)
        assert sorted(bot.queue.unfinished_deliveries()) == [f"delivery-{name}" for name in names]


def test_of_one_comment_under_two_ids_only_one_reaches_the_queue(database_url: str) -> None:
    with a_queue(database_url) as bot:
        keep(bot, [comment("one", 5), comment("two", 5), comment("other", 6)])
        assert move(bot) == 3
        assert bot.queue.unfinished_deliveries().keys() == {"delivery-one", "delivery-other"}
        with bot.engine.connect() as connection:
            assert sorted(connection.execute(sa.select(COMMANDS.c.source)).scalars()) == ["comment-5", "comment-6"]


def test_what_cannot_be_put_on_the_queue_stays_in_the_inbox(database_url: str) -> None:
    with a_queue(database_url) as bot:
        keep(bot, [webhook("a")])
        with bot.engine.connect() as connection:
            taken = bot.inbox.take_out(connection, 5)
            connection.rollback()
        assert [kept.durable_workflow_id for kept in taken] == ["delivery-a"]
        assert bot.inbox.waiting() == taken


def test_what_a_predecessor_left_is_on_the_queue_when_the_bot_has_started(database_url: str) -> None:
    with a_queue(database_url) as bot:
        keep(bot, [webhook(str(number)) for number in range(MOVED_AT_START)])
        with moving(bot):
            assert len(bot.queue.unfinished_deliveries()) == MOVED_AT_START
        with bot.engine.connect() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(INBOX)).scalar_one() == 0


def test_only_deliveries_that_came_together_are_a_burst(database_url: str) -> None:
    with a_queue(database_url) as bot:
        keep(bot, [webhook("a")])
        assert not bot.inbox.is_in_burst()
        keep(bot, [webhook("b"), webhook("c")])
        assert bot.inbox.is_in_burst()
