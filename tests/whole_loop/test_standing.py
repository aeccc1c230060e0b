"""An outsider's text from the issue to the pull request: confirmed, a draft, named, and its CI waits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from standins.night import orchard
from standins.night.loop import wait_until
from whole_loop.with_a_bot import looped_with_a_bot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue
    from standins.night.loop import Loop

OUTSIDER = "text by @mallory, who cannot write here"
CI = "name: ci\non: [push, pull_request]\n"

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looped_with_a_bot(tmp_path) as made:
        made.repository.commit({".github/workflows/ci.yml": CI})
        yield made


def test_an_outsiders_confirmed_text_becomes_a_named_draft_whose_ci_waits(loop: Loop) -> None:
    title, body = orchard.SPECS["clean"]
    issue = loop.repository.issue(title, body, by="mallory")
    issue.label("mtor", by="alice")
    digest = _digest(issue)
    assert OUTSIDER in issue.comments[-1].body
    issue.comment(f"/mtor run {digest}", by="alice")
    pull = _pull(loop, issue)
    assert pull.pull
    assert (pull.user.login, pull.pull.draft) == ("github-actions[bot]", True)
    assert OUTSIDER in (pull.body or "")
    commits = loop.repository.git.run("log", "--format=%an%n%B", f"main..{pull.pull.head_ref}").decode()
    assert f"Standing: {OUTSIDER}" in commits
    assert [line for line in commits.splitlines() if "[bot]" in line] == ["github-actions[bot]"]
    assert "mallory" not in [each.login for each in pull.pull.requested]
    assert "alice" not in [each.login for each in pull.pull.requested]
    checks = [run for run in loop.repository.runs.values() if run.path.endswith("ci.yml") and run.branch != "main"]
    assert [(run.event, run.is_held, run.jobs) for run in checks] == [("pull_request", True, [])]


def test_what_an_outsider_edits_after_the_plan_never_runs(loop: Loop) -> None:
    title, body = orchard.SPECS["clean"]
    issue = loop.repository.issue(title, body, by="mallory")
    issue.label("mtor", by="alice")
    digest = _digest(issue)
    issue.edit("mallory", body=body.replace("orchard/money.py", "orchard/conftest.py"))
    comment = issue.comment(f"/mtor run {digest}", by="alice")
    wait_until(lambda: bool(comment.reactions.contents))
    loop.github.settle(200)
    assert not [run for run in loop.repository.runs.values() if run.inputs]


def test_a_writers_own_text_starts_ci_as_ever(loop: Loop) -> None:
    issue = loop.issue("clean")
    issue.label("mtor", by="alice")
    pull = _pull(loop, issue)
    assert pull.pull
    assert (pull.user.login, pull.pull.draft) == (loop.github.app.bot, False)
    assert "who cannot write" not in (pull.body or "")
    assert [run.event for run in loop.repository.runs.values() if run.path.endswith("ci.yml") and run.branch != "main"]


def _digest(issue: Issue) -> str:
    wait_until(lambda: any("/mtor run " in each.body for each in issue.comments))
    named = re.search(r"/mtor run ([0-9a-f]{8})", issue.comments[-1].body)
    assert named
    return named[1]


def _pull(loop: Loop, issue: Issue) -> Issue:
    wait_until(lambda: "mtor:done" in issue.label_names)
    loop.github.settle(200)
    (pull,) = [each for each in loop.repository.issues.values() if each.pull]
    return pull
