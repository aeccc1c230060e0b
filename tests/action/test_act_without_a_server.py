"""From the label and the comment to the pull request under act: the file that `mtor init` writes, and no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from action.test_act_outcomes import RIGHT
from mtor_action.setup.workflow import PLACEHOLDER, WORKFLOW_FILE, render
from scripted_runs import CHECK, spec
from standins.github import GitHubSandbox
from standins.github.runner import ActRunner
from standins.github.runner.act import ACT
from standins.night.loop import SCALE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.act,
    pytest.mark.skipif(not ACT.exists(), reason="act is built where there is Go"),
    pytest.mark.timeout(400),  # the first of a session installs
]


@pytest.mark.parametrize("ask", ["label", "comment"])
def test_asking_becomes_a_pull_request_through_the_workflow_file_itself(
    tmp_path: Path, installed: Path, ask: str
) -> None:
    with GitHubSandbox(tmp_path / "github", scale=SCALE) as github:
        repository = github.repository(
            "acme/widget", {"tests/check.sh": CHECK, WORKFLOW_FILE: render(PLACEHOLDER, ())}, roles={"ada": "write"}
        )
        repository.actions_may_create_pulls = True
        runner = ActRunner(github, tmp_path, installed)
        github.play(runner)
        issue = repository.issue("Make it right", spec(RIGHT), by="ada")
        issue.comment("/mtor run", by="mallory")
        github.settle(300)
        assert {run.event for run in repository.runs.values()} == {"issue_comment"}
        if ask == "label":
            issue.label("mtor", by="ada")
        else:
            issue.comment("/mtor run", by="ada")
        github.settle(300)
        logs = "\n".join(acted.log for acted in runner.acted)
        assert issue.label_names == ["mtor:done"], logs
        (pull,) = [each.pull for each in repository.issues.values() if each.pull]
        assert (pull.draft, repository.read("app.py", pull.head_ref)) == (False, RIGHT)
        (status,) = [each.body for each in issue.comments if each.body.startswith("<!-- mtor:status ")]
        assert f"**clean** #{pull.number}" in status
