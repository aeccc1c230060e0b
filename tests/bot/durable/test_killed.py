"""A bot that is killed at every boundary: each transaction, each request to GitHub, before and after."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bot.bots import scene, statuses, until, works
from mtor_action.report.report import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from bot.bots import BotProcess, Scene
    from mtor_bot.jobs.job_record import Job


def ended_or_told(here: Scene, process: BotProcess, job: Job) -> bool:
    return not process.is_alive() or here.job(job.id).told_at is not None


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_job_killed_at_every_boundary_is_one_run_and_one_comment(tmp_path: Path) -> None:
    kills = tmp_path / "kills"
    with scene(tmp_path) as here:
        here.github.play(works)
        issue = here.repository.issue("Title", "body", by="alice")
        here.start().ready().kill()
        job = here.ask(issue)
        while here.job(job.id).told_at is None:
            process = here.start(MTOR_TEST_KILLS=str(kills))
            until(partial(ended_or_told, here, process, job))
            if process.is_alive():
                break
            assert process.wait() == -signal.SIGKILL
        ended = here.job(job.id)
        met = kills.read_text(encoding="utf-8").splitlines()
        assert (ended.outcome, ended.pull_request) == (Outcome.CLEAN, 7)
        assert len(here.repository.runs) == 1
        assert len(statuses(issue)) == 1
        posted = [place for place in met if "_post" in place]
        assert len(met) > 20
        assert posted  # also around the request that starts the run
