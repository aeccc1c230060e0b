"""A morning read over the API alone, without a clone; the ledger of outcomes is brought up to date on the way."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from mtor_action.coaching.note import BRANCH
from mtor_action.coaching.stats import effects
from mtor_action.errors import MtorError
from mtor_action.github.branches import coaching_files
from mtor_action.github.branches.repositories import branch_head
from mtor_action.github.payloads import stamp_of
from mtor_action.night.morning import Morning
from mtor_action.night.night_on_github import read_night
from mtor_action.outcomes.changed_pulls import update
from mtor_action.outcomes.figures import Week, weeks
from mtor_action.outcomes.pull_outcomes import PATH, Ledger, merged, read_ledger, written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mtor_action.coaching.runs import RunRecord
    from mtor_action.github.client import Client

SHOWN_WEEKS = 2
_FIRST_READING = timedelta(days=365)
_WITHOUT_A_LEDGER = timedelta(weeks=SHOWN_WEEKS)
_Figures = TypeVar("_Figures")
logger = logging.getLogger(__name__)


def read_morning(client: Client, since: str, now: float) -> Morning:
    """Return the morning; jobs since `since` (ISO 8601, UTC), `now` in seconds since the epoch. Raises GitHubError.

    Figures that cannot be read are left out: the jobs are what counts.
    """
    runs = _figures("the record of runs cannot be read", lambda: coaching_files.recent_runs(client)) or []
    jobs = read_night(client, since, runs)
    unread = "the outcomes cannot be read or kept"
    shown_weeks = _figures(unread, lambda: weeks_shown(keep_ledger(client, now), runs, now)) or ()
    notes = _figures("the notes cannot be read", lambda: coaching_files.notes(client)) if runs else None
    return Morning(client.full_name, since, tuple(jobs), shown_weeks, tuple(effects(notes or (), runs)))


def weeks_shown(ledger: Ledger, runs: Sequence[RunRecord], now: float) -> tuple[Week, ...]:
    """Return the figures of the weeks that a morning shows, this one last; () if nothing happened in them."""
    today = datetime.fromtimestamp(now, UTC).date()
    rows = weeks(ledger.pulls.values(), runs, today - timedelta(weeks=SHOWN_WEEKS - 1), today)
    return tuple(rows) if any(row.opened or row.runs or row.tokens for row in rows) else ()


def keep_ledger(client: Client, now: float) -> Ledger:
    """Return the ledger of outcomes, brought up to date on the branch mtor-coaching. Raises GitHubError, MtorError.

    Without the branch it is kept nowhere, and goes back as far as a morning shows.
    """
    moment = datetime.fromtimestamp(now, UTC)
    if branch_head(client, BRANCH) is None:
        return update(Ledger({}), client, stamp_of((moment - _WITHOUT_A_LEDGER).timestamp()))
    before = read_ledger(coaching_files.read_file(client, PATH))
    ledger = update(before, client, stamp_of((moment - _FIRST_READING).timestamp()))

    def edit(data: bytes | None) -> tuple[bytes, Ledger]:
        whole = merged([read_ledger(data), ledger])
        return written(whole), whole

    return coaching_files.change(client, PATH, edit, "record outcomes")


def _figures(unread: str, read: Callable[[], _Figures]) -> _Figures | None:
    """Return what is read, None where that fails, which the log says in the words `unread`."""
    try:
        return read()
    except MtorError as error:
        logger.warning(unread, extra={"why": error.message})
        return None
