"""Stored deliveries and a bot in a process of its own: one job and one comment, whatever comes twice or crashes."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bot.bots import until, works
from bot.hearing import SPEC, hearing, said
from mtor_bot.durable.receive import receive
from mtor_bot.jobs import job_rows

if TYPE_CHECKING:
    from pathlib import Path

    from bot.bots import BotProcess
    from bot.hearing import Hearing
    from standins.github.issues import Issue


def ended(ears: Hearing, issue: Issue) -> None:
    """Wait until the one job is over, and everything about it is said."""
    engine = ears.here.bot.engine
    until(lambda: (jobs := job_rows.jobs(engine)) and jobs[0].told_at, lambda: (job_rows.jobs(engine), said(issue)))
    until(lambda: "**clean**" in said(issue)[0], lambda: said(issue))


@pytest.mark.parametrize("replicas", [1, 2])
def test_label_and_comment_at_once_are_one_run_one_comment_and_one_label(
    tmp_path: Path, request: pytest.FixtureRequest, replicas: int
) -> None:
    url = request.getfixturevalue("postgres").database() if replicas > 1 else ""
    with hearing(tmp_path, url) as ears:
        ears.stored = True
        ears.here.github.play(works)
        for _ in range(replicas):
            ears.here.start().ready()
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice")
        comment = issue.comment("/mtor run", by="alice")
        ended(ears, issue)
        assert len(job_rows.jobs(ears.here.bot.engine)) == 1
        assert len(ears.here.repository.runs) == 1
        assert issue.label_names == ["mtor:done"]
        assert len(said(issue)) == 1
        assert "eyes" in comment.reactions.contents
        assert "rocket" in {*comment.reactions.contents, *issue.reactions.contents}


def test_a_delivery_that_comes_five_times_is_acted_on_once(tmp_path: Path) -> None:
    with hearing(tmp_path) as ears:
        ears.here.github.play(works)
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        issue.label("mtor", by="alice")
        ears.here.github.settle()
        ears.here.start().ready()
        for _ in range(5):
            for name, guid, payload in ears.came:
                receive(ears.here.bot, name, guid, payload)
        ended(ears, issue)
        for name, guid, payload in ears.came:
            receive(ears.here.bot, name, guid, payload)
        issue.comment("/mtor status", by="alice")
        ears.stored = True
        assert len(job_rows.jobs(ears.here.bot.engine)) == len(ears.here.repository.runs) == len(said(issue)) == 1


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_bot_that_is_killed_at_every_request_of_a_delivery_does_it_once(tmp_path: Path) -> None:
    kills = tmp_path / "kills"
    with hearing(tmp_path) as ears:
        ears.here.github.play(works)
        issue = ears.here.repository.issue("Say hello", SPEC, by="alice")
        comment = issue.comment("/mtor run", by="alice")
        ears.here.github.settle()
        ears.here.start().ready().kill()
        for name, guid, payload in ears.came:
            receive(ears.here.bot, name, guid, payload)
        engine, lives = ears.here.bot.engine, 0

        def is_over() -> bool:
            told = (jobs := job_rows.jobs(engine)) and jobs[0].told_at and "**clean**" in said(issue)[0]
            return bool(told) and sorted(comment.reactions.contents) == ["eyes", "rocket"]

        def is_dead_or_over(process: BotProcess) -> bool:
            return not process.is_alive() or is_over()

        while not is_over():
            lives += 1
            process = ears.here.start(
                MTOR_TEST_KILLS=str(kills), MTOR_TEST_WORKFLOW="delivery_workflow.process_delivery"
            )
            until(partial(is_dead_or_over, process), lambda: (job_rows.jobs(engine), said(issue)))
            if process.is_alive():
                break
            assert process.wait() == -signal.SIGKILL
        assert lives > 10
        assert len(job_rows.jobs(engine)) == len(ears.here.repository.runs) == len(said(issue)) == 1
        assert issue.label_names == ["mtor:done"]
