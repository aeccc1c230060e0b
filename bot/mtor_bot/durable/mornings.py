"""The end of every night: the issue "mtor: last night" in each repository that ever had a job, and one message.

Rows in TURNS record the progress, so that another process can continue after a kill:

| name | `at` |
| --- | --- |
| `night-ID` | the end of the last night whose issue was written; the next one begins there |
| `nightly-ID` | when a process last began; another may take over after LEASE_SECONDS |
| `said-ID` | the end of the last night whose message a process began to send: at most once a night |
| `told-ID` | the end of the last night whose message arrived; the next message begins there |

Writing the issue twice does no harm, because it is edited in place. A message cannot be taken back, and a process that
is killed while it sends may have sent it. So that night is reported again only as part of the next message.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

import sqlalchemy as sa

from mtor_action.errors import MtorError
from mtor_action.github.client import Client
from mtor_action.github.payloads import stamp_of
from mtor_action.night.morning import Morning
from mtor_action.night.morning_on_github import read_morning
from mtor_action.night.night_issue import keep_issue, night_markdown, own_issue
from mtor_action.night.night_message import NotTaken, night_message, send
from mtor_action.night.night_page import night_page
from mtor_bot.bot import Bot
from mtor_bot.database.inserting import insert_new, upsert
from mtor_bot.database.schema import NIGHTS, REPOSITORIES, TURNS
from mtor_bot.github_app.installed_repository import InstalledRepository

LEASE_SECONDS = 600.0
MOST_DAYS_BACK = 7
MOST_TRIES = 3
PAUSE_SECONDS = 5.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Night:
    """One night of a repository, in seconds since the epoch."""

    begins: float
    end: float


def keep_mornings(bot: Bot, now: float | None = None) -> int:
    """Write the issue and send the message in every repository whose night is over; return in how many.

    `now` is in seconds since the epoch, None for the bot's clock. A repository that fails does not hold up the others;
    it is tried again.
    """
    night_time = bot.settings.night_time
    if night_time is None:
        return 0
    moment = bot.clock.now() if now is None else now
    end = night_time.last_before(moment)
    with bot.engine.connect() as connection:
        rows = connection.execute(sa.select(REPOSITORIES)).all()
    places = [InstalledRepository(row.installation_id, row.id, row.full_name) for row in rows]
    return sum(_keep(bot, place, end, moment) for place in places)


def _keep(bot: Bot, place: InstalledRepository, end: float, now: float) -> bool:
    ident = place.repository_id
    begins = _first_at(bot, f"night-{ident}", end)
    lease = now - bot.clock.scaled(LEASE_SECONDS)
    if begins >= end or not _claim(bot, f"nightly-{ident}", lease, now):
        return False
    try:
        # One token for all: hundreds would be asked for at once.
        with bot.clients.repository(replace(place, repository_id=0)) as client:
            morning = read_morning(client, _since(begins, now), now)
            if morning.jobs or own_issue(client, adopts_actions=True):
                keep_issue(client, night_markdown(morning), adopts_actions=True)
                _keep_page(bot, place, night_page(morning))
            _send_message(bot, client, ident, morning, Night(begins, end))
    except MtorError as error:
        logger.warning("a night is tried again", extra={"repository": place.repository, "why": error.message})
        return False
    _note(bot, f"night-{ident}", end)
    return True


def _send_message(bot: Bot, client: Client, ident: int, morning: Morning, night: Night) -> None:
    """Send the night as a message, at most once. Raises GitHubError; one that is not taken is logged."""
    address = bot.settings.night_webhook.get_secret_value()
    told = _first_at(bot, f"told-{ident}", night.begins)
    if not address:
        _note(bot, f"told-{ident}", night.end)
        return
    since = _since(told, night.end)
    if since < morning.since:  # the last message was lost
        morning = read_morning(client, since, night.end)
    if not _claim(bot, f"said-{ident}", night.begins, night.end):
        return
    if not morning.jobs or _is_taken(bot, night_message(morning), address):
        _note(bot, f"told-{ident}", night.end)


def _is_taken(bot: Bot, message: dict[str, object], address: str) -> bool:
    """Return whether the webhook took it; only what certainly did not arrive is sent again, MOST_TRIES times."""
    for tries in range(1, MOST_TRIES + 1):
        try:
            send(message, address)
        except NotTaken as error:
            logger.warning("a night's message was not taken", extra={"why": error.message, "tries": tries})
            if not error.try_again or tries == MOST_TRIES:
                return False
            time.sleep(bot.clock.scaled(PAUSE_SECONDS * tries))
        else:
            return True
    return False


def _keep_page(bot: Bot, place: InstalledRepository, page: str) -> None:
    with bot.engine.begin() as connection:
        upsert(connection, NIGHTS, repository_id=place.repository_id, full_name=place.repository, page=page)


def _since(begins: float, now: float) -> str:
    return stamp_of(max(begins, now - MOST_DAYS_BACK * 24 * 3600.0))


def _first_at(bot: Bot, name: str, first: float) -> float:
    """Return the row's moment; a new row begins with `first`: what was before it was nobody's to tell."""
    with bot.engine.begin() as connection:
        insert_new(connection, TURNS, name=name, at=first)
        return float(connection.execute(sa.select(TURNS.c.at).filter_by(name=name)).scalar_one())


def _claim(bot: Bot, name: str, latest: float, at: float) -> bool:
    """Set the row to `at` if it is at most at `latest`, and return whether it was: of two who claim, one wins."""
    with bot.engine.begin() as connection:
        insert_new(connection, TURNS, name=name, at=0.0)
        free = sa.and_(TURNS.c.name == name, TURNS.c.at <= latest)
        return connection.execute(sa.update(TURNS).where(free).values(at=at)).rowcount == 1


def _note(bot: Bot, name: str, at: float) -> None:
    with bot.engine.begin() as connection:
        upsert(connection, TURNS, name=name, at=at)
