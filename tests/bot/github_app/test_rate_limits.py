"""GitHub's limits: nothing of an installation is sent until the moment that GitHub names, whatever waits."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.bots import scene, until, works
from mtor_action.github.failures import GitHubError, RequestFailure, RequestFailureKind
from mtor_action.report.report import Outcome
from mtor_bot.clock import ScaledClock
from mtor_bot.database.schema import LIMITS
from mtor_bot.github_app import rate_limits
from mtor_bot.github_app.installed_repository import InstalledRepository
from mtor_bot.github_app.rate_limits import Gate, wait_seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.bots import Scene
    from bot.postgres import Postgres

HOUR = rate_limits.MOST_WAIT_SECONDS


def at(seconds: float) -> str:
    """An HTTP date so far from now."""
    return formatdate(time.time() + seconds, usegmt=True)


def reset(seconds: float) -> dict[str, str]:
    return {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time() + seconds))}


@pytest.mark.parametrize(
    ("headers", "strikes", "expected"),
    [
        (dict, 1, 60),
        (dict, 2, 120),
        (dict, 4, 480),
        (dict, 2000, HOUR),
        (lambda: {"retry-after": "17"}, 1, 17),
        (lambda: {"retry-after": "17", **reset(500)}, 1, 17),
        (lambda: {"retry-after": "0"}, 1, 1),
        (lambda: {"retry-after": "-5"}, 1, 1),
        (lambda: {"retry-after": "0"}, 3, 60),
        (lambda: {"retry-after": "0"}, 5, 240),
        (lambda: {"retry-after": "1e300"}, 1, HOUR),
        (lambda: {"retry-after": "inf"}, 1, HOUR),
        (lambda: {"retry-after": "9" * 5000}, 1, HOUR),
        (lambda: {"retry-after": "nan"}, 1, 60),
        (lambda: {"retry-after": "soon"}, 2, 120),
        (lambda: {"retry-after": "soon", **reset(300)}, 1, 301),
        (lambda: {"retry-after": at(90)}, 1, 91),
        (lambda: {"retry-after": at(-90)}, 1, 1),
        (lambda: {"retry-after": "Fri, 99 Foo 2026 00:00:00 GMT"}, 1, 60),
        (lambda: reset(300), 1, 301),
        (lambda: reset(-300), 1, 1),
        (lambda: reset(10**9), 1, HOUR),
        (lambda: {**reset(300), "x-ratelimit-remaining": "12"}, 1, 60),
        (lambda: {**reset(300), "x-ratelimit-reset": "-1"}, 1, 1),
        (lambda: {**reset(300), "x-ratelimit-reset": "tomorrow"}, 1, 60),
        # Our clock is an hour wrong, GitHub's own says how long it is.
        (lambda: {**reset(3900), "date": at(3600)}, 1, 300),
        (lambda: {**reset(-3300), "date": at(-3600)}, 1, 300),
        (lambda: {"retry-after": at(-3540), "date": at(-3600)}, 1, 60),
    ],
)
def test_how_long_is_waited_is_what_github_asks_for_within_reason(
    headers: Callable[[], dict[str, str]], strikes: int, expected: float
) -> None:
    assert wait_seconds(headers(), strikes, ScaledClock()) == pytest.approx(expected, abs=2.1)
    assert wait_seconds({"retry-after": "17"}, 1, ScaledClock(0.01)) == pytest.approx(0.17)


def test_after_a_limit_one_tries_and_the_others_learn_from_it() -> None:
    gate = Gate(1, ScaledClock(0.01))
    refused = RequestFailure(RequestFailureKind.SECONDARY_LIMIT, 429, "", {"retry-after": "30"})
    assert gate.enter("GET") == 0.0
    gate.leave(refused.headers, refused)
    with ThreadPoolExecutor(8) as pool:
        assert all(seconds > 0 for seconds in pool.map(lambda _: gate.enter("GET"), range(8)))
        until(lambda: gate.closed_seconds() == 0)
        assert gate.enter("GET") == 0.0
        others = [pool.submit(gate.enter, "GET") for _ in range(7)]
        gate.leave(refused.headers, refused)
        assert all(each.result() > 0 for each in others)


def test_no_more_is_sent_in_a_minute_than_github_allows() -> None:
    gate, began = Gate(1, ScaledClock(0.01)), time.time()
    for _ in range(rate_limits.MOST_CREATED * 2 + 1):
        assert gate.enter("POST") == 0.0
        gate.leave({"x-ratelimit-remaining": "5"}, None)
    assert time.time() - began >= 2 * 0.6 - 0.1


def limited(here: Scene) -> int:
    return len([each for each in here.github.requests if each.fault])


def test_while_github_limits_an_installation_nothing_of_it_is_sent_however_many_jobs_wait(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.play(works)
        issues = [here.repository.issue(f"Title {number}", "body", by="alice") for number in range(3)]
        here.start().ready()
        here.github.faults.rate_limit("* /repos/*", seconds=300.0, times=-1)
        jobs = [here.ask(issue, event=issue.number) for issue in issues]
        opens = closed_until(here)
        until(lambda: time.time() > opens - 0.5)
        # Only what was under way when the first was refused.
        assert limited(here) <= len(jobs) + 1
        here.github.faults.clear()
        assert {here.told(job).outcome for job in jobs} == {Outcome.CLEAN}
        assert {here.job(job.id).faults for job in jobs} == {0}


def closed_until(here: Scene) -> float:
    """When the installation's gate opens, as it is stored."""
    query = sa.select(LIMITS.c.until).filter_by(installation_id=here.installation.id)

    def stored() -> float:
        with here.bot.engine.connect() as connection:
            return float(connection.execute(query).scalar_one_or_none() or 0.0)

    until(stored)
    return stored()


