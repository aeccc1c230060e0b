"""With MTOR_BOT_URL the event face goes quiet at every entry of the workflow file, and in the program behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from mtor_action.serverless.event_inputs import read_event_inputs
from mtor_action.setup.workflow import PLACEHOLDER, render

if TYPE_CHECKING:
    from pathlib import Path

# The dispatched run's own jobs, which the App starts too.
WORKING = {"work", "publish"}
JOBS = yaml.safe_load(render(PLACEHOLDER, ()))["jobs"]


@pytest.mark.parametrize("name", sorted(JOBS.keys() - WORKING))
def test_no_job_that_answers_starts_a_runner(name: str) -> None:
    assert "!vars.MTOR_BOT_URL" in JOBS[name]["if"], JOBS[name]["if"]


def test_no_event_but_a_dispatch_gets_to_the_jobs_that_work() -> None:
    assert "github.event_name == 'workflow_dispatch'" in JOBS["work"]["if"]
    assert JOBS["publish"]["needs"] == "work"


@pytest.mark.parametrize("url", ["https://mtor.example", "polling", " x "])
@pytest.mark.parametrize(
    "event", ["issues", "issue_comment", "workflow_dispatch", "pull_request", "pull_request_review", "schedule"]
)
def test_the_program_does_nothing_either(tmp_path: Path, url: str, event: str) -> None:
    environ = {
        "GITHUB_REPOSITORY": "acme/widget",
        "GITHUB_API_URL": "https://api.github.test",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(tmp_path / "none"),
        "GITHUB_RUN_ID": "7",
        "MTOR_BOT_URL": url,
    }
    assert "the App answers" in read_event_inputs(environ).quiet
