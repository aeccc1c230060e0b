"""Many labels at once, counted in the points that GitHub counts in."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.bots import statuses, until, works
from bot.hearing import SPEC, hearing
from mtor_bot.database.schema import TURNS
from mtor_bot.jobs import job_rows

if TYPE_CHECKING:
    from pathlib import Path

    from bot.hearing import Hearing
    from standins.github import Issue
    from standins.github.exchange import Exchange

BURST = 30
MOST_POINTS = 600
MOST_CREATED = 80
MOST_OF_A_JOB = 20  # 15, and what the time brings: the end of the job before, a new token


def shown(requests: list[Exchange]) -> str:
    counted = Counter(f"{each.status} {each.method} {each.template}" for each in requests)
    return "\n".join(f"{number:4} {line}" for line, number in counted.most_common())


def test_thirty_labels_in_a_second_cost_at_most_600_points(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.stored, github = True, ears.here.github
        issues = [ears.here.repository.issue(f"Say hello {n}", SPEC, by="alice") for n in range(BURST)]
        ears.here.start().ready()
        github.requests.clear()
        for issue in issues:
            issue.label("mtor", by="alice")
        until(
            lambda: all(issue.label_names == ["mtor:queued"] and "eyes" in issue.reactions.contents for issue in issues)
        )
        # The runs that start meanwhile are looked at as long as it takes, which a slow machine makes longer.
        asked = [each for each in github.requests if not each.template.endswith("/actions/runs/{run}")]
        assert [len(statuses(issue)) for issue in issues] == [1] * BURST
        assert sum(each.points for each in asked) <= MOST_POINTS, shown(asked)
        assert sum(each.method == "POST" for each in asked) <= MOST_CREATED, shown(asked)
        assert not [each for each in asked if each.status == 422], shown(asked)


def test_a_job_takes_the_app_at_most_20_requests_from_the_label_to_the_end(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.stored, github = True, ears.here.github
        with ears.here.bot.engine.begin() as connection:
            # The passes that look for what was missed are nobody's job.
            connection.execute(sa.update(TURNS).values(at=ears.here.bot.clock.now() * 2))
        github.play(works)
        ears.here.start().ready()
        done(ears, ears.here.repository.issue("Say hello", SPEC, by="alice"))  # makes the repository's labels
        github.requests.clear()
        done(ears, ears.here.repository.issue("Say hello again", SPEC, by="alice"))
        # The run is looked at as long as it takes, which a slow machine makes longer.
        asked = [each for each in github.requests if not each.template.endswith("/actions/runs/{run}")]
        assert len(asked) <= MOST_OF_A_JOB, shown(asked)
        assert sum(each.points for each in asked) <= 60, shown(asked)
        assert not [each for each in asked if each.template.endswith("/jobs")], shown(asked)


def done(ears: Hearing, issue: Issue) -> None:
    """Label the issue, and wait until everything about its job was told."""
    issue.label("mtor", by="alice")
    until(lambda: "rocket" in issue.reactions.contents and issue.label_names == ["mtor:done"])
    until(lambda: all(job.told_at for job in job_rows.jobs(ears.here.bot.engine)))


def test_a_delivery_reads_nothing_twice_and_asks_for_nothing_that_is_known_to_be_refused(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.comment("What do you think?", by="alice")
        issue.label("mtor", by="alice")
        ears.here.github.settle()
        ears.here.github.requests.clear()
        ears.act()
        asked = [each for each in ears.here.github.requests if "access_tokens" not in each.path]
        reads = Counter((each.path, str(each.query)) for each in asked if each.method == "GET")
        # The comments are looked at once more, when nobody else speaks.
        again = [path for (path, _), number in reads.items() if number > 1 and not path.endswith("/comments")]
        assert again == []
        assert not [each for each in asked if each.status >= 400 and each.method != "GET"]
        assert issue.label_names == ["mtor:queued"]


def test_what_is_polled_costs_nothing_of_the_hourly_limit_while_nothing_changes(tmp_path: Path) -> None:
    from mtor_bot.durable.lost_events import redeliver, relabel
    from mtor_bot.durable.reconcile import count_pulls
    from mtor_bot.jobs import job_rows

    with hearing(tmp_path) as ears:
        here = ears.here
        issue = here.repository.issue("Say hello", SPEC, by="alice")
        job_rows.request(here.bot.engine, here.request(issue), 1.0)

        def passes() -> None:
            relabel(here.bot)
            count_pulls(here.bot)
            redeliver(here.bot, here.bot.clock.now())

        passes()
        here.github.requests.clear()
        passes()
        assert {each.status for each in here.github.requests} == {304}
        issue.label("mtor", by="alice")
        here.github.requests.clear()
        passes()
        assert 200 in {each.status for each in here.github.requests}
