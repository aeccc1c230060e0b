"""From the label to the pull request: the App's server, and under act the workflow file that it dispatches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from action.test_act_outcomes import RIGHT
from bot.bots import WARM_UP
from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, render
from scripted_runs import CHECK, spec
from standins.github import GitHubSandbox
from standins.github.runner import ActRunner
from standins.github.runner.act import ACT
from standins.night.bot import served
from standins.night.loop import SCALE, dispatched, wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.act,
    pytest.mark.skipif(not ACT.exists(), reason="act is built where there is Go"),
    pytest.mark.timeout(400),  # the first of a session installs
]


def test_a_label_becomes_a_pull_request_through_the_workflow_file_itself(tmp_path: Path, installed: Path) -> None:
    with (
        GitHubSandbox(tmp_path / "github", scale=SCALE) as github,
        served(github, tmp_path, warm_up=WARM_UP) as bot,
    ):
        repository = github.repository(
            "acme/widget", {"tests/check.sh": CHECK, WORKFLOW_FILE: render(PLACEHOLDER, ())}, roles={"ada": "write"}
        )
        repository.actions_may_create_pulls = True
        github.app.install(repository)
        repository.variables["MTOR_BOT_URL"] = bot.url
        runner = ActRunner(github, tmp_path, installed)
        github.play(runner)
        issue = repository.issue("Make it right", spec(RIGHT), by="ada")
        issue.label("mtor", by="ada")
        wait_until(lambda: bool({"mtor:done", "mtor:failed"} & set(issue.label_names)))
        github.settle(60)
        assert issue.label_names == ["mtor:done"], runner.acted[0].log
        (run,) = dispatched(repository)
        assert (run.conclusion, run.inputs["requester"]) == ("success", "ada")
        (pull,) = [each.pull for each in repository.issues.values() if each.pull]
        assert pull.issue.user.login == "mtor[bot]"  # the run has shown the bot who it is
        assert (pull.draft, repository.read("app.py", pull.head_ref)) == (False, RIGHT)
        (status,) = [each.body for each in issue.comments if each.body.startswith("<!-- mtor:status ")]
        assert f"#{pull.number}" in status