def test_a_limit_outlives_a_kill(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.github.play(works)
        bot = here.start().ready()
        here.github.faults.rate_limit("* /repos/*", seconds=400.0, times=-1)
        job = here.ask(here.repository.issue("Title", "body", by="alice"))
        opens = closed_until(here)
        bot.kill()
        before = limited(here)
        here.start().ready()
        until(lambda: time.time() > opens - 0.5)
        assert limited(here) == before
        here.github.faults.clear()
        assert here.told(job).outcome is Outcome.CLEAN


def test_a_limit_holds_for_all_replicas(tmp_path: Path, postgres: Postgres) -> None:
    with scene(tmp_path, postgres.database()) as here:
        here.github.play(works)
        for process in (here.start(), here.start()):
            process.ready()
        here.github.faults.rate_limit("* /repos/*", seconds=400.0, times=-1)
        first = here.ask(here.repository.issue("Title 1", "body", by="alice"), event=1)
        opens = closed_until(here)
        before = limited(here)
        more = [here.ask(here.repository.issue(f"Title {n}", "body", by="alice"), event=n) for n in range(2, 8)]
        until(lambda: time.time() > opens - 0.5)
        assert limited(here) <= before + 1
        here.github.faults.clear()
        assert {here.told(job).outcome for job in (first, *more)} == {Outcome.CLEAN}


def refused_once(here: Scene) -> None:
    with (
        here.bot.clients.repository(
            InstalledRepository(here.installation.id, here.repository.id, "acme/widget")
        ) as client,
        pytest.raises(GitHubError),
    ):
        client.call("GET", "")


@pytest.mark.parametrize("hours", [-2, 2])
def test_clocks_that_differ_by_hours_make_no_difference(tmp_path: Path, hours: int) -> None:
    with scene(tmp_path) as here:
        here.bot.clients.repository(InstalledRepository(here.installation.id, here.repository.id, "acme/widget"))
        here.github.clock.advance(hours * 3600)
        here.github.faults.rate_limit("GET /repos/acme/widget", seconds=3000.0)
        refused_once(here)
        assert 25 < here.bot.clients.closed_seconds(here.installation.id) <= 31


@pytest.mark.parametrize(("status", "words"), [(403, "Resource not accessible by integration"), (403, "Forbidden")])
def test_a_refusal_that_is_not_a_limit_closes_nothing(tmp_path: Path, status: int, words: str) -> None:
    with scene(tmp_path) as here:
        here.github.faults.refuse("GET /repos/acme/widget", status, words)
        with here.bot.clients.repository(
            InstalledRepository(here.installation.id, here.repository.id, "acme/widget")
        ) as client:
            with pytest.raises(GitHubError):
                client.call("GET", "")
            assert client.call("GET", "").number("id") == here.repository.id
        assert here.bot.clients.closed_seconds(here.installation.id) == 0


def test_the_limit_of_one_installation_keeps_no_other_waiting(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        other = here.github.repository("globex/thing")
        second = here.github.app.install(other)
        here.github.faults.rate_limit("GET /repos/acme/*", seconds=3000.0, times=-1)
        refused_once(here)
        with pytest.raises(GitHubError) as refused:
            here.bot.clients.repository(InstalledRepository(here.installation.id, here.repository.id, "acme/widget"))
        assert refused.value.kind is RequestFailureKind.RATE_LIMITED
        with here.bot.clients.repository(InstalledRepository(second.id, other.id, "globex/thing")) as client:
            assert client.call("GET", "").number("id") == other.id


def test_the_last_request_that_was_allowed_closes_the_gate() -> None:
    gate = Gate(1, ScaledClock())
    gate.leave({**reset(120), "date": at(0)}, None)
    assert 115 < gate.closed_seconds() < 125
