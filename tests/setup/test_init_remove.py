"""`mtor init --remove` and the update of an older workflow, as processes in real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

import command_line
from command_line import mtor
from setup_samples import ACTION, OTHER_ACTION, SETTINGS, WORKFLOW


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return command_line.repository(tmp_path / "repo", {"go.mod": "module x\n"})


def test_remove_takes_the_workflow_and_leaves_the_settings(repo: Path) -> None:
    before = command_line.state(repo)
    assert mtor(repo, "init", "--action", ACTION, "--model", "zai/glm-5.1").code == 0
    written = command_line.state(repo)
    ended = mtor(repo, "init", "--remove", "--dry-run")
    assert (ended.code, "would be removed" in ended.out, command_line.state(repo)) == (0, True, written)
    ended = mtor(repo, "init", "--remove")
    assert (ended.code, (repo / WORKFLOW).exists(), (repo / SETTINGS).exists()) == (0, False, True)
    assert "--all deletes them too" in ended.out
    assert mtor(repo, "init", "--remove", "--all").code == 0
    assert command_line.state(repo) == before
    assert mtor(repo, "init", "--remove", "--all").code == 0


def test_remove_leaves_a_workflow_that_was_edited_outside_of_ones_own_parts(repo: Path) -> None:
    assert mtor(repo, "init", "--action", ACTION).code == 0
    path = repo / WORKFLOW
    path.write_text(path.read_text().replace("timeout-minutes: 180", "timeout-minutes: 7"))
    own = path.read_text()
    path.write_text(own + "# mine\n")
    ended = mtor(repo, "init", "--remove")
    assert (ended.code, "edited outside of your parts" in ended.out, path.exists()) == (1, True, True)
    path.write_text(own)
    assert (mtor(repo, "init", "--remove").code, path.exists()) == (0, False)


def test_the_workflow_of_an_earlier_version_is_updated_and_removed(repo: Path) -> None:
    old = (Path(__file__).parent / "dispatch_only.yml").read_text().replace("OWNER/REPO@SHA", ACTION)
    mine = old.replace("timeout-minutes: 180\n", "timeout-minutes: 7\n    services: {db: {image: postgres}}\n")
    command_line.put(repo, {WORKFLOW: mine, SETTINGS: "test: [go test]\n"})
    assert mtor(repo, "init").code in (0, 1)
    assert mtor(repo, "init", "--force", "--action", OTHER_ACTION).code == 0
    text = (repo / WORKFLOW).read_text()
    assert "services: {db: {image: postgres}}" in text
    assert text.count("_API_KEY }}") == 15
    assert OTHER_ACTION in text
    assert mtor(repo, "init", "--check").code == 0
    (repo / WORKFLOW).write_text(mine)
    assert (mtor(repo, "init", "--remove").code, (repo / WORKFLOW).exists()) == (0, False)
