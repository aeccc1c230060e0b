"""The label and the comment without any server: the file that `mtor init` writes, its two faces, and GitHub's queue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mtor_action.on_issues.state_labels import ALL
from scripted_runs import WARM_UP
from standins.github.notifications import mails
from standins.night import orchard
from standins.night.loop import dispatched, looped, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue
    from standins.night.loop import Loop

# An event run has ten minutes, here thirty seconds: a machine with much to do needs them.
SCALE = 0.05
ACTIONS = "github-actions[bot]"
# Of the first job of a repository: its event run, its two jobs, and the issue of the night.
MOST_REQUESTS, MOST_POINTS = 48, 108

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looped(tmp_path, scale=SCALE, warm_up=WARM_UP) as made:
        yield made


def logs(loop: Loop) -> str:
    return "\n".join(loop.log(run) for run in loop.repository.runs.values())


def states(issue: Issue) -> list[str]:
    return [name for name in issue.label_names if name in ALL]


def status(issue: Issue) -> str:
    (comment,) = [each for each in issue.comments if each.body.startswith("<!-- mtor:status ")]
    assert comment.user.login == "github-actions[bot]"
    return comment.body


def report(issue: Issue) -> str:
    (comment,) = [each.body for each in issue.comments if each.body.startswith("<!-- mtor:report ")]
    return comment


def pulls(loop: Loop, issue: Issue) -> list[Issue]:
    return [
        each
        for each in loop.repository.issues.values()
        if each.pull and each.pull.head_ref.startswith(f"mtor/{issue.number}-")
    ]


def test_a_label_becomes_a_pull_request(loop: Loop) -> None:
    issue = loop.issue("clean")
    issue.label("mtor", by="alice")
    loop.github.settle(200)
    assert states(issue) == ["mtor:done"], logs(loop)
    assert "mtor" not in issue.label_names
    (run,) = dispatched(loop.repository)
    assert re.fullmatch(rf"mtor #{issue.number} i{issue.number}-[0-9a-f]{{12}}-1\.1", run.display_title)
    assert (run.conclusion, run.inputs["requester"]) == ("success", "alice")
    (pull,) = pulls(loop, issue)
    assert f"**clean** #{pull.number}" in status(issue)
    assert "orchard/money.py" in status(issue)
    asked = [each for each in loop.github.requests if each.who == ACTIONS and ".git/" not in each.path]
    lines = "\n".join(f"{each.status} {each.method} {each.template}" for each in asked)
    assert len(asked) <= MOST_REQUESTS, lines
    assert sum(each.points for each in asked) <= MOST_POINTS, lines


def test_a_comment_becomes_a_pull_request(loop: Loop) -> None:
    issue = loop.issue("clean")
    issue.comment("/mtor run", by="alice")
    loop.github.settle(200)
    assert len(pulls(loop, issue)) == 1, logs(loop)


def test_an_outsiders_label_and_comment_start_nothing(loop: Loop) -> None:
    loop.repository.grant("trish", "triage")
    issue = loop.issue("clean")
    issue.label("mtor", by="trish")
    issue.comment("/mtor run", by="mallory")
    issue.comment("/mtor frobnicate", by="mallory")
    issue.comment("thank you, /mtor run", by="alice")
    loop.github.settle(200)
    assert dispatched(loop.repository) == []
    assert [each.user.login for each in issue.comments] == ["mallory", "mallory", "alice"], logs(loop)
    assert states(issue) == []


def test_six_labels_at_once_give_six_results_none_cancelled_and_none_twice(loop: Loop) -> None:
    title, body = orchard.SPECS["clean"]
    issues = [loop.repository.issue(f"{title} {number}", body, by="alice") for number in range(6)]
    for issue in issues:
        issue.label("mtor", by="alice")
    loop.github.settle(300)
    loop.github.settle(300)
    runs = dispatched(loop.repository)
    assert [run.conclusion for run in runs] == ["success"] * 6, logs(loop)
    assert sorted(run.inputs["issue"] for run in runs) == sorted(str(issue.number) for issue in issues)
    assert [states(issue) for issue in issues] == [["mtor:done"]] * 6
    assert [len(pulls(loop, issue)) for issue in issues] == [1] * 6
    # Two that end at the same moment may each make one; one is left.
    nights = [each for each in loop.repository.issues.values() if each.title == "mtor: last night"]
    (night,) = [each for each in nights if each.state == "open"]
    for issue in issues:
        assert f"| #{issue.number} " in str(night.body), logs(loop)
    sent = mails(loop.repository, "alice")
    # Of each job: the status comment, and the one at its end.
    assert len(sent) <= 2 * len(issues), "\n".join(sent)


def waiting(loop: Loop, folder: Path) -> list[Issue]:
    """An issue whose job runs until the file `go` is there, and one whose job waits for it."""
    loop.repository.variables["MTOR_SLOTS"] = "1"
    title, body = orchard.SPECS["clean"]
    holds = f"```yaml mtor\nsetup: ['touch {folder}/begun; until test -e {folder}/go; do sleep 0.1; done']\n```\n"
    issues = [loop.repository.issue(f"{title} {n}", f"{body}\n{('', holds)[n == 0]}", by="alice") for n in range(2)]
    issues[0].label("mtor", by="alice")
    wait_until((folder / "begun").exists)
    issues[1].label("mtor", by="alice")
    wait_until(lambda: states(issues[1]) == ["mtor:queued"])
    return issues


def test_a_pause_ends_what_waits_with_words_and_lets_go_on_what_runs(loop: Loop) -> None:
    folder = loop.open_folder()
    issues = waiting(loop, folder)
    loop.repository.variables["MTOR_PAUSED"] = "until Monday"
    (folder / "go").touch()
    loop.github.settle(200)
    assert [states(issue) for issue in issues] == [["mtor:done"], ["mtor:failed"]], logs(loop)
    assert pulls(loop, issues[1]) == []
    assert "**cancelled**" in status(issues[1])
    assert "mtor is paused here, by the variable" in report(issues[1])
    assert "then ask again" in report(issues[1])


def test_a_job_that_is_dispatched_into_a_pause_takes_one_runner_and_says_why(loop: Loop) -> None:
    loop.repository.variables["MTOR_PAUSED"] = "1"
    issue = loop.issue("clean")
    loop.job = f"i{issue.number}-0123456789ab-1"  # as an event run names it that was under way
    loop.dispatched(issue)
    (run,) = dispatched(loop.repository)
    assert [job.name for job in run.jobs if job.conclusion != "skipped"] == ["publish"], logs(loop)
    assert states(issue) == ["mtor:failed"]
    assert "mtor is paused here, by the variable" in report(issue)


def test_a_cancel_overtakes_the_job(loop: Loop) -> None:
    folder = loop.open_folder()
    title, body = orchard.SPECS["clean"]
    waits = f"```yaml mtor\nsetup: ['touch {folder}/begun; sleep 600']\n```\n"
    issue = loop.repository.issue(title, f"{body}\n{waits}", by="alice")
    issue.label("mtor", by="alice")
    wait_until((folder / "begun").exists)
    issue.comment("/mtor cancel", by="alice")
    loop.github.settle(200)
    (run,) = dispatched(loop.repository)
    assert run.conclusion == "cancelled", logs(loop)
    assert states(issue) == ["mtor:failed"]
    assert "**cancelled** · cancelled by alice" in status(issue)
    assert pulls(loop, issue) == []
