"""What a night does not show: labels and comments that stop a job, ask twice, or ask for what cannot be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from standins.github.notifications import mails
from standins.night import orchard
from standins.night.loop import dispatched, wait_until
from whole_loop.with_a_bot import looped_with_a_bot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Issue
    from standins.night.loop import Loop

ENDED = {"mtor:done", "mtor:stalled", "mtor:failed"}

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with looped_with_a_bot(tmp_path) as made:
        yield made


def test_closing_the_issue_stops_the_commands_of_its_run(loop: Loop) -> None:
    begun = loop.open_folder() / "begun"
    title, body = orchard.SPECS["clean"]
    test = f"touch {begun}; sleep 300"
    issue = loop.repository.issue(title, f"{body}\n```yaml mtor\ntest: [{test!r}]\n```\n", by="alice")
    issue.label("mtor", by="alice")
    wait_until(begun.exists)
    issue.close("alice")
    _wait_for_end(issue)
    loop.github.settle(200)
    (run,) = dispatched(loop.repository)
    assert run.conclusion == "cancelled"
    assert [(done.name, done.code) for done in loop.runner.of(run)] == [("work", 130), ("publish", None)], loop.log(run)
    assert "Cancelled by alice" in issue.comments[-1].body
    assert not [each for each in loop.repository.issues.values() if each.pull]


def test_what_could_not_be_done_is_said_in_one_new_comment(loop: Loop) -> None:
    title, body = orchard.SPECS["clean"]
    issue = loop.repository.issue(title, f"{body}\n```yaml mtor\nsetup: ['false']\n```\n", by="alice")
    asked = issue.comment("/mtor run", by="alice")
    wait_until(lambda: asked.reactions.contents == ["eyes", "confused"])
    loop.github.settle(200)
    _, status, report = issue.comments
    assert "token" not in report.body.partition("**ERROR**")[0]
    assert status.body.startswith("<!-- mtor:status ")
    assert "**error**" in status.body
    assert "**ERROR**" in report.body
    assert "setup" in report.body


def test_asking_again_while_it_is_at_work_starts_nothing_and_afterwards_it_does(loop: Loop) -> None:
    issue = loop.issue("clean")
    issue.label("mtor", by="alice")
    issue.comment("/mtor run", by="bob")
    _wait_for_end(issue)
    loop.github.settle(200)
    assert len(dispatched(loop.repository)) == 1
    issue.comment("/mtor retry", by="bob")
    wait_until(lambda: len(dispatched(loop.repository)) == 2)
    wait_until(lambda: all(run.status == "completed" for run in dispatched(loop.repository)))
    _wait_for_end(issue)
    loop.github.settle(200)
    pulls = [each.pull.head_ref for each in loop.repository.issues.values() if each.pull]
    assert pulls == ["mtor/1-show-prices-in-euros"]


def test_a_night_of_six_jobs_with_six_endings_is_at_most_fourteen_mails(loop: Loop) -> None:
    issues = [loop.issue(ending) for ending in orchard.SPECS]
    for issue in issues:
        issue.label("mtor", by="alice")
    for issue in issues:
        _wait_for_end(issue)
    loop.github.settle(300)
    sent = mails(loop.repository, "alice")
    # docs/morning.md, "What notifies whom"; test_without_a_server.py counts those of the other way.
    assert len(sent) <= 14, "\n".join(sent)
    assert {f"#{issue.number}" for issue in issues} <= {mail.partition(" ")[0] for mail in sent}
    assert len(issues) == 6


def _wait_for_end(issue: Issue) -> None:
    wait_until(lambda: bool(ENDED & set(issue.label_names)))
