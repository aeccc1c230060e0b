"""A predecessor changes, and the App remakes what is stacked on it: real jobs, and a bot killed on the way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from scripted_runs import WARM_UP
from standins.night.loop import dispatched, looped, wait_until
from whole_loop.test_order import create, edit, issue, label, log, pull, settle, wait_for
from whole_loop.with_a_bot import served_again

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Run
    from standins.github.pulls import Pull
    from standins.night.bot import Bot
    from standins.night.loop import Loop

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[tuple[Loop, Bot]]:
    with (
        looped(tmp_path / "github", warm_up=WARM_UP) as loop,
        served_again(loop.github, tmp_path) as bot,
    ):
        loop.installed(bot.url)
        yield loop, bot


def runs_for(loop: Loop, of: Pull) -> list[Run]:
    return [run for run in dispatched(loop.repository) if run.inputs["issue"] == str(of.number)]


def unannounced(bot: Bot) -> int:
    with closing(sqlite3.connect(f"file:{bot.database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM mtor_jobs WHERE told_at IS NULL").fetchone()[0])


@pytest.mark.parametrize("killed", ["never", "after the push", "after the dispatch"])
def test_what_is_stacked_on_a_change_is_remade_once(night: tuple[Loop, Bot], killed: str) -> None:
    loop, bot = night
    first = issue(loop, "Plant", create("tree.txt", "one", "two", "three", "four"))
    second = issue(loop, "Prune", edit("tree.txt", "one", "1"), after=(first.number,))
    label(first, second)
    wait_for(first, second)
    settle(loop)
    lower, upper = pull(loop, first), pull(loop, second)
    before, changed = upper.head_sha, lower.head_sha
    blocks = f"{edit('tree.txt', 'four', '4')}\n```yaml mtor\ntest: ['true']\n```\n"
    lower.issue.comment(f"/mtor run\n\n{blocks}", by="alice")
    wait_until(lambda: bool(runs_for(loop, lower)))
    if killed == "after the dispatch":  # GitHub starts the run, and its answer is lost
        loop.github.faults.add("POST */dispatches", 502, after_effect=True)
    if killed != "never":
        pushed = killed == "after the push"
        wait_until(lambda: lower.head_sha != changed if pushed else bool(runs_for(loop, upper)))
        bot.kill()
        bot.start()
    git = loop.repository.git
    wait_until(lambda: upper.head_sha != before)
    wait_until(lambda: unannounced(bot) == 0)
    settle(loop)
    assert [run.conclusion for run in runs_for(loop, upper)] == ["success"], log(loop)
    assert git.line("rev-list", "--parents", "-1", upper.head_sha).split()[1:] == [before, lower.head_sha]
    assert git.blob(f"{upper.head_sha}:tree.txt") == b"1\ntwo\nthree\n4\n"
    assert (upper.issue.comments, upper.issue.label_names, upper.base_ref) == ([], [], lower.head_ref)
    assert len(runs_for(loop, lower)) == 1
