"""Reviews, pull requests, runs, and the ground under jobs: from the webhook to what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.hearing import SPEC, hearing
from mtor_bot.database.schema import PULLS, REPOSITORIES
from mtor_bot.jobs import job_rows
from mtor_bot.jobs.job_record import JobState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.hearing import Hearing
    from standins.github.pulls import Pull


def ours(ears: Hearing, branch: str = "mtor/1-b", by: str = "mtor[bot]") -> Pull:
    """A pull request as mtor opens it."""
    ears.here.repository.commit({f"{branch}.py": "1\n"}, "b", branch=branch, by="alice")
    return ears.here.repository.pull_request(branch, "B", "", by=by)


def notes(ears: Hearing) -> str:
    """coaching.yml on its branch, "" if there is none."""
    return ears.here.repository.read("coaching.yml", "mtor-coaching") or ""


def test_what_writers_say_in_reviews_of_mtors_pull_requests_is_proposed_once(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        pull = ours(ears)
        pull.remark("Use a dataclass here.", "mtor/1-b.py", 1, by="alice")
        pull.review("Tests belong beside the code.", "CHANGES_REQUESTED", by="alice")
        pull.review("Well done, merge it.", "APPROVED", by="alice")
        pull.remark("A stranger's wish.", "mtor/1-b.py", 1, by="stranger")
        pull.remark("/mtor coach Always use slots.", "mtor/1-b.py", 1, by="alice")
        ears.act(times=2)
        text = notes(ears)
        assert text.count("Use a dataclass here.") == text.count("Tests belong beside the code.") == 1
        assert "count:" not in text
        assert text.count("state: active") == 1
        assert "mtor/1-b.py" in text
        assert "merge it" not in text
        assert "stranger" not in text


@pytest.mark.parametrize(("branch", "by"), [("change", "alice"), ("mtor/1-x", "alice"), ("change", "mtor[bot]")])
def test_reviews_of_other_pull_requests_teach_nothing(tmp_path: Path, branch: str, by: str) -> None:
    with hearing(tmp_path) as ears:
        ours(ears, branch, by).remark("Use a dataclass here.", f"{branch}.py", 1, by="alice")
        ears.act()
        assert notes(ears) == ""


def test_open_pull_requests_of_mtors_are_counted(tmp_path: Path) -> None:
    with hearing(tmp_path, max_open_pull_requests=1) as ears:
        engine, issue = ears.here.bot.engine, ears.here.repository.issue("One", SPEC, by="alice")
        theirs, pull, quiet = (
            ours(ears, by="alice"),
            ours(ears, "mtor/2-b"),
            ours(ears, "mtor/3-b", "github-actions[bot]"),
        )
        ears.act()
        with engine.connect() as connection:
            assert set(connection.execute(sa.select(PULLS.c.number)).scalars()) == {pull.number, quiet.number}
        issue.label("mtor", by="alice")
        ears.act()
        assert [job.state for job in job_rows.jobs(engine)] == [JobState.WAITING]
        for each in (theirs, pull, quiet):
            each.issue.close("alice")
        ears.act()
        assert [job.state for job in job_rows.jobs(engine)] == [JobState.STARTING]


GROUND: list[tuple[str, Callable[[Hearing], object], str]] = [
    ("uninstalled", lambda ears: ears.here.github.app.uninstall(ears.here.installation), "uninstalled"),
    ("suspended", lambda ears: ears.here.github.app.suspend(ears.here.installation), "suspended"),
    (
        "removed",
        lambda ears: ears.here.github.app.remove(ears.here.installation, ears.here.repository),
        "no longer sees",
    ),
    ("archived", lambda ears: ears.here.repository.archive(), "archived"),
    ("deleted", lambda ears: ears.here.repository.delete(), "no longer sees"),
]


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in GROUND], ids=[row[0] for row in GROUND])
def test_when_the_ground_is_gone_jobs_end_with_a_sentence(
    tmp_path: Path, change: Callable[[Hearing], object], words: str
) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("One", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        change(ears)
        ears.act(times=2)
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert job.is_finished
        assert words in job.reason
        assert job.next_step


def test_a_suspension_that_is_over_when_its_webhook_comes_ends_nothing(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        app, installation = ears.here.github.app, ears.here.installation
        app.suspend(installation)
        app.suspend(installation, undo=True)
        ears.here.github.settle()
        late, ears.came[:] = list(ears.came), []
        issue = ears.here.repository.issue("One", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        ears.came.extend(late)
        ears.act()
        assert [name for name, _, _ in late] == ["installation"] * 2
        assert [job.is_finished for job in job_rows.jobs(ears.here.bot.engine)] == [False]


def test_a_renamed_repository_is_known_by_its_new_name(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.here.repository.issue("One", SPEC, by="alice").label("mtor", by="alice")
        ears.act()
        ears.here.repository.rename("acme/gadget")
        ears.act()
        with ears.here.bot.engine.connect() as connection:
            assert connection.execute(sa.select(REPOSITORIES.c.full_name)).scalar_one() == "acme/gadget"
        assert job_rows.jobs(ears.here.bot.engine)[0].repository == "acme/gadget"


@pytest.mark.parametrize("what", ["delete", "close"])
def test_a_deleted_or_closed_issue_cancels_its_jobs(tmp_path: Path, what: str) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("One", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.act()
        issue.delete() if what == "delete" else issue.close("alice")
        ears.act()
        assert job_rows.jobs(ears.here.bot.engine)[0].cancelled_by


@pytest.mark.parametrize(("seconds", "is_cancelled"), [(0, True), (1, False), (50, False)])
@pytest.mark.parametrize("asked_by", ["label", "comment"])
def test_a_late_webhook_cancels_no_job_that_was_asked_for_after_it(
    tmp_path: Path, asked_by: str, seconds: int, *, is_cancelled: bool
) -> None:
    with hearing(tmp_path) as ears:
        issue = ears.here.repository.issue("One", SPEC, by="alice")
        ears.act()
        issue.close("bob", "not_planned")
        ears.here.github.settle()
        late = list(ears.came)
        ears.came.clear()
        issue.reopen("bob")
        ears.here.github.clock.advance(seconds)
        issue.label("mtor", by="alice") if asked_by == "label" else issue.comment("/mtor run", by="alice")
        ears.act()
        ears.came.extend(late)
        ears.act()
        (job,) = job_rows.jobs(ears.here.bot.engine)
        assert job.cancelled_by == ("bob" if is_cancelled else "")
