"""`mtor night` as a process against the stand-in: labels, pull requests, checks and cost of one night."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mtor_action.coaching import store
from mtor_action.coaching.runs import RunRecord
from mtor_action.repository.git import Git
from origin_on_github import OriginOnGitHub, origin_on_github

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command_line import Ended
    from standins.github.issues import Issue

HOUR = 3600
WORKFLOW = {".github/workflows/ci.yml": "name: ci\non: [pull_request]\n"}
QUIET = "github-actions[bot]"


class Night(OriginOnGitHub):
    """A night on GitHub, and `mtor night` in the morning."""

    def issue(self, title: str, state: str) -> Issue:
        made = self.there.issue(title, by="alice")
        made.label(f"mtor:{state}", by="alice")
        return made

    def pull(self, issue: Issue, *, draft: bool = False, by: str = "mtor[bot]") -> Any:
        branch = f"mtor/{issue.number}-x"
        self.there.commit({f"{issue.number}.py": "1\n"}, "x", branch=branch, by=by)
        return self.there.pull_request(branch, issue.title, draft=draft, by=by)

    def shown(self, *arguments: str, **more: str) -> Ended:
        return self.mtor("night", *arguments, **more)

    def jobs(self, *arguments: str) -> dict[int, dict[str, Any]]:
        ended = self.shown("--json", *arguments)
        assert ended.code == 0, ended.err
        return {row["number"]: row for row in ended.report["jobs"]}


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with origin_on_github(tmp_path, timedelta(hours=40)) as origin:
        yield Night(origin.repo, origin.github, origin.there)


def test_the_morning_says_what_needs_a_person_and_why(night: Night) -> None:
    old = night.issue("long ago", "done")
    waiting = night.issue("waits since yesterday", "queued")
    night.github.clock.advance(38 * HOUR)
    ready, failed, draft = (night.issue(*each) for each in (("a", "done"), ("b", "failed"), ("c", "stalled")))
    night.pull(ready)
    night.pull(draft, draft=True)
    merged = night.issue("d", "done")
    night.pull(merged).merge()
    night.there.commit(WORKFLOW, "ci")
    held = night.issue("e", "done")
    night.pull(held, by=QUIET)
    night.github.clock.advance(2 * HOUR)
    jobs = night.jobs()
    assert {number: job["needs"] for number, job in jobs.items()} == {
        failed.number: "failed",
        held.number: "held",
        draft.number: "draft",
        ready.number: "review",
        waiting.number: "",
        merged.number: "",
    }
    assert next(iter(jobs)) == failed.number
    assert old.number not in jobs
    page = night.repo.parent / "night.html"
    assert old.number in night.jobs("--hours", "48", "--html", str(page))
    assert f"#{old.number}</span>" in page.read_text()


def test_the_cost_is_that_of_the_runs_recorded_for_the_issue_in_that_time(night: Night) -> None:
    night.github.clock.advance(39 * HOUR)
    issue = night.issue("a", "done")
    now = datetime.now(UTC)
    git = Git.open(night.repo)
    for hours, tokens in ((1, 100), (2, 20), (30, 7)):
        when = (now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        store.append_run(git, RunRecord(f"j{hours}", when, "fixed", tokens=tokens, usd=0.5, issue=issue.number))
    store.append_run(git, RunRecord("other", now.strftime("%Y-%m-%dT%H:%M:%SZ"), "fixed", tokens=9, issue=99))
    job = night.jobs()[issue.number]
    assert (job["tokens"], job["usd"]) == (120, 1.0)


def test_what_was_asked_for_on_a_pull_request_is_announced_once(night: Night) -> None:
    night.github.clock.advance(39 * HOUR)
    applied, red = night.issue("a", "done"), night.issue("b", "done")
    done, failed = night.pull(applied).issue, night.pull(red).issue
    now, git = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), Git.open(night.repo)
    for number, tokens in ((applied.number, 100), (done.number, 20), (failed.number, 3)):
        store.append_run(git, RunRecord(f"j{number}", now, "fixed", tokens=tokens, issue=number))
    told = {number: (job["needs"], job["tokens"]) for number, job in night.jobs().items()}
    assert told == {applied.number: ("review", 120), red.number: ("review", 3)}
    done.label("mtor:done", by="alice")
    failed.label("mtor:failed", by="alice")
    told = {number: (job["needs"], job["tokens"]) for number, job in night.jobs().items()}
    assert told == {applied.number: ("review", 120), red.number: ("review", 0), failed.number: ("failed", 3)}


def test_the_issue_is_made_once_edited_in_place_and_only_if_it_is_ours(night: Night) -> None:
    night.github.clock.advance(39 * HOUR)
    theirs = night.there.issue("mtor: last night", "<!-- mtor night -->", by="mallory")
    theirs.label("mtor:night", by="alice")
    first = night.issue("a", "failed")
    before = set(night.there.issues)
    for _ in range(2):
        assert night.shown("--issue").code == 0
    (number,) = set(night.there.issues) - before
    kept = night.there.issues[number]
    assert (kept.title, kept.label_names) == ("mtor: last night", ["mtor:night"])
    assert f"| #{first.number} a | nothing came of it" in str(kept.body)
    second = night.issue("b", "done")
    assert night.shown("--issue").code == 0
    assert f"| #{second.number} b | done |" in str(night.there.issues[number].body)
    assert theirs.body == "<!-- mtor night -->"
    assert len(night.there.issues) == len(before) + 2
    kept.close("alice")
    assert night.shown("--issue").code == 0
    assert len(night.there.issues) == len(before) + 3


def nights(night: Night) -> list[Issue]:
    return [issue for issue in night.there.issues.values() if issue.title == "mtor: last night"]


def test_of_several_made_at_the_same_moment_the_first_is_kept(night: Night) -> None:
    night.github.clock.advance(39 * HOUR)
    job = night.issue("a", "failed")
    gate = threading.Barrier(3)
    night.github.faults.before("POST */issues", lambda: gate.wait(20), times=3)
    with ThreadPoolExecutor(3) as pool:
        ends = [each.result() for each in [pool.submit(night.shown, "--issue") for _ in range(3)]]
    assert [end.code for end in ends] == [0] * 3, ends
    first, *later = nights(night)
    assert f"| #{job.number} a " in str(first.body)
    assert [issue.state for issue in (first, *later)] == ["open", "closed", "closed"]


def test_one_that_was_left_open_beside_the_first_is_closed(night: Night) -> None:
    """The list that a run was given may have been too old to show it the others'."""
    night.github.clock.advance(39 * HOUR)
    night.issue("a", "failed")
    assert night.shown("--issue").code == 0
    (first,) = nights(night)
    later = night.there.issue(first.title, str(first.body), by=first.user.login)
    later.label("mtor:night", by=first.user.login)
    assert night.shown("--issue").code == 0
    assert (first.state, later.state) == ("open", "closed")


def test_requests_are_bounded(night: Night) -> None:
    night.github.clock.advance(39 * HOUR)
    for number in range(4):
        night.pull(night.issue(f"i{number}", "done"))
    asked = len(night.github.requests)
    night.jobs()
    assert len(night.github.requests) - asked == 3 + 1 + 2 * 4


def test_a_webhook_that_is_not_named_or_does_not_answer_gets_a_next_step(night: Night) -> None:
    night.github.clock.advance(40 * HOUR)
    unnamed = night.shown("--send")
    assert (unnamed.code, "MTOR_NIGHT_WEBHOOK" in unnamed.err) == (64, True)
    refused = night.shown("--send", MTOR_NIGHT_WEBHOOK="http://127.0.0.1:9/secret-word")
    assert refused.code == 3
    assert "did not take the message" in refused.err
    assert "secret-word" not in refused.out + refused.err
    assert refused.out.startswith("mtor since ")


@pytest.mark.parametrize("hours", ["0", "x", "-3", "745"])
def test_a_wrong_number_of_hours_is_named(night: Night, hours: str) -> None:
    ended = night.shown("--hours", hours)
    assert (ended.code, "from 1 to 744" in ended.err) == (64, True)
