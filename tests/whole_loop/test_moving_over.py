"""`MTOR_BOT_URL` is set while jobs of event runs wait, run or have just ended: the App takes each over, once."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import scripted_runs
from bot import bots
from standins.night import orchard
from standins.night.bot import served
from standins.night.loop import dispatched, looped, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue, Run
    from standins.night.bot import Bot
    from standins.night.loop import Loop

pytestmark = pytest.mark.timeout(400)
# An event run has ten minutes, here thirty seconds: a machine with much to do needs them.
SCALE = 0.05
ENDED = {"mtor:done", "mtor:stalled", "mtor:failed"}


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looped(tmp_path / "github", scale=SCALE, warm_up=scripted_runs.WARM_UP) as made:
        yield made


@contextmanager
def moved(loop: Loop, folder: Path) -> Iterator[Bot]:
    """A server, the App on the repository, and then the variable."""
    with served(loop.github, folder, warm_up=bots.WARM_UP) as bot:
        loop.installed(bot.url)
        yield bot


def held(loop: Loop, folder: Path, name: str) -> Issue:
    """An issue whose job waits in its set-up until there is a file `NAME.go`."""
    title, body = orchard.SPECS["clean"]
    command = f"touch {folder}/{name}.begun; while [ ! -e {folder}/{name}.go ]; do sleep 0.05; done"
    return loop.repository.issue(f"{title} {name}", f"{body}\n```yaml mtor\nsetup: [{command!r}]\n```\n", by="alice")


def pulls(loop: Loop, issue: Issue) -> list[Issue]:
    mine = f"mtor/{issue.number}-"
    return [each for each in loop.repository.issues.values() if each.pull and each.pull.head_ref.startswith(mine)]


def statuses(issue: Issue) -> list[tuple[str, str]]:
    found = [each for each in issue.comments if each.body.startswith("<!-- mtor:status ")]
    return [(each.user.login, each.body) for each in found]


def runs_of(loop: Loop, issue: Issue) -> list[Run]:
    return [run for run in dispatched(loop.repository) if run.inputs["issue"] == str(issue.number)]


def is_over(issue: Issue) -> bool:
    return bool(ENDED & set(issue.label_names))


def adopted(bot: Bot, number: int) -> None:
    wait_until(lambda: bot.log().count("had started is adopted") == number)


def test_the_app_takes_over_what_runs_and_what_waits_though_it_is_killed_in_between(loop: Loop, tmp_path: Path) -> None:
    loop.repository.variables["MTOR_SLOTS"] = "1"
    folder = loop.open_folder()
    first, second = held(loop, folder, "first"), held(loop, folder, "second")
    first.label("mtor", by="alice")
    wait_until((folder / "first.begun").exists)
    second.label("mtor", by="alice")
    wait_until(lambda: len(dispatched(loop.repository)) == 2 and "mtor" not in second.label_names)
    with moved(loop, tmp_path) as bot:
        adopted(bot, 2)
        bot.kill()
        # The spec that is at work, once more, by a webhook that nobody takes.
        first.label("mtor", by="alice")
        bot.start()
        wait_until(lambda: "mtor" not in first.label_names)
        (folder / "first.go").touch()
        wait_until((folder / "second.begun").exists)
        # The slot is free when the work is done; the pull request is opened after that, with a token of the App's.
        wait_until(lambda: runs_of(loop, first)[0].status == "completed")
        bot.kill()
        (folder / "second.go").touch()
        wait_until(lambda: all(run.status == "completed" for run in dispatched(loop.repository)))
        bot.start()
        for issue in (first, second):
            wait_until(lambda issue=issue: is_over(issue))  # type: ignore[misc]
            loop.github.settle(200)
            (run,) = runs_of(loop, issue)
            assert run.conclusion == "success", loop.log(run)
            assert issue.label_names == ["mtor:done"]
            (pull,) = pulls(loop, issue)
            wait_until(lambda issue=issue, pull=pull: f"**clean** #{pull.number}" in statuses(issue)[0][1])  # type: ignore[misc]
            # The comment of the event run, edited by the App.
            assert [login for login, _ in statuses(issue)] == ["github-actions[bot]"]
        # It had adopted the first one, so it gave that a token.
        assert pulls(loop, first)[0].user.login == "mtor[bot]"


def test_a_job_that_is_being_published_is_taken_over_and_told_once_though_the_app_is_killed(
    loop: Loop, tmp_path: Path
) -> None:
    publishing, goes_on = threading.Event(), threading.Event()

    def wait() -> None:
        publishing.set()
        goes_on.wait(200)

    loop.github.faults.before("POST */pulls", wait)
    issue = loop.issue("clean")
    issue.label("mtor", by="alice")
    wait_until(publishing.is_set)
    with moved(loop, tmp_path) as bot:
        adopted(bot, 1)
        bot.kill()
        goes_on.set()
        wait_until(lambda: all(run.status == "completed" for run in dispatched(loop.repository)))
        bot.start()
        wait_until(lambda: states(bot) == ["finished"] and None not in told(bot))
        loop.github.settle(200)
    (run,) = runs_of(loop, issue)
    (pull,) = pulls(loop, issue)
    assert issue.label_names == ["mtor:done"], loop.log(run)
    assert [login for login, _ in statuses(issue)] == ["github-actions[bot]"]
    assert f"**clean** #{pull.number}" in statuses(issue)[0][1]
    assert len([each for each in issue.comments if each.body.startswith("<!-- mtor:report ")]) == 1
    assert not [each for each in issue.comments if each.body.startswith("<!-- mtor:ending ")]


def states(bot: Bot) -> list[str]:
    return [state for state, _ in _jobs(bot)]


def told(bot: Bot) -> list[float | None]:
    return [told_at for _, told_at in _jobs(bot)]


def _jobs(bot: Bot) -> list[tuple[str, float | None]]:
    with sqlite3.connect(f"file:{bot.database}?mode=ro", uri=True) as connection:
        return connection.execute("SELECT state, told_at FROM mtor_jobs").fetchall()


def test_a_job_of_an_event_run_is_cancelled_by_the_app(loop: Loop, tmp_path: Path) -> None:
    folder = loop.open_folder()
    issue = held(loop, folder, "only")
    issue.label("mtor", by="alice")
    wait_until((folder / "only.begun").exists)
    with moved(loop, tmp_path) as bot:
        adopted(bot, 1)
        issue.comment("/mtor cancel", by="alice")
        wait_until(lambda: is_over(issue))
        # The comment is another account's, so it is edited by a request of its own, after the labels.
        wait_until(lambda: "**cancelled** · Cancelled by alice" in statuses(issue)[0][1])
        loop.github.settle(200)
    (run,) = runs_of(loop, issue)
    assert run.conclusion == "cancelled", loop.log(run)
    assert issue.label_names == ["mtor:failed"]
    assert "Cancelled by alice" in statuses(issue)[0][1]
    assert pulls(loop, issue) == []


def test_the_app_without_the_variable_and_the_way_back_do_each_job_once(loop: Loop, tmp_path: Path) -> None:
    """Both ways hear the label, before the variable is set and after it was deleted."""
    with moved(loop, tmp_path) as bot:
        del loop.repository.variables["MTOR_BOT_URL"]
        first = loop.issue("clean")
        first.label("mtor", by="alice")
        wait_until(lambda: is_over(first))
        loop.repository.variables["MTOR_BOT_URL"] = bot.url
        second = loop.repository.issue(*orchard.SPECS["clean"], by="alice")
        folder = loop.open_folder()
        third = held(loop, folder, "third")
        third.label("mtor", by="alice")
        wait_until((folder / "third.begun").exists)
        # The way back: the App follows its own run to the end, and the next label is answered by both.
        del loop.repository.variables["MTOR_BOT_URL"]
        (folder / "third.go").touch()
        wait_until(lambda: is_over(third))
        second.label("mtor", by="alice")
        wait_until(lambda: is_over(second))
        wait_until(lambda: all(run.status == "completed" for run in dispatched(loop.repository)))
        loop.github.settle(200)
        for issue in (first, second, third):
            runs = runs_of(loop, issue)
            worked = [run for run in runs if any(each.name == "mtor-handover" for each in run.artifacts)]
            assert len(worked) == 1, [loop.log(run) for run in runs]
            said = "\n".join(each.body for each in issue.comments)
            assert (len(pulls(loop, issue)), issue.label_names) == (1, ["mtor:done"]), said
