"""`mtor outcomes` as a process against the stand-in: a month of pull requests, counted by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import command_line
from command_line import mtor
from mtor_action.coaching import store
from mtor_action.coaching.runs import RunRecord
from mtor_action.repository.git import Git
from origin_on_github import OriginOnGitHub, origin_on_github

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standins.github import Repository
    from standins.github.pulls import Pull

DAY = 24 * 3600


class Month(OriginOnGitHub):
    """Four weeks on GitHub, day by day, and what `mtor outcomes` says of them."""

    def opened(self, name: str, branch: str = "", message: str = "add {0}\n\nJob: 3-{0}") -> Pull:
        branch = branch or f"mtor/3-{name}"
        self.there.commit({f"{name}.py": "x = 2\n"}, message.format(name), branch=branch)
        return self.there.pull_request(branch, name, by="mtor[bot]")

    def days(self, number: float) -> None:
        self.github.clock.advance(number * DAY)

    def outcomes(self, *arguments: str) -> dict[str, Any]:
        ended = self.mtor("outcomes", "--json", *arguments)
        assert ended.code == 0, ended.err
        return ended.report

    def ledger(self) -> dict[int, dict[str, Any]]:
        lines = (self.repo / ".git/mtor/outcomes.jsonl").read_text().splitlines()
        return {record["number"]: record for record in map(json.loads, lines) if "number" in record}


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Month]:
    with origin_on_github(tmp_path, timedelta(days=28)) as origin:
        yield Month(origin.repo, origin.github, origin.there)


def revert(pull: Pull, there: Repository, *, by_button: bool) -> None:
    if by_button:
        there.commit({f"{pull.issue.title}.py": None}, "take it back", branch=f"revert-{pull.number}")
        there.pull_request(f"revert-{pull.number}", "Revert", f"Reverts acme/widget#{pull.number}").merge()
    else:
        there.commit({f"{pull.issue.title}.py": None}, f'Revert "x"\n\nThis reverts commit {pull.merge_sha}.')


def test_a_month_is_what_a_count_by_hand_says(month: Month) -> None:
    there = month.there
    kept, edited, by_button, by_commit, late = (month.opened(name) for name in ("a1", "b", "c", "d", "e"))
    month.opened("other", branch="topic").merge()  # a person's
    closed, still_open = month.opened("f"), month.opened("g")
    month.days(2)
    there.commit({"b.py": "x = 3\n"}, "mend it", branch="mtor/3-b", by="alice")
    for pull in (kept, edited, by_button, by_commit, late):
        pull.merge()
    closed.issue.close("alice")
    month.days(3)
    revert(by_button, there, by_button=True)
    revert(by_commit, there, by_button=False)
    month.days(14)
    revert(late, there, by_button=True)
    month.days(9)
    counts = month.outcomes()["total"]
    names = ("opened", "merged", "open", "closed", "reverted", "untouched")
    assert [counts[name] for name in names] == [7, 5, 1, 1, 2, 4]
    ledger = month.ledger()
    assert {number for number, row in ledger.items() if row["by_people"]} == {edited.number}
    assert ledger[still_open.number]["state"] == "open"
    assert ledger[late.number]["reverted"] != ""


def test_reading_each_week_comes_to_the_same_as_reading_once_and_reads_only_what_is_new(month: Month) -> None:
    ledger = month.repo / ".git/mtor/outcomes.jsonl"
    early = [month.opened(f"early{number}") for number in range(4)]
    for pull in early:
        pull.merge()
    month.days(7)
    month.outcomes()
    revert(early[0], month.there, by_button=False)
    revert(early[1], month.there, by_button=True)
    month.days(20)
    month.opened("late").merge()
    asked = len(month.github.requests)
    month.outcomes()
    paths = [exchange.path.partition("?")[0].rpartition("widget/")[2] for exchange in month.github.requests[asked:]]
    assert [path for path in paths if path.endswith("/commits")] == [f"pulls/{max(month.ledger())}/commits"]
    step_by_step = ledger.read_bytes()
    ledger.unlink()
    month.outcomes()
    assert ledger.read_bytes() == step_by_step
    assert sum(bool(row["reverted"]) for row in month.ledger().values()) == 2


def test_a_merge_of_the_base_is_no_change_by_a_person(month: Month) -> None:
    pull = month.opened("a1")
    git, there = month.there.git, month.there
    there.commit({"new.py": "x\n"}, "on the base")
    tree = git.line("merge-tree", "--write-tree", pull.head_sha, str(there.head()))
    words = ["-m", "Merge branch 'main' into mtor/3-a1"]
    update = git.line("commit-tree", tree, "-p", pull.head_sha, "-p", str(there.head()), *words)
    before = git.refs()
    git.run("update-ref", "refs/heads/mtor/3-a1", update)
    there.refs_changed(before, there.world.actor("alice"))
    pull.merge()
    month.days(28)
    assert month.outcomes()["total"]["untouched"] == 1


def test_offline_shows_what_was_read_and_the_branch_brings_it_to_others(month: Month, tmp_path: Path) -> None:
    month.opened("a1").merge()
    month.days(27)
    assert month.outcomes("--offline")["total"]["opened"] == 0
    store.append_run(Git.open(month.repo), RunRecord("3-a1", "2026-11-23T10:00:00Z", "clean", green_without_model=True))
    month.outcomes("--record")
    other = tmp_path / "other"
    command_line.git(tmp_path, "clone", "-q", str(month.repo), str(other))
    shown = json.loads(mtor(other, "outcomes", "--offline", "--json", "--weeks", "520").out)
    assert (shown["total"]["merged"], shown["total"]["clean"]) == (1, 1)


def test_without_runs_the_next_step_is_named(month: Month) -> None:
    ended = mtor(month.repo, "outcomes", "--offline")
    assert ended.code == 0
    assert "mtor coach add" in ended.err


@pytest.mark.parametrize("weeks", ["0", "-1", "x", "521", "²"])
def test_a_wrong_number_of_weeks_is_named(month: Month, weeks: str) -> None:
    ended = mtor(month.repo, "outcomes", "--weeks", weeks)
    assert (ended.code, "from 1 to 520" in ended.err) == (64, True)


def test_a_repository_without_origin_gets_the_next_step(tmp_path: Path) -> None:
    ended = mtor(command_line.repository(tmp_path / "alone", {"a": "b"}), "outcomes")
    assert (ended.code, "git remote add origin" in ended.err) == (3, True)
